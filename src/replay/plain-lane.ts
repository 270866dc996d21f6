import type { CaptureReader } from '../capture/capture-reader.ts';
import { DIRECTION } from '../capture/capture-reader.ts';
import { LINK_TYPE } from '../capture/link-type.ts';
import { RECORD, RECORD_WORDS, type RecordBatch } from '../capture/record-batch.ts';
import { CHECKED, PLAIN_WORDS } from '../packet/plain-packets.ts';
import { ASK, type Attribution } from './attribution.ts';
import type { CaptureClock } from './capture-clock.ts';
import { SENT_BY_HOST } from './captured-packet.ts';
import { WAITING, type WaitingPackets } from './waiting-packets.ts';

const ETHERNET_BYTES = 14;

/** Of the source address within its Ethernet header. */
const SOURCE_MAC = 6;

/** What stands before the addresses in an IPv4 header. */
const BEFORE_ADDRESSES = 12;

/**
 * Takes the packets of a batch that most captures are full of to those that wait, in one loop: plain IPv4 datagrams in untagged Ethernet frames, which are
 * attributed by nothing but their addresses or their capture's interface.
 */
export class PlainLane {
  readonly #attribution: Attribution;
  readonly #waiting: WaitingPackets;
  readonly #clock: CaptureClock;
  readonly #checked: number;
  readonly #takesSent: boolean;
  // What was looked up for the packet before.
  #reader: CaptureReader | undefined;
  #interfaceId = -1;
  #isOpen = false;
  #place = -1;

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
    this.#clock = clock;
    this.#checked = options.checked;
    this.#takesSent = options.takesSent;
  }

  /** Takes packets of the batch from one on, up to the first that is another kind, or for which there is no room; returns the place of that. HOT */
  take(batch: RecordBatch, from: number): number {
    const { words: records, times, directions, readers, count } = batch;
    const attribution = this.#attribution;
    const waiting = this.#waiting;
    const { plain, timeSeconds } = waiting;
    const { words } = plain;
    let i = from;
    for (; i < count && !waiting.isFull; i++) {
      const reader = readers[i]!;
      const record = i * RECORD_WORDS;
      const interfaceId = records[record + RECORD.interfaceId]!;
      if (reader !== this.#reader || interfaceId !== this.#interfaceId) {
        this.#look(reader, interfaceId);
      }
      const { bytes } = reader;
      const frame = records[record + RECORD.offset]!;
      const start = frame + ETHERNET_BYTES;
      const end = frame + records[record + RECORD.capturedLength]!;
      // Behind EtherType 0x0800 there must be the header up to its addresses at least.
      if (!this.#isOpen || directions[i] !== DIRECTION.unknown || end - start < 20) break;
      if (bytes[frame + 12] !== 8 || bytes[frame + 13] !== 0) break;
      const source = address(bytes, start + BEFORE_ADDRESSES);
      const destination = address(bytes, start + BEFORE_ADDRESSES + 4);
      const place = attribution.findByAddresses(this.#place, source, destination);
      if (place === ASK || (place === SENT_BY_HOST && !this.#takesSent)) break;
      const checked = place === SENT_BY_HOST ? CHECKED.none : this.#checked;
      const to = waiting.count;
      if (!plain.read(to, bytes, start, end, checked)) break;
      attribution.countByAddresses(this.#place, place);
      const at = to * PLAIN_WORDS;
      words[at + WAITING.start] = start;
      words[at + WAITING.end] = end;
      words[at + WAITING.originalLength] = records[record + RECORD.originalLength]!;
      words[at + WAITING.interfaceNumber] = place;
      words[at + WAITING.sourceMac] = frame + SOURCE_MAC;
      timeSeconds[to] = this.#clock.read(times[i * 2]!, times[i * 2 + 1]!);
      waiting.bytes[to] = bytes;
      waiting.count = to + 1;
    }
    return i;
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

/** An unsigned 32-bit number. HOT */
function address(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  );
}
