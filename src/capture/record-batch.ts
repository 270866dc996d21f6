import { type CaptureInterface, type CaptureReader, DIRECTION } from './capture-reader.ts';

/** Packets that are read together at most. */
export const MOST_RECORDS = 128;

/** Words of one packet's record, and what stands in each. */
export const RECORD_WORDS = 4;
export const RECORD = { offset: 0, capturedLength: 1, originalLength: 2, interfaceId: 3 } as const;

/** What a reader said of one packet. One object, filled anew for each. */
export class PacketRecord {
  /** Place of the capture among those that are read together. */
  place = 0;
  interfaces: readonly CaptureInterface[] = [];
  bytes: Uint8Array = new Uint8Array(0);
  offset = 0;
  capturedLength = 0;
  originalLength = 0;
  seconds = 0;
  nanoseconds = 0;
  interfaceId = 0;
  direction: number = DIRECTION.unknown;
  frame = 0;
}

/**
 * Packets that were read one after the other, each as its reader said it of them: arrays for those who go through many, and `load` for one. The
 * bytes are the readers' and hold until one of these reads on.
 */
export class RecordBatch {
  count = 0;
  /** Lengths are unsigned. */
  readonly words: Int32Array = new Int32Array(MOST_RECORDS * RECORD_WORDS);
  /** Of each packet seconds since 1970, then nanoseconds. */
  readonly times: Float64Array = new Float64Array(MOST_RECORDS * 2);
  readonly frames: Float64Array = new Float64Array(MOST_RECORDS);
  readonly directions: Uint8Array = new Uint8Array(MOST_RECORDS);
  readonly readers: CaptureReader[] = [];
  /** The reader of all packets, where they lie one behind the other in its bytes, came by its first interface, and nothing is said of their direction; else undefined. */
  only: CaptureReader | undefined;

  get isFull(): boolean {
    return this.count === MOST_RECORDS;
  }

  /** Takes the packet that a reader stands at. HOT */
  add(reader: CaptureReader): void {
    const place = this.count++;
    this.only = undefined;
    const { words, times } = this;
    const at = place * RECORD_WORDS;
    words[at + RECORD.offset] = reader.offset;
    words[at + RECORD.capturedLength] = reader.capturedLength;
    words[at + RECORD.originalLength] = reader.originalLength;
    words[at + RECORD.interfaceId] = reader.interfaceId;
    times[place * 2] = reader.seconds;
    times[place * 2 + 1] = reader.nanoseconds;
    this.frames[place] = reader.frame;
    this.directions[place] = reader.direction;
    this.readers[place] = reader;
  }

  /** HOT */
  load(place: number, record: PacketRecord): void {
    const reader = this.readers[place]!;
    const { words, times } = this;
    const at = place * RECORD_WORDS;
    record.place = reader.place;
    record.interfaces = reader.interfaces;
    record.bytes = reader.bytes;
    record.offset = words[at + RECORD.offset]!;
    record.capturedLength = words[at + RECORD.capturedLength]! >>> 0;
    record.originalLength = words[at + RECORD.originalLength]! >>> 0;
    record.interfaceId = words[at + RECORD.interfaceId]!;
    record.seconds = times[place * 2]!;
    record.nanoseconds = times[place * 2 + 1]!;
    record.frame = this.frames[place]!;
    record.direction = this.directions[place]!;
  }
}
