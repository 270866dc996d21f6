import { CaptureReader, DIRECTION, STEP } from './capture-reader.ts';
import type { InputWindow } from './input-window.ts';
import { MOST_RECORDS, RECORD, RECORD_WORDS, type RecordBatch } from './record-batch.ts';

const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;

/** The longest packet that a capture of network traffic holds. Source: libpcap, MAXIMUM_SNAPLEN. */
const LONGEST_PACKET = 262_144;

/** The most that a packet of a capture may have been on the wire to be believed where records are looked for. */
const LONGEST_ON_WIRE = 16 * 1024 * 1024;

/** Two packets that follow each other lie at most this far apart to be believed there. */
const MOST_SECONDS_APART = 7 * 24 * 3600;

/** The bits of the link type field that are the link type; above them may stand the length of a frame check sequence. */
const LINK_TYPE_BITS = 0x03ffffff;

/** Whether a file that begins with these four bytes, as a big-endian number, is a classic capture that is read here. */
export function isPcapMagic(magic: number): boolean {
  return MAGICS.has(magic);
}

interface PcapForm {
  readonly littleEndian: boolean;
  readonly unitsPerSecond: number;
}

const MAGICS: ReadonlyMap<number, PcapForm> = new Map([
  [0xa1b2c3d4, { littleEndian: false, unitsPerSecond: 1_000_000 }],
  [0xd4c3b2a1, { littleEndian: true, unitsPerSecond: 1_000_000 }],
  [0xa1b23c4d, { littleEndian: false, unitsPerSecond: 1_000_000_000 }],
  [0x4d3cb2a1, { littleEndian: true, unitsPerSecond: 1_000_000_000 }],
]);

/**
 * Reads classic captures. Where a record cannot be one, the next place that can is looked for byte by byte: a header whose numbers
 * make sense, followed by another one or the end.
 *
 * Source: pcap-savefile(5).
 */
export class PcapReader extends CaptureReader {
  readonly format = 'pcap';
  readonly #littleEndian: boolean;
  readonly #unitsPerSecond: number;
  readonly #nanosecondsPerUnit: number;
  #view: DataView | undefined;
  /** What is wrong, from where on: the reader looks for the next record. Undefined as long as records follow each other. */
  #lost: { readonly what: string; readonly at: number } | undefined;

  /** The window must hold the file's header, and stand at it. */
  constructor(window: InputWindow) {
    super(window);
    const form = MAGICS.get(read32(window.bytes, window.position, false));
    if (form === undefined) throw new Error('not a classic capture');
    this.#littleEndian = form.littleEndian;
    this.#unitsPerSecond = form.unitsPerSecond;
    this.#nanosecondsPerUnit = 1_000_000_000 / form.unitsPerSecond;
    this.nanosecondClock = this.#nanosecondsPerUnit === 1;
    const linkType = read32(window.bytes, window.position + 20, form.littleEndian) & LINK_TYPE_BITS;
    this.interfaces.push({ name: undefined, linkType, mac: undefined });
    window.position += FILE_HEADER_BYTES;
  }

  /** HOT */
  next(): number {
    const { window } = this;
    if (this.#lost !== undefined) {
      const step = this.#search();
      if (step !== STEP.packet) return step;
    }
    const at = window.position;
    const left = window.limit - at;
    if (left < RECORD_HEADER_BYTES) return this.#short(left, RECORD_HEADER_BYTES);
    const { bytes } = window;
    const little = this.#littleEndian;
    const captured = read32(bytes, at + 8, little);
    const original = read32(bytes, at + 12, little);
    if (captured > LONGEST_PACKET) {
      return this.#lose(
        `a record of ${captured} bytes: no packet is longer than ${LONGEST_PACKET}`,
      );
    }
    const length = RECORD_HEADER_BYTES + captured;
    if (left < length) return this.#short(left, length);
    const fraction = read32(bytes, at + 4, little);
    const whole = fraction < this.#unitsPerSecond ? 0 : Math.floor(fraction / this.#unitsPerSecond);
    this.frame++;
    this.bytes = bytes;
    this.offset = at + RECORD_HEADER_BYTES;
    this.capturedLength = captured;
    this.originalLength = original > captured ? original : captured;
    this.seconds = read32(bytes, at, little) + whole;
    this.nanoseconds = (fraction - whole * this.#unitsPerSecond) * this.#nanosecondsPerUnit;
    window.position = at + length;
    return STEP.packet;
  }

  /** The same as `next` again and again. HOT */
  override fill(batch: RecordBatch): number {
    const { window } = this;
    const { bytes, limit } = window;
    const { words, times, frames, directions, readers } = batch;
    const little = this.#littleEndian;
    const view = this.#viewOf(bytes);
    const units = this.#unitsPerSecond;
    const before = batch.count;
    let count = before;
    let at = window.position;
    if (this.#lost === undefined) {
      while (count < MOST_RECORDS && limit - at >= RECORD_HEADER_BYTES) {
        const captured = view.getUint32(at + 8, little);
        const fraction = view.getUint32(at + 4, little);
        // What is out of the ordinary `next` looks into.
        if (captured > LONGEST_PACKET || fraction >= units) break;
        if (limit - at - RECORD_HEADER_BYTES < captured) break;
        const original = view.getUint32(at + 12, little);
        const to = count * RECORD_WORDS;
        words[to + RECORD.offset] = at + RECORD_HEADER_BYTES;
        words[to + RECORD.capturedLength] = captured;
        words[to + RECORD.originalLength] = original > captured ? original : captured;
        words[to + RECORD.interfaceId] = 0;
        times[count * 2] = view.getUint32(at, little);
        times[count * 2 + 1] = fraction * this.#nanosecondsPerUnit;
        frames[count] = this.frame + 1 + count - before;
        directions[count] = DIRECTION.unknown;
        if (readers[count] !== this) readers[count] = this;
        at += RECORD_HEADER_BYTES + captured;
        count++;
      }
    }
    if (count === before) return super.fill(batch);
    batch.only = before === 0 || batch.only === this ? this : undefined;
    this.bytes = bytes;
    this.frame += count - before;
    this.seconds = times[count * 2 - 2]!;
    window.position = at;
    batch.count = count;
    return STEP.packet;
  }

  /** Where many numbers are read from. HOT */
  #viewOf(bytes: Uint8Array): DataView {
    if (this.#view?.buffer !== bytes.buffer) {
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    return this.#view;
  }

  /** Too little is left for what should follow. At the end that may also be a wrong length, with records behind it. */
  #short(left: number, wantedBytes: number): number {
    const step = this.wait(wantedBytes);
    if (step !== STEP.end) return step;
    if (left > 0) {
      const what = left < RECORD_HEADER_BYTES ? "a record's header" : "a packet's bytes";
      return this.#lose(`the capture ends within ${what}: ${left} of ${wantedBytes} bytes`);
    }
    this.noteFailure();
    return STEP.end;
  }

  #lose(what: string): number {
    this.#lost = { what, at: this.window.offset };
    this.window.position++;
    return this.next();
  }

  /** Goes on from `position` to where records begin again. */
  #search(): number {
    const { window } = this;
    const reach = 2 * RECORD_HEADER_BYTES + LONGEST_PACKET;
    for (; window.position + RECORD_HEADER_BYTES <= window.limit; window.position++) {
      if (!this.#isPlausible(window.position)) continue;
      const next = window.position + RECORD_HEADER_BYTES + this.#captured(window.position);
      const isKnown = next + RECORD_HEADER_BYTES <= window.limit;
      if (!isKnown && !window.ended) return this.wait(reach);
      if (isKnown ? this.#isPlausible(next) : next === window.limit) {
        this.#found();
        return STEP.packet;
      }
    }
    const step = this.wait(reach);
    if (step === STEP.end) {
      window.position = window.limit;
      this.#found();
      this.noteFailure();
    }
    return step;
  }

  #found(): void {
    if (this.#lost === undefined) return;
    const { what, at } = this.#lost;
    this.#lost = undefined;
    this.problemAt(at, `${what}; ${this.window.offset - at} bytes skipped`, this.frame + 1);
  }

  #captured(at: number): number {
    return read32(this.window.bytes, at + 8, this.#littleEndian);
  }

  #isPlausible(at: number): boolean {
    const { bytes } = this.window;
    const little = this.#littleEndian;
    const captured = read32(bytes, at + 8, little);
    if (captured === 0 || captured > LONGEST_PACKET) return false;
    const original = read32(bytes, at + 12, little);
    if (original < captured || original > LONGEST_ON_WIRE) return false;
    if (read32(bytes, at + 4, little) >= this.#unitsPerSecond) return false;
    const seconds = read32(bytes, at, little);
    return this.frame === 0 || Math.abs(seconds - this.seconds) <= MOST_SECONDS_APART;
  }
}

/** An unsigned 32-bit number of either byte order. HOT */
function read32(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  return littleEndian
    ? (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
    : ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
