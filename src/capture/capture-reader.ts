import { CaptureProblems } from './capture-problems.ts';
import type { InputWindow } from './input-window.ts';
import type { RecordBatch } from './record-batch.ts';

/** What `next` came to. */
export const STEP = { packet: 0, more: 1, end: 2 } as const;

/** Which way a packet passed the interface, where the capture says so. */
export const DIRECTION = { unknown: 0, inbound: 1, outbound: 2 } as const;

/** Where packets of a capture were taken. */
export interface CaptureInterface {
  readonly name: string | undefined;
  /** As in the capture: a LINKTYPE number. */
  readonly linkType: number;
  readonly mac: string | undefined;
}

/**
 * Reads the packet records of one capture in order. There is no object a packet: `next` sets the fields below, which hold, as the bytes
 * do, until the next call of `next` or `refill`.
 */
export abstract class CaptureReader {
  abstract readonly format: 'pcap' | 'pcapng';
  /** Grows as a pcapng describes more. */
  readonly interfaces: CaptureInterface[] = [];
  readonly problems: CaptureProblems = new CaptureProblems();
  /** Whether the clock of the capture counts finer than microseconds. */
  nanosecondClock = false;

  /** Its place among the captures that are read together. */
  place = 0;

  /** What the packet's bytes stand in. */
  bytes: Uint8Array;
  offset = 0;
  capturedLength = 0;
  /** On the wire; never less than `capturedLength`. */
  originalLength = 0;
  /** Since 1970. */
  seconds = 0;
  nanoseconds = 0;
  /** Its number in `interfaces`. */
  interfaceId = 0;
  /** One of DIRECTION. */
  direction: number = DIRECTION.unknown;
  /** The packet record's number, from 1. */
  frame = 0;

  protected readonly window: InputWindow;
  /** What the next record needs to be in the window. */
  protected wantedBytes = 1;

  constructor(window: InputWindow) {
    this.window = window;
    this.bytes = window.bytes;
  }

  /** Goes on to the next packet; one of STEP. After `more`, call `refill` and ask again. HOT */
  abstract next(): number;

  /**
   * Adds packets to a batch as long as there is room for them in it and they are at hand; one of STEP, `packet` where there was any. HOT
   */
  fill(batch: RecordBatch): number {
    const before = batch.count;
    let step: number = STEP.packet;
    while (!batch.isFull) {
      step = this.next();
      if (step !== STEP.packet) break;
      batch.add(this);
    }
    return batch.count > before ? STEP.packet : step;
  }

  /** Reads on. Once a chunk of many packets. */
  async refill(): Promise<void> {
    await this.window.fill(this.wantedBytes);
    this.bytes = this.window.bytes;
  }

  /** Notes what is wrong at `position` of the window. */
  protected problem(position: number, message: string): void {
    this.problemAt(this.window.base + position, message, this.frame);
  }

  /** The same with the place in the input. */
  protected problemAt(offset: number, message: string, frame: number): void {
    this.problems.add({ frame, offset, message });
  }

  /** Asks for a window that holds this much; the end when the input has no more. */
  protected wait(wantedBytes: number): number {
    if (this.window.ended) return STEP.end;
    this.wantedBytes = wantedBytes;
    return STEP.more;
  }

  /** Says once why the input ended, where it broke off. */
  protected noteFailure(): void {
    const { window } = this;
    if (window.failure === undefined) return;
    this.problem(window.limit, `reading broke off: ${window.failure}`);
    window.failure = undefined;
  }
}
