import { renderIpAddress } from '../address/ip-address.ts';
import type { CaptureReader } from '../capture/capture-reader.ts';
import { STEP } from '../capture/capture-reader.ts';
import { LinkLayer } from '../capture/link-layer.ts';
import { MergedCaptures } from '../capture/merged-captures.ts';
import type { OpenCapture } from '../capture/open-capture.ts';
import { get32, getIpv4, getIpv6 } from '../packet/header-bytes.ts';
import { IP_READ } from '../packet/ip-header.ts';
import { CHECKED, PLAIN, PLAIN_WORDS } from '../packet/plain-packets.ts';
import { type Attribution, IGNORED, NOT_ATTRIBUTED, REASONS } from './attribution.ts';
import { CapturedPacket, SENT_BY_HOST } from './captured-packet.ts';
import { LEAVES, NOT_FAST, WAITS } from './evaluator.ts';
import type { FastPath } from './fast-path.ts';
import { findIp } from './find-ip.ts';
import { flowOfResult } from './flow-ends.ts';
import type { Datagram } from './fragments.ts';
import type { ReferenceEvaluator } from './reference-evaluator.ts';
import type { HeldPacket, PacketFilter, PacketSink, ReplayedPacket } from './replayed-packet.ts';
import { countReason, type Tally } from './tally.ts';
import { WAITING, WaitingPackets } from './waiting-packets.ts';

export interface ReplayOptions {
  readonly captures: readonly OpenCapture[];
  readonly attribution: Attribution;
  readonly reference: ReferenceEvaluator;
  /** Stands in front of the reference evaluator; undefined: every packet goes there. */
  readonly fast: FastPath | undefined;
  /** Leave what the host itself sends to the reference evaluator, which tells what has been translated on its way through. */
  readonly asksWhatIsSent: boolean;
  /** Judges every packet beside, by another policy; its outcomes are handed on and not counted. */
  readonly other?: ReferenceEvaluator | undefined;
  readonly tally: Tally;
  /** Leaves packets out of everything that is counted and handed on; they take part in the simulation all the same. */
  readonly filter?: PacketFilter | undefined;
  readonly sink?: PacketSink | undefined;
  /** Called now and then with the number of packets so far. */
  readonly progress?: ((packets: number) => void) | undefined;
}

/** What was read of one capture. */
export interface CaptureCount {
  packets: number;
  bytes: number;
}

/** Takes the packets of captures through one host, in the order of their times. */
export class Replay {
  readonly counts: readonly CaptureCount[];
  readonly #options: ReplayOptions;
  readonly #link: LinkLayer = new LinkLayer();
  readonly #packet: CapturedPacket = new CapturedPacket();
  readonly #waiting: WaitingPackets = new WaitingPackets();
  /** Since the first packet. */
  #timeSeconds = 0;
  readonly #held: Map<Datagram, HeldPacket[]> = new Map();
  /** Whether each packet is looked at by itself, which only the reference evaluator can tell of. */
  readonly #looksAtEach: boolean;
  #packets = 0;
  #firstSeconds = 0;
  #firstNanoseconds = 0;

  constructor(options: ReplayOptions) {
    this.#options = options;
    for (const [place, { reader }] of options.captures.entries()) reader.place = place;
    this.counts = options.captures.map(() => ({ packets: 0, bytes: 0 }));
    const { filter, sink, other } = options;
    this.#looksAtEach = filter !== undefined || sink !== undefined || other !== undefined;
  }

  /** Packet records so far. */
  get packets(): number {
    return this.#packets;
  }

  async run(): Promise<void> {
    const merged = new MergedCaptures(this.#options.captures.map(({ reader }) => reader));
    for (;;) {
      const step = merged.next();
      if (step === STEP.packet) this.#take(merged.current);
      else if (step === STEP.end) break;
      else {
        // What waits lies in bytes that are about to change.
        this.#judgeWaiting();
        await merged.refill();
        this.#options.progress?.(this.#packets);
      }
    }
    this.#judgeWaiting();
    this.#options.reference.finish();
    this.#options.other?.finish();
    this.#settle();
  }

  /** HOT */
  #take(reader: CaptureReader): void {
    const { attribution, tally } = this.#options;
    const count = this.counts[reader.place]!;
    count.packets++;
    count.bytes += reader.originalLength;
    if (this.#packets++ === 0) {
      this.#firstSeconds = reader.seconds;
      this.#firstNanoseconds = reader.nanoseconds;
    }
    const start = findIp(reader, this.#link, tally);
    if (start < 0) return;
    const { bytes } = reader;
    const family = bytes[start]! >>> 4 === 6 ? 6 : 4;
    const source = start + (family === 4 ? 12 : 8);
    const destination = start + (family === 4 ? 16 : 24);
    const place = attribution.find(reader, this.#link, family, source, destination);
    if (place === IGNORED) {
      countReason(tally.ignored, attribution.reason);
      return;
    }
    if (place === NOT_ATTRIBUTED) {
      countReason(tally.unattributed, attribution.reason);
      return;
    }
    this.#readTime(reader);
    if (this.#wait(reader, start, place)) return;
    this.#judgeWaiting();
    this.#fill(reader, start, place);
    this.#judge(reader);
  }

  /** Puts a packet by that is to be judged with others; false where it must be judged at once. HOT */
  #wait(reader: CaptureReader, start: number, place: number): boolean {
    const { fast, asksWhatIsSent } = this.#options;
    if (fast === undefined || this.#looksAtEach) return false;
    const isSent = place === SENT_BY_HOST;
    if (isSent && asksWhatIsSent) return false;
    const waiting = this.#waiting;
    if (!waiting.add(reader, start, isSent ? CHECKED.none : fast.checked)) return false;
    waiting.describe(place, this.#link.sourceMac, this.#timeSeconds);
    if (waiting.isFull) this.#judgeWaiting();
    return true;
  }

  /** HOT */
  #readTime(reader: CaptureReader): void {
    const timeSeconds =
      reader.seconds -
      this.#firstSeconds +
      (reader.nanoseconds - this.#firstNanoseconds) / 1_000_000_000;
    // The kernel's clock does not go back where a capture's does.
    if (timeSeconds > this.#timeSeconds) this.#timeSeconds = timeSeconds;
  }

  /** HOT */
  #fill(reader: CaptureReader, start: number, place: number): void {
    const packet = this.#packet;
    packet.bytes = reader.bytes;
    packet.start = start;
    packet.end = reader.offset + reader.capturedLength;
    packet.wireEnd = reader.offset + reader.originalLength;
    packet.interfaceNumber = place;
    packet.sourceMac = this.#link.sourceMac;
    packet.originalLength = reader.originalLength;
    packet.timeSeconds = this.#timeSeconds;
    packet.nowMs = this.#timeSeconds * 1000;
    packet.readHeader();
  }

  /** Judges the packets that wait, in their order. HOT */
  #judgeWaiting(): void {
    const { fast } = this.#options;
    const waiting = this.#waiting;
    if (fast === undefined || waiting.count === 0) return;
    fast.fetch(waiting, this.#options.tally.flows);
    const { count } = waiting;
    for (let place = 0; place < count; place++) {
      const outcome = fast.takeWaiting(waiting, place);
      if (outcome === NOT_FAST) {
        waiting.load(place, this.#packet);
        this.#judge(undefined);
      } else this.#countWaiting(fast, outcome, place);
    }
    waiting.count = 0;
  }

  /** Judges the packet that was filled; without the reader where it waited. HOT */
  #judge(reader: CaptureReader | undefined): void {
    const { fast, tally, reference, other } = this.#options;
    const packet = this.#packet;
    const isAsked = this.#options.asksWhatIsSent && packet.interfaceNumber === SENT_BY_HOST;
    const isFast = packet.headerRead === IP_READ.sound && !this.#looksAtEach && !isAsked;
    if (fast !== undefined && isFast && !reference.isWrongHeader(packet)) {
      const outcome = fast.take(packet);
      if (outcome !== NOT_FAST) {
        tally.count(outcome, packet.originalLength);
        if (fast.isNewToFlow(outcome, tally.flows)) tally.countFlowOfBytes(outcome, packet);
        if (tally.isStopped(outcome)) this.#countTalkers(packet);
        return;
      }
    }
    const outcome = reference.take(packet);
    const otherOutcome = other?.take(packet);
    if (outcome === WAITS) this.#hold(reader);
    else if (outcome === LEAVES) countReason(tally.ignored, REASONS.leavingTranslated);
    else this.#account(reader, outcome, otherOutcome);
    if (reference.settled.length > 0) this.#settle();
  }

  /** Counts a packet that waited and that the fast evaluator judged. HOT */
  #countWaiting(fast: FastPath, outcome: number, place: number): void {
    const { tally } = this.#options;
    const { words } = this.#waiting.plain;
    const at = place * PLAIN_WORDS;
    tally.count(outcome, words[at + WAITING.originalLength]! >>> 0);
    if (fast.isNewToFlow(outcome, tally.flows)) tally.countFlowOfPlain(outcome, words, at);
    if (!tally.isStopped(outcome)) return;
    tally.sources.count(words[at + PLAIN.source]!);
    tally.destinations.count(words[at + PLAIN.destination]!);
  }

  /** Counts and hands on a packet that the reference evaluator judged. */
  #account(
    reader: CaptureReader | undefined,
    outcome: number,
    otherOutcome: number | undefined,
  ): void {
    const { filter, sink, tally, reference, other } = this.#options;
    if (this.#looksAtEach && reader !== undefined) {
      const seen: ReplayedPacket = {
        ...this.#recordOf(reader),
        outcome,
        result: reference.result,
        other:
          otherOutcome === undefined ? undefined : { outcome: otherOutcome, result: other?.result },
      };
      if (filter !== undefined && !filter(seen)) {
        tally.leftOut++;
        return;
      }
      sink?.(seen);
    }
    tally.count(outcome, this.#packet.originalLength);
    if (reference.result === undefined) tally.countFlowOfBytes(outcome, this.#packet);
    else tally.countFlow(outcome, flowOfResult(reference.result));
    if (tally.isStopped(outcome)) this.#countTalkers(this.#packet);
  }

  #recordOf(reader: CaptureReader): HeldPacket {
    const { offset, capturedLength, originalLength, frame, seconds, nanoseconds } = reader;
    return {
      capture: reader.place,
      frame,
      seconds,
      nanoseconds,
      bytes: reader.bytes.subarray(offset, offset + capturedLength),
      originalLength,
      interfaceId: reader.interfaceId,
    };
  }

  #countTalkers({ bytes, start }: CapturedPacket): void {
    const { sources, destinations } = this.#options.tally;
    if (bytes[start]! >>> 4 === 4) {
      sources.count(get32(bytes, start + 12) | 0);
      destinations.count(get32(bytes, start + 16) | 0);
    } else {
      sources.count(renderIpAddress(getIpv6(bytes, start + 8)));
      destinations.count(renderIpAddress(getIpv6(bytes, start + 24)));
    }
  }

  #hold(reader: CaptureReader | undefined): void {
    const datagram = this.#options.reference.waitsFor;
    if (datagram === undefined || reader === undefined) {
      throw new Error('a fragment waits for nothing');
    }
    const record = this.#recordOf(reader);
    const held = { ...record, bytes: record.bytes.slice() };
    const others = this.#held.get(datagram);
    if (others === undefined) this.#held.set(datagram, [held]);
    else others.push(held);
  }

  /** Counts the fragments whose datagram has come to an end. */
  #settle(): void {
    const { reference, tally, filter, sink, other } = this.#options;
    for (const [index, { datagram, outcome, result }] of reference.settled.entries()) {
      for (const held of this.#held.get(datagram) ?? []) {
        // Both put the same fragments together, so that both settle the same datagrams.
        const seen: ReplayedPacket = { ...held, outcome, result, other: other?.settled[index] };
        if (filter !== undefined && !filter(seen)) {
          tally.leftOut++;
          continue;
        }
        sink?.(seen);
        tally.count(outcome, held.originalLength);
        if (result !== undefined) tally.countFlow(outcome, flowOfResult(result));
        else tally.countFlow(outcome, flowOfDatagram(datagram));
      }
      this.#held.delete(datagram);
    }
    reference.settled.length = 0;
    if (other !== undefined) other.settled.length = 0;
  }
}

function flowOfDatagram({
  family,
  protocol,
  addresses,
}: Datagram): ReturnType<typeof flowOfResult> {
  const address = family === 4 ? getIpv4 : getIpv6;
  return {
    protocol,
    source: address(addresses, 0),
    destination: address(addresses, addresses.length / 2),
    sourcePort: 0,
    destinationPort: 0,
  };
}
