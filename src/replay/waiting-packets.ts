import type { PacketRecord } from '../capture/record-batch.ts';
import { MOST_PLAIN, PLAIN_WORDS, PlainPackets } from '../packet/plain-packets.ts';
import type { CapturedPacket } from './captured-packet.ts';

/** What else stands in the words of a plain packet that waits, from `PLAIN.others` on. */
export const WAITING = {
  interfaceNumber: 10,
  originalLength: 11,
  start: 12,
  end: 13,
  sourceMac: 14,
} as const;

/** Plain packets that wait to be judged together. Their bytes are the readers', none of which may read on before. */
export class WaitingPackets {
  count = 0;
  readonly plain: PlainPackets = new PlainPackets();
  /** Of each place. */
  readonly timeSeconds: Float64Array = new Float64Array(MOST_PLAIN);
  /** Of each place, what its packet stands in. */
  readonly bytes: Uint8Array[] = [];

  /** Whether there is no room for another. */
  get isFull(): boolean {
    return this.count === MOST_PLAIN;
  }

  /** Takes a packet whose IP header begins at `start`, where it is plain; `checked`: bits of CHECKED. HOT */
  add(record: PacketRecord, start: number, checked: number): boolean {
    const place = this.count;
    const { bytes } = record;
    const end = record.offset + record.capturedLength;
    if (!this.plain.read(place, bytes, start, end, checked)) return false;
    this.bytes[place] = bytes;
    const { words } = this.plain;
    const at = place * PLAIN_WORDS;
    words[at + WAITING.start] = start;
    words[at + WAITING.end] = end;
    words[at + WAITING.originalLength] = record.originalLength;
    return true;
  }

  /** What else is known of the packet that was added; it counts from now on. HOT */
  describe(interfaceNumber: number, sourceMac: number, timeSeconds: number): void {
    const place = this.count++;
    const { words } = this.plain;
    words[place * PLAIN_WORDS + WAITING.interfaceNumber] = interfaceNumber;
    words[place * PLAIN_WORDS + WAITING.sourceMac] = sourceMac;
    this.timeSeconds[place] = timeSeconds;
  }

  /** Fills a packet with the one in a place, header included. */
  load(place: number, packet: CapturedPacket): void {
    const { words } = this.plain;
    const at = place * PLAIN_WORDS;
    packet.bytes = this.bytes[place]!;
    packet.start = words[at + WAITING.start]!;
    packet.end = words[at + WAITING.end]!;
    // Whole, and what stands behind a datagram matters to nobody.
    packet.wireEnd = packet.end;
    packet.originalLength = words[at + WAITING.originalLength]! >>> 0;
    packet.interfaceNumber = words[at + WAITING.interfaceNumber]!;
    packet.sourceMac = words[at + WAITING.sourceMac]!;
    packet.timeSeconds = this.timeSeconds[place]!;
    packet.nowMs = packet.timeSeconds * 1000;
    packet.readHeader();
  }
}
