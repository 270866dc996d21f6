import type { CaptureReader } from '../capture/capture-reader.ts';
import { MOST_PLAIN, PlainPackets } from '../packet/plain-packets.ts';
import type { CapturedPacket } from './captured-packet.ts';

/** Plain packets that wait to be judged together. Their bytes are the reader's, which must not move on past its window before. */
export class WaitingPackets {
  count = 0;
  readonly plain: PlainPackets = new PlainPackets();
  /** By place. */
  readonly timeSeconds: Float64Array = new Float64Array(MOST_PLAIN);
  readonly interfaceNumber: Int32Array = new Int32Array(MOST_PLAIN);
  readonly originalLength: Uint32Array = new Uint32Array(MOST_PLAIN);
  readonly #bytes: Uint8Array[] = [];
  readonly #start: Int32Array = new Int32Array(MOST_PLAIN);
  readonly #end: Int32Array = new Int32Array(MOST_PLAIN);
  readonly #sourceMac: Int32Array = new Int32Array(MOST_PLAIN);

  /** Whether there is no room for another. */
  get isFull(): boolean {
    return this.count === MOST_PLAIN;
  }

  /** Takes the reader's packet, whose IP header begins at `start`, where it is plain; `checked`: bits of CHECKED. HOT */
  add(reader: CaptureReader, start: number, checked: number): boolean {
    const place = this.count;
    const { bytes } = reader;
    const end = reader.offset + reader.capturedLength;
    if (!this.plain.read(place, bytes, start, end, checked)) return false;
    this.#bytes[place] = bytes;
    this.#start[place] = start;
    this.#end[place] = end;
    this.originalLength[place] = reader.originalLength;
    return true;
  }

  /** What else is known of the packet that was added; it counts from now on. HOT */
  describe(interfaceNumber: number, sourceMac: number, timeSeconds: number): void {
    const place = this.count++;
    this.interfaceNumber[place] = interfaceNumber;
    this.#sourceMac[place] = sourceMac;
    this.timeSeconds[place] = timeSeconds;
  }

  /** Fills a packet with the one in a place, header included. */
  load(place: number, packet: CapturedPacket): void {
    packet.bytes = this.#bytes[place]!;
    packet.start = this.#start[place]!;
    packet.end = this.#end[place]!;
    // Whole, and what stands behind a datagram matters to nobody.
    packet.wireEnd = packet.end;
    packet.originalLength = this.originalLength[place]!;
    packet.interfaceNumber = this.interfaceNumber[place]!;
    packet.sourceMac = this.#sourceMac[place]!;
    packet.timeSeconds = this.timeSeconds[place]!;
    packet.nowMs = packet.timeSeconds * 1000;
    packet.readHeader();
  }
}
