import { renderIpAddress } from '../address/ip-address.ts';
import { STEP } from '../capture/capture-reader.ts';
import { LinkLayer } from '../capture/link-layer.ts';
import { MergedCaptures } from '../capture/merged-captures.ts';
import type { OpenCapture } from '../capture/open-capture.ts';
import { PacketRecord, RECORD, RECORD_WORDS, RecordBatch } from '../capture/record-batch.ts';
import { get32, getIpv4, getIpv6 } from '../packet/header-bytes.ts';
import { IP_READ } from '../packet/ip-header.ts';
import { CHECKED, PLAIN, REMAINS, SENT_BY_HOST } from '../simulate/fast/plain-layout.ts';
import { type Attribution, IGNORED, NOT_ATTRIBUTED, REASONS } from './attribution.ts';
import { CaptureClock } from './capture-clock.ts';
import { CapturedPacket } from './captured-packet.ts';
import { LEAVES, NOT_FAST, WAITS } from './evaluator.ts';
import { AGAIN, type FastPath } from './fast-path.ts';
import { findIp } from './find-ip.ts';
import { flowOfResult } from './flow-ends.ts';
import type { Datagram } from './fragments.ts';
import { PlainLane } from './plain-lane.ts';
import type { ReferenceEvaluator } from './reference-evaluator.ts';
import type { HeldPacket, PacketFilter, PacketSink, ReplayedPacket } from './replayed-packet.ts';
import { countReason, type Tally } from './tally.ts';
import { WaitingPackets } from './waiting-packets.ts';

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
  /** Undefined where no packet may wait. */
  readonly #waiting: WaitingPackets | undefined;
  readonly #batch: RecordBatch = new RecordBatch();
  readonly #record: PacketRecord = new PacketRecord();
  readonly #clock: CaptureClock = new CaptureClock();
  readonly #lane: PlainLane | undefined;
  readonly #held: Map<Datagram, HeldPacket[]> = new Map();
  /** Whether each packet is looked at by itself, which only the reference evaluator can tell of. */
  readonly #looksAtEach: boolean;
  #packets = 0;

  constructor(options: ReplayOptions) {
    this.#options = options;
    for (const [place, { reader }] of options.captures.entries()) reader.place = place;
    this.counts = options.captures.map(() => ({ packets: 0, bytes: 0 }));
    const { filter, sink, other } = options;
    this.#looksAtEach = filter !== undefined || sink !== undefined || other !== undefined;
    const { fast, attribution, asksWhatIsSent } = options;
    if (fast?.program.runs === true && !this.#looksAtEach) {
      const waiting = new WaitingPackets(fast.program);
      this.#waiting = waiting;
      this.#lane = new PlainLane(
        { attribution, waiting, clock: this.#clock },
        { checked: fast.checked, takesSent: !asksWhatIsSent },
      );
    }
  }

  /** Packet records so far. */
  get packets(): number {
    return this.#packets;
  }

  async run(): Promise<void> {
    const merged = new MergedCaptures(this.#options.captures.map(({ reader }) => reader));
    for (;;) {
      const step = merged.fill(this.#batch);
      if (step === STEP.packet) this.#takeBatch();
      else if (step === STEP.end) break;
      else {
        await merged.refill();
        this.#options.progress?.(this.#packets);
      }
    }
    this.#options.reference.finish();
    this.#options.other?.finish();
    this.#settle();
    this.#options.fast?.finish();
  }

  /** HOT */
  #takeBatch(): void {
    const batch = this.#batch;
    const { count } = batch;
    this.#clock.begin(batch.times[0]!, batch.times[1]!);
    this.#countBatch(batch);
    this.#packets += count;
    this.#lane?.begin();
    let next = 0;
    while (next < count) {
      if (this.#lane !== undefined) next = this.#lane.take(batch, next);
      if (this.#waiting?.isFull === true) this.#judgeWaiting();
      else if (next < count) {
        batch.load(next++, this.#record);
        this.#take(this.#record);
      }
    }
    // What waits lies in bytes that are about to change.
    this.#judgeWaiting();
    batch.count = 0;
  }

  /** HOT */
  #countBatch({ words, readers, count, only }: RecordBatch): void {
    const { counts } = this;
    if (only !== undefined) {
      let bytes = 0;
      for (let i = 0; i < count; i++)
        bytes += words[i * RECORD_WORDS + RECORD.originalLength]! >>> 0;
      const of = counts[only.place]!;
      of.packets += count;
      of.bytes += bytes;
      return;
    }
    for (let i = 0; i < count; i++) {
      const of = counts[readers[i]!.place]!;
      of.packets++;
      of.bytes += words[i * RECORD_WORDS + RECORD.originalLength]! >>> 0;
    }
  }

  /** HOT */
  #take(record: PacketRecord): void {
    const { attribution, tally } = this.#options;
    const start = findIp(record, this.#link, tally);
    if (start < 0) return;
    const { bytes } = record;
    const family = bytes[start]! >>> 4 === 6 ? 6 : 4;
    const source = start + (family === 4 ? 12 : 8);
    const destination = start + (family === 4 ? 16 : 24);
    const place = attribution.find(record, this.#link, family, source, destination);
    if (place === IGNORED) {
      countReason(tally.ignored, attribution.reason);
      return;
    }
    if (place === NOT_ATTRIBUTED) {
      countReason(tally.unattributed, attribution.reason);
      return;
    }
    this.#clock.read(record.seconds, record.nanoseconds);
    if (this.#wait(record, start, place)) return;
    this.#judgeWaiting();
    this.#fill(record, start, place);
    this.#judge(record);
  }

  /** Puts a packet by that is to be judged with others; false where it must be judged at once. HOT */
  #wait(record: PacketRecord, start: number, place: number): boolean {
    const { fast, asksWhatIsSent } = this.#options;
    const waiting = this.#waiting;
    if (fast === undefined || waiting === undefined) return false;
    const isSent = place === SENT_BY_HOST;
    if (isSent && asksWhatIsSent) return false;
    if (!waiting.add(record, start, isSent ? CHECKED.none : fast.checked)) return false;
    waiting.describe(place, this.#link.sourceMac, this.#clock.timeSeconds);
    if (waiting.isFull) this.#judgeWaiting();
    return true;
  }

  /** HOT */
  #fill(record: PacketRecord, start: number, place: number): void {
    const packet = this.#packet;
    packet.bytes = record.bytes;
    packet.start = start;
    packet.end = record.offset + record.capturedLength;
    packet.wireEnd = record.offset + record.originalLength;
    packet.interfaceNumber = place;
    packet.sourceMac = this.#link.sourceMac;
    packet.originalLength = record.originalLength;
    packet.timeSeconds = this.#clock.timeSeconds;
    packet.nowMs = this.#clock.timeSeconds * 1000;
    packet.readHeader();
  }

  /** Judges the packets that wait, in their order. HOT */
  #judgeWaiting(): void {
    const { fast } = this.#options;
    const waiting = this.#waiting;
    if (fast === undefined || waiting === undefined) return;
    const { count } = waiting;
    if (count === 0) return;
    fast.fetch(count);
    let place = 0;
    for (;;) {
      place = fast.judge(place, count);
      if (fast.isTold) {
        this.#countRest(fast, fast.toldOutcome, fast.selectTold(), fast.toldRemains);
        continue;
      }
      if (place === count) break;
      const outcome = fast.takeStopped(waiting, place);
      if (outcome === AGAIN) continue;
      if (outcome === NOT_FAST) {
        waiting.load(place, this.#packet);
        this.#judge(undefined);
      } else this.#countRest(fast, outcome, place, fast.count(place));
      place++;
    }
    waiting.count = 0;
  }

  /** Judges the packet that was filled; without its record where it waited. HOT */
  #judge(record: PacketRecord | undefined): void {
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
    if (outcome === WAITS) this.#hold(record);
    else if (outcome === LEAVES) countReason(tally.ignored, REASONS.leavingTranslated);
    else this.#account(record, outcome, otherOutcome);
    if (reference.settled.length > 0) this.#settle();
  }

  /** Counts what `remains` of the plain packet in a place, whose connection is selected: its flow, and whom it came from. HOT */
  #countRest(fast: FastPath, outcome: number, place: number, remains: number): void {
    const { tally } = this.#options;
    const { memory } = fast.program;
    const at = fast.program.wordOf(place);
    if ((remains & REMAINS.flow) !== 0 && fast.isNewToFlow(outcome, tally.flows)) {
      const { flow } = fast;
      if (flow !== 0) tally.countFlowAgain(outcome, flow);
      else fast.rememberFlow(tally.countFlowOfPlain(outcome, memory.words, at));
    }
    // Whatever is counted may make memory grow.
    if ((remains & REMAINS.source) !== 0) {
      tally.sources.countNumber(memory.words[at + PLAIN.source]!, 1);
    }
    if ((remains & REMAINS.destination) !== 0) {
      tally.destinations.countNumber(memory.words[at + PLAIN.destination]!, 1);
    }
  }

  /** Counts and hands on a packet that the reference evaluator judged. */
  #account(
    record: PacketRecord | undefined,
    outcome: number,
    otherOutcome: number | undefined,
  ): void {
    const { filter, sink, tally, reference, other } = this.#options;
    if (this.#looksAtEach && record !== undefined) {
      const seen: ReplayedPacket = {
        ...this.#keep(record),
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

  #keep(record: PacketRecord): HeldPacket {
    const { offset, capturedLength, originalLength, frame, seconds, nanoseconds } = record;
    return {
      capture: record.place,
      frame,
      seconds,
      nanoseconds,
      bytes: record.bytes.subarray(offset, offset + capturedLength),
      originalLength,
      interfaceId: record.interfaceId,
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

  #hold(record: PacketRecord | undefined): void {
    const datagram = this.#options.reference.waitsFor;
    if (datagram === undefined || record === undefined) {
      throw new Error('a fragment waits for nothing');
    }
    const kept = this.#keep(record);
    const held = { ...kept, bytes: kept.bytes.slice() };
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
