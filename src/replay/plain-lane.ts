import type { CaptureReader } from '../capture/capture-reader.ts';
import { DIRECTION } from '../capture/capture-reader.ts';
import { LINK_TYPE } from '../capture/link-type.ts';
import { RECORD, RECORD_WORDS, type RecordBatch } from '../capture/record-batch.ts';
import { get32 } from '../packet/header-bytes.ts';
import { FRAME_BYTES, MEMORY, STATE, TAKES_SENT, TOWARDS } from '../simulate/fast/plain-layout.ts';
import type { PlainProgram } from '../simulate/fast/plain-program.ts';
import { ASK, type Attribution } from './attribution.ts';
import type { CaptureClock } from './capture-clock.ts';
import type { WaitingPackets } from './waiting-packets.ts';

/** Where addresses stand in an untagged Ethernet frame with an IPv4 packet. */
const ADDRESSES = 26;

/**
 * Takes the packets of a batch that most captures are full of to those that wait, all in one go: plain IPv4 datagrams in untagged Ethernet frames, which are
 * attributed by nothing but their addresses or their capture's interface.
 */
export class PlainLane {
  readonly #attribution: Attribution;
  readonly #waiting: WaitingPackets;
  readonly #program: PlainProgram;
  readonly #clock: CaptureClock;
  readonly #options: number;
  // What was looked up for the packets before.
  #reader: CaptureReader | undefined;
  #interfaceId = -1;
  #isOpen = false;
  #place = -1;
  // The frames that were copied last: where they end in the batch, and how much further they lie in memory.
  #runEnd = 0;
  #shift = 0;

  /** `checked`: which checksums of arriving packets count, as bits of CHECKED; `takesSent`: whether those that the host sends may wait. */
  constructor(
    {
      attribution,
      waiting,
      clock,
    }: {
      readonly attribution: Attribution;
      readonly waiting: WaitingPackets;
      readonly clock: CaptureClock;
    },
    options: { readonly checked: number; readonly takesSent: boolean },
  ) {
    this.#attribution = attribution;
    this.#waiting = waiting;
    this.#program = waiting.program;
    this.#clock = clock;
    this.#options = options.checked | (options.takesSent ? TAKES_SENT : 0);
    this.#tellAddresses();
  }

  /** Call before the first packet of a batch is taken. HOT */
  begin(): void {
    this.#runEnd = 0;
  }

  /** Takes packets of the batch from one on, up to the first that is another kind, or for which there is no room; returns the place of that. HOT */
  take(batch: RecordBatch, from: number): number {
    let at = from;
    while (at < batch.count && !this.#waiting.isFull) {
      if (at >= this.#runEnd && !this.#copyRun(batch, at)) return at;
      at = this.#takeRun(batch, at);
      const isLeft = at < this.#runEnd && !this.#waiting.isFull;
      if (isLeft && !this.#learn(batch, at)) return at;
    }
    return at;
  }

  /** Copies the frames from one on that lie close enough in the same bytes and are attributed alike; false where the first is none such. HOT */
  #copyRun(batch: RecordBatch, from: number): boolean {
    const { words, times, directions, readers, count } = batch;
    const reader = readers[from]!;
    const interfaceId = words[from * RECORD_WORDS + RECORD.interfaceId]!;
    if (reader !== this.#reader || interfaceId !== this.#interfaceId) {
      this.#look(reader, interfaceId);
    }
    if (!this.#isOpen) return false;
    const first = words[from * RECORD_WORDS + RECORD.offset]!;
    let end = from;
    if (batch.only !== undefined && endOf(words, count - 1) - first <= FRAME_BYTES) end = count;
    else {
      for (; end < count; end++) {
        const record = end * RECORD_WORDS;
        if (readers[end] !== reader || words[record + RECORD.interfaceId] !== interfaceId) break;
        if (directions[end] !== DIRECTION.unknown || endOf(words, end) - first > FRAME_BYTES) break;
      }
    }
    if (end === from) return false;
    const frameEnd = endOf(words, end - 1);
    const { memory } = this.#program;
    memory.bytes.set(reader.bytes.subarray(first, frameEnd), MEMORY.frames);
    const record = from * RECORD_WORDS;
    memory.words.set(words.subarray(record, end * RECORD_WORDS), MEMORY.records / 4 + record);
    memory.numbers.set(times.subarray(from * 2, end * 2), MEMORY.recordTimes / 8 + from * 2);
    this.#runEnd = end;
    this.#shift = MEMORY.frames - first;
    return true;
  }

  /** HOT */
  #takeRun({ readers }: RecordBatch, from: number): number {
    const { code, memory } = this.#program;
    const { words, numbers } = memory;
    const clock = this.#clock;
    const waiting = this.#waiting;
    const before = waiting.count;
    numbers[STATE.firstSeconds / 8] = clock.firstSeconds;
    numbers[STATE.firstNanoseconds / 8] = clock.firstNanoseconds;
    numbers[STATE.latestSeconds / 8] = clock.timeSeconds;
    const next = code.readRecords(from, this.#runEnd, this.#shift, this.#place, this.#options);
    clock.timeSeconds = numbers[STATE.latestSeconds / 8]!;
    const { count } = waiting;
    const { bytes } = readers[from]!;
    for (let place = before; place < count; place++) waiting.bytes[place] = bytes;
    const sent = words[STATE.sent / 4]!;
    this.#attribution.countByAddresses(this.#place, { sent, arrived: count - before - sent });
    return next;
  }

  /** Tells the program what the addresses of a frame are to the host; false where it knew, or the frame has none. */
  #learn({ words: records, readers }: RecordBatch, place: number): boolean {
    const record = place * RECORD_WORDS;
    const { bytes } = readers[place]!;
    const at = records[record + RECORD.offset]! + ADDRESSES;
    if (records[record + RECORD.capturedLength]! < ADDRESSES + 8) return false;
    const isNewSource = this.#learnOne(get32(bytes, at));
    return this.#learnOne(get32(bytes, at + 4)) || isNewSource;
  }

  #learnOne(address: number): boolean {
    const { facts } = this.#attribution;
    const { words } = this.#program.memory;
    const at = words[STATE.addressTowards / 4]! / 4 + facts.indexOf4(address);
    if (words[at] !== TOWARDS.open) return false;
    words[at] = facts.towards4(address);
    return true;
  }

  /** Tells the program of the intervals of addresses. What they are to the host it learns when a packet bears one. */
  #tellAddresses(): void {
    const { starts4 } = this.#attribution.facts;
    const { memory } = this.#program;
    const starts = memory.allocate(starts4.length * 4);
    const towards = memory.allocate(starts4.length * 4);
    const { words } = memory;
    words.set(starts4, starts / 4);
    words.fill(TOWARDS.open, towards / 4, towards / 4 + starts4.length);
    words[STATE.addressStarts / 4] = starts;
    words[STATE.addressTowards / 4] = towards;
    words[STATE.addressCount / 4] = starts4.length;
  }

  #look(reader: CaptureReader, interfaceId: number): void {
    this.#reader = reader;
    this.#interfaceId = interfaceId;
    const { linkType } = reader.interfaces[interfaceId]!;
    const place =
      linkType === LINK_TYPE.ethernet
        ? this.#attribution.placeWithoutFrame(reader, interfaceId)
        : ASK;
    this.#isOpen = place !== ASK;
    this.#place = place;
  }
}

/** Where the frame of a record ends in its reader's bytes. HOT */
function endOf(words: Int32Array, place: number): number {
  const record = place * RECORD_WORDS;
  return words[record + RECORD.offset]! + words[record + RECORD.capturedLength]!;
}
