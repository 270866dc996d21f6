import type { PacketRecord } from '../capture/record-batch.ts';
import { MEMORY, MOST_PLAIN, PLAIN, STATE } from '../simulate/fast/plain-layout.ts';
import type { PlainProgram } from '../simulate/fast/plain-program.ts';
import type { CapturedPacket } from './captured-packet.ts';

/** Plain packets that wait to be judged together. Their bytes are the readers', none of which may read on before. */
export class WaitingPackets {
  readonly program: PlainProgram;
  /** Of each place, what its packet stands in. */
  readonly bytes: Uint8Array[] = [];

  constructor(program: PlainProgram) {
    this.program = program;
  }

  get count(): number {
    return this.program.memory.words[STATE.waiting / 4]!;
  }

  set count(count: number) {
    this.program.memory.words[STATE.waiting / 4] = count;
  }

  /** Whether there is no room for another. */
  get isFull(): boolean {
    return this.count === MOST_PLAIN;
  }

  /** Of the packet in a place, in seconds since the first packet. HOT */
  timeSeconds(place: number): number {
    return this.program.memory.numbers[MEMORY.times / 8 + place]!;
  }

  /** Takes a packet whose IP header begins at `start`, where it is plain; `checked`: bits of CHECKED. HOT */
  add(record: PacketRecord, start: number, checked: number): boolean {
    const place = this.count;
    const { bytes } = record;
    const end = record.offset + record.capturedLength;
    const { program } = this;
    if (!program.read(place, bytes.subarray(start, end), checked)) return false;
    this.bytes[place] = bytes;
    const { words } = program.memory;
    const at = program.wordOf(place);
    words[at + PLAIN.start] = start;
    words[at + PLAIN.end] = end;
    words[at + PLAIN.originalLength] = record.originalLength;
    return true;
  }

  /** What else is known of the packet that was added; it counts from now on. HOT */
  describe(interfaceNumber: number, sourceMac: number, timeSeconds: number): void {
    const place = this.count;
    const { program } = this;
    const { words, numbers } = program.memory;
    const at = program.wordOf(place);
    words[at + PLAIN.interfaceNumber] = interfaceNumber;
    words[at + PLAIN.sourceMac] = sourceMac;
    numbers[MEMORY.times / 8 + place] = timeSeconds;
    this.count = place + 1;
  }

  /** Fills a packet with the one in a place, header included. */
  load(place: number, packet: CapturedPacket): void {
    const { words } = this.program.memory;
    const at = this.program.wordOf(place);
    packet.bytes = this.bytes[place]!;
    packet.start = words[at + PLAIN.start]!;
    packet.end = words[at + PLAIN.end]!;
    // Whole, and what stands behind a datagram matters to nobody.
    packet.wireEnd = packet.end;
    packet.originalLength = words[at + PLAIN.originalLength]! >>> 0;
    packet.interfaceNumber = words[at + PLAIN.interfaceNumber]!;
    packet.sourceMac = words[at + PLAIN.sourceMac]!;
    packet.timeSeconds = this.timeSeconds(place);
    packet.nowMs = packet.timeSeconds * 1000;
    packet.readHeader();
  }
}
