import { type IpFamily, ipv4, ipv6 } from '../../address/ip-address.ts';
import { IP_PROTOCOL } from '../../address/protocol.ts';
import type { IpHeader } from '../../packet/ip-header.ts';
import { type Packet, TCP_FLAG } from '../../packet/packet.ts';
import { isTransportChecksumRight } from '../../packet/verify-checksum.ts';
import type { Tuple } from '../conntrack/connection.ts';
import {
  type ConnectionTracker,
  MAY_MAKE_ROOM,
  TABLE_FULL,
} from '../conntrack/connection-tracker.ts';
import { quotedTuple } from '../conntrack/flow-keys.ts';
import { isTrackedIcmp } from '../conntrack/icmp-types.ts';
import { tupleOf } from '../conntrack/tuple.ts';
import type { PacketResult } from '../packet-result.ts';
import type { Simulator } from '../simulator.ts';
import { hasVirtualServers } from '../virtual-servers.ts';
import { FastConnections } from './fast-connections.ts';
import type { FlowHeaders } from './flow-headers.ts';
import { HeaderReader } from './header-reader.ts';
import { type FastOutcome, FastOutcomes } from './outcomes.ts';
import { PacketWays, REFERENCE, TO_TRACK } from './packet-ways.ts';
import { CODE, HAS_OPTIONS, PLAIN, SENT_BY_HOST, STATE } from './plain-layout.ts';
import type { PlainMemory } from './plain-memory.ts';
import type { PlainProgram } from './plain-program.ts';
import { FIELD } from './record-layout.ts';
import { BEGINNING } from './tcp-opening.ts';
import { TRACKED } from './ways-layout.ts';

export { REFERENCE } from './packet-ways.ts';

/** What a run asks of the fast evaluator. */
export interface FastEvaluatorOptions {
  /** Whether wrong transport checksums of arriving packets count; packets that bear one are left to the reference evaluator. */
  readonly checksums: boolean;
  /** Whether TCP packets without a connection may belong to one from before; only the reference evaluator knows them. */
  readonly assumesEstablished: boolean;
  /** What plain packets are counted in; its own where it is left out. */
  readonly memory?: PlainMemory;
}

/** `takePlain`: the outcome of packets like it is known now. */
export const SETTLED = -2;

/** `settleKnown`: the packet's way ends before connection tracking. */
const UNSETTLED = -4;

/** As many as a connection's record has room for; nobody has more. */
const MOST_INTERFACES = 60_000;

const MOST_INT32 = 2 ** 31 - 1;

/** The lowest time to live that is not used up in transit. */
const LEAST_TTL = 2;

/**
 * Judges packets from their bytes, many a millisecond, exactly as the simulator beside it would: verdict, delivery and decision.
 *
 * What it cannot do it leaves to the simulator, which is asked through `runReference`: a connection belongs to one of the two for as long as it lives, and
 * what both must know of the other's connections (whether tuples are taken, how many there are) each asks the other.
 */
export class FastEvaluator {
  /** Whether the last packet has a connection here, whose record is selected. */
  hasRecord = false;
  /** What `takePlain` said was SETTLED. */
  settled = 0;
  readonly #simulator: Simulator;
  readonly #tracker: ConnectionTracker;
  readonly #connections: FastConnections;
  readonly #reader: HeaderReader = new HeaderReader();
  readonly #outcomes: FastOutcomes = new FastOutcomes();
  /** Made when the first packet of a family comes; 'none' for a family whose packets only the simulator can judge. */
  readonly #ways: Record<IpFamily, PacketWays | 'none' | undefined> = {
    4: undefined,
    6: undefined,
  };
  /** As rules see them. */
  readonly #interfaceNames: readonly string[];
  readonly #options: FastEvaluatorOptions;
  /** Outcomes of packets for whose connection there was no room. */
  readonly #tableFull: { full?: number; mayMakeRoom?: number } = {};

  /** The simulator must not be asked but through this evaluator from now on. */
  constructor(simulator: Simulator, options: FastEvaluatorOptions) {
    this.#simulator = simulator;
    this.#options = options;
    const { tracker, host, router } = simulator;
    this.#tracker = tracker;
    this.#connections = new FastConnections(tracker.settings, options.memory);
    tracker.shareWith(this.#connections);
    this.#interfaceNames = host.interfaces.map(({ name }) => router.arrivalInterface(name));
  }

  /** Outcomes by the numbers that `take` returns; only ever grows. */
  get outcomes(): readonly FastOutcome[] {
    return this.#outcomes.all;
  }

  /** How many connections this evaluator holds, expired ones included. */
  get size(): number {
    return this.#connections.size;
  }

  /** The words in which the last packet's connection has four, from `recordBase` on, for whoever counts; 0 when it is new. Others after memory has grown. */
  get recordWords(): Int32Array {
    return this.#connections.records.words;
  }

  /** The number of the last packet's connection's record; 0: it has none. HOT */
  get record(): number {
    return this.hasRecord ? this.#connections.records.selected : 0;
  }

  get recordBase(): number {
    return this.#connections.records.at + FIELD.owner;
  }

  /**
   * Judges a whole datagram with a sound IP header, whose bytes are there up to `end`. `interfaceNumber` is the place of its input
   * interface among the host's; -1 for one that the host itself sends.
   *
   * Returns the number of its outcome; or REFERENCE, and nothing has changed: then `runReference` must be asked. HOT
   */
  take(
    bytes: Uint8Array,
    header: IpHeader,
    end: number,
    interfaceNumber: number,
    nowMs: number,
  ): number {
    this.hasRecord = false;
    const ways = this.#waysOf(header.family);
    if (ways === undefined || header.ttl < LEAST_TTL) return REFERENCE;
    if (!this.#reader.read(bytes, header, end)) return REFERENCE;
    const arrives = interfaceNumber !== SENT_BY_HOST;
    if (arrives && this.#options.checksums && !isTransportChecksumRight(bytes, header, end)) {
      return REFERENCE;
    }
    this.#reader.headers.mix();
    return this.#takeRead(ways, interfaceNumber, nowMs);
  }

  /** Judges the packet that was read. HOT */
  #takeRead(ways: PacketWays, interfaceNumber: number, nowMs: number): number {
    const inInterface = this.#arrivalOf(interfaceNumber);
    const record = this.#connections.find(this.#reader.headers, nowMs);
    return record < 0
      ? this.#takeUnknown(ways, inInterface, nowMs)
      : this.#takeKnown(ways, inInterface, interfaceNumber + 2, record, nowMs);
  }

  /** The interface as rules see it; empty for a packet that the host itself sends. HOT */
  #arrivalOf(interfaceNumber: number): string {
    return interfaceNumber === SENT_BY_HOST ? '' : this.#interfaceNames[interfaceNumber]!;
  }

  /** Plain packets on their way, and those of connections that are there. */
  get plain(): PlainProgram {
    return this.#connections.plain;
  }

  /** Call before `plain` judges packets: whether a connection may begin there without this evaluator being asked. HOT */
  prepare(): void {
    const tracker = this.#tracker;
    const isAlone = tracker.size === 0 && !tracker.hasHelpers;
    const most = isAlone ? Math.min(tracker.mostConnections, MOST_INT32) : 0;
    this.plain.memory.words[STATE.mostConnections / 4] = most;
  }

  /**
   * The outcome of the plain packet in a place, which `plain` has not judged, as `take` says it; REFERENCE also where only `take` can say. SETTLED: `settled` is the
   * outcome of all that come like it, and `plain` must be asked again, once it counts that. HOT
   */
  takePlain(place: number, interfaceNumber: number, nowMs: number): number {
    const { plain } = this.#connections;
    const { memory } = plain;
    this.hasRecord = false;
    // Making ways, and walking new ones, may make memory grow.
    const ways = this.#waysOf(4);
    if (ways === undefined) return REFERENCE;
    const from = plain.wordOf(place);
    const code = memory.words[STATE.code / 4]!;
    if (code === CODE.unsettled || code === CODE.uncounted) {
      this.#connections.selectPlain();
      this.#reader.readPlain(memory.words, from);
      const settled = this.#settleKnown(ways, interfaceNumber, from * 4);
      if (settled === REFERENCE) return REFERENCE;
      if (settled >= 0) {
        this.settled = settled;
        return SETTLED;
      }
    }
    const { words } = memory;
    const isTcp = words[from + PLAIN.kind]! >>> 8 === IP_PROTOCOL.tcp;
    if (isTcp && (words[from + PLAIN.flags]! & HAS_OPTIONS) !== 0) return REFERENCE;
    this.#reader.readPlain(words, from);
    if (code === CODE.expired) this.#connections.remove(this.#connections.selectPlain());
    if (code !== CODE.expired && code !== CODE.noConnection) {
      return this.#takeRead(ways, interfaceNumber, nowMs);
    }
    const inInterface = this.#arrivalOf(interfaceNumber);
    const isOpening = !isTcp || (words[from + PLAIN.flags]! & BEGINNING) === TCP_FLAG.S;
    const outcome = isOpening
      ? this.#openPlain(ways, inInterface, place, nowMs)
      : this.#takeUnknown(ways, inInterface, nowMs);
    ways.tellPlain(interfaceNumber);
    return outcome;
  }

  /** Selects the connection of an event of `plain`; 0: it has none. HOT */
  selectRecord(record: number): void {
    this.#connections.records.select(record);
    this.hasRecord = record !== 0;
  }

  /**
   * Finds the outcome of packets of the selected connection, those that come as the one that was read does, as long as they belong to it. Returns the outcome,
   * REFERENCE, or UNSETTLED where it ends before connection tracking.
   */
  #settleKnown(ways: PacketWays, interfaceNumber: number, packet: number): number {
    const connections = this.#connections;
    const { isReply, isAnswered } = connections;
    const begun = this.#begin(ways, this.#arrivalOf(interfaceNumber), packet);
    ways.tellPlain(interfaceNumber);
    if (begun !== TO_TRACK) return begun === REFERENCE ? REFERENCE : UNSETTLED;
    if (connections.arrival !== interfaceNumber + 2) connections.arriveAt(interfaceNumber + 2);
    const tracked = isReply || isAnswered ? TRACKED.established : TRACKED.again;
    const outcome = ways.settle(tracked);
    if (outcome >= 0) connections.setOutcome(isReply, isReply || isAnswered, outcome);
    return outcome;
  }

  /** Has the simulator judge a packet; its connection, and the one that it complains about, are the simulator's from now on. */
  runReference(packet: Packet): PacketResult {
    const nowMs = this.#simulator.timeOf(packet);
    this.#handOver(quotedTuple(packet), nowMs);
    if (packet.quoted !== undefined) this.#handOver(quotedTuple(packet.quoted), nowMs);
    return this.#simulator.run(packet);
  }

  /** Empties both connection tables. */
  reset(): void {
    this.#connections.clear();
    this.#simulator.reset();
  }

  #handOver(tuple: Tuple | undefined, nowMs: number): void {
    if (tuple === undefined) return;
    const entry = this.#connections.take(tuple, nowMs);
    if (entry !== undefined) this.#tracker.adopt(entry);
  }

  /** HOT */
  #takeKnown(
    ways: PacketWays,
    inInterface: string,
    arrival: number,
    record: number,
    nowMs: number,
  ): number {
    const connections = this.#connections;
    const { packet, headers } = this.#reader;
    const { isReply } = connections;
    const isSelected = connections.arrival !== arrival;
    if (isSelected) {
      const begun = this.#begin(ways, inInterface, 0);
      if (begun !== TO_TRACK) return begun;
      connections.arriveAt(arrival);
    }
    const verdict = connections.judge(headers.protocol, packet, isReply, nowMs);
    if (verdict === 'reopen') {
      connections.forget();
      return this.#takeNew(ways, inInterface, record, nowMs, isSelected);
    }
    if (verdict === 'invalid') {
      const outcome = this.#settle(ways, inInterface, TRACKED.invalid, isSelected);
      if (outcome === REFERENCE) connections.forget();
      else connections.store();
      return outcome;
    }
    const isEstablished = isReply || connections.seenReply;
    let outcome = connections.outcomeOf(isReply, isEstablished);
    if (outcome < 0) {
      const tracked = isEstablished ? TRACKED.established : TRACKED.again;
      outcome = this.#settle(ways, inInterface, tracked, isSelected);
      if (outcome === REFERENCE) {
        connections.forget();
        return REFERENCE;
      }
      connections.setOutcome(isReply, isEstablished, outcome);
    }
    if (isReply) connections.noteReply();
    connections.store();
    if (verdict === 'remove') connections.remove(record);
    else this.hasRecord = true;
    return outcome;
  }

  #takeUnknown(ways: PacketWays, inInterface: string, nowMs: number): number {
    const begun = this.#begin(ways, inInterface, 0);
    if (begun !== TO_TRACK) return begun;
    if (this.#tracker.size > 0 && this.#tracker.holds(tupleIn(this.#reader.headers), nowMs)) {
      return REFERENCE;
    }
    return this.#takeNew(ways, inInterface, -1, nowMs, true);
  }

  /** A packet without connection, or with one in `old` that is over. */
  #takeNew(
    ways: PacketWays,
    inInterface: string,
    old: number,
    nowMs: number,
    isSelected: boolean,
  ): number {
    const connections = this.#connections;
    const { packet, headers } = this.#reader;
    // Whether a helper expects it only the simulator knows.
    if (this.#isAssumed(packet) || this.#tracker.hasHelpers) return REFERENCE;
    if (!this.#tracker.hasRoom(nowMs)) {
      // The one that is over makes room.
      return old >= 0 ? REFERENCE : this.#withoutRoom(headers.family, nowMs);
    }
    const isInvalid = connections.judgeNew(headers.protocol, packet, nowMs) !== 'accept';
    const tracked = isInvalid ? TRACKED.invalid : TRACKED.first;
    const outcome = this.#settle(ways, inInterface, tracked, isSelected);
    if (outcome === REFERENCE) return REFERENCE;
    const arrives = !isInvalid && this.#outcomes.all[outcome]!.verdict === 'accept';
    // An identifier that a translated connection has is changed even of a packet that is stopped later.
    const mayChange = arrives || (!isInvalid && isTrackedIcmp(headers.family, headers.protocol));
    if (mayChange && this.#tracker.size > 0 && this.#tracker.holds(replyIn(headers), nowMs)) {
      return REFERENCE;
    }
    if (old >= 0) connections.remove(old);
    if (arrives) {
      connections.confirm(headers, nowMs);
      this.hasRecord = true;
    }
    return outcome;
  }

  /** As `takeNew`, of the plain packet in a place that was read, a SYN or of UDP, which connection tracking always takes. HOT */
  #openPlain(ways: PacketWays, inInterface: string, place: number, nowMs: number): number {
    const begun = this.#begin(ways, inInterface, this.plain.wordOf(place) * 4);
    if (begun !== TO_TRACK) return begun;
    const tracker = this.#tracker;
    const { headers } = this.#reader;
    const areOthers = tracker.size > 0;
    if (tracker.hasHelpers || (areOthers && tracker.holds(tupleIn(headers), nowMs))) {
      return REFERENCE;
    }
    if (!tracker.hasRoom(nowMs)) return this.#withoutRoom(headers.family, nowMs);
    const outcome = ways.settle(TRACKED.first);
    if (outcome === REFERENCE || this.#outcomes.all[outcome]!.verdict !== 'accept') return outcome;
    if (areOthers && tracker.holds(replyIn(headers), nowMs)) return REFERENCE;
    this.#connections.open(place);
    this.hasRecord = true;
    return outcome;
  }

  /** The outcome of a packet for whose connection there is no room. */
  #withoutRoom(family: IpFamily, nowMs: number): number {
    if (!this.#simulator.pathOf(family).program.tracksConnections) return REFERENCE;
    const mayMake = this.#tracker.mayMakeRoom(nowMs);
    const which = mayMake ? 'mayMakeRoom' : 'full';
    const known = this.#tableFull[which];
    if (known !== undefined) return known;
    const made = this.#outcomes.intern({
      verdict: mayMake ? 'undetermined' : 'drop',
      delivered: null,
      state: null,
      decision: { kind: 'conntrack', reason: TABLE_FULL },
      because: mayMake ? [MAY_MAKE_ROOM] : undefined,
    });
    this.#tableFull[which] = made;
    return made;
  }

  /** The outcome of the packet that was read, which connection tracking has judged; `isBegun`: it has been walked that far. */
  #settle(ways: PacketWays, inInterface: string, tracked: number, isBegun: boolean): number {
    if (!isBegun) this.#begin(ways, inInterface, 0);
    return ways.settle(tracked);
  }

  /** Walks the packet that was read up to connection tracking; `plain`: its address in the memory of `plain`, 0 where it has none. HOT */
  #begin(ways: PacketWays, inInterface: string, plain: number): number {
    const { headers } = this.#reader;
    ways.select(headers, plain);
    return ways.begin(inInterface, headers.protocol);
  }

  /** Whether the packet may belong to a connection from before that is to be taken for established. */
  #isAssumed(packet: Packet): boolean {
    if (!this.#options.assumesEstablished) return false;
    if (this.#reader.headers.protocol !== IP_PROTOCOL.tcp) return false;
    return (packet.tcpFlags & (TCP_FLAG.S | TCP_FLAG.A)) !== TCP_FLAG.S;
  }

  /** HOT */
  #waysOf(family: IpFamily): PacketWays | undefined {
    const ways = this.#ways[family] ?? this.#makeWays(family);
    return ways === 'none' ? undefined : ways;
  }

  #makeWays(family: IpFamily): PacketWays | 'none' {
    const made = this.#canJudge(family) ? this.#newWays(family) : undefined;
    this.#ways[family] = made ?? 'none';
    return made ?? 'none';
  }

  #canJudge(family: IpFamily): boolean {
    const { router, host } = this.#simulator;
    if (this.#simulator.hasNotModelled(family) || router.hasCustomRules(family)) return false;
    return !hasVirtualServers(host) && host.interfaces.length <= MOST_INTERFACES;
  }

  /** Undefined where rules give packets what their addresses do not tell. */
  #newWays(family: IpFamily): PacketWays | undefined {
    const { program, router } = this.#simulator.pathOf(family);
    if (program.givesTemplates) return undefined;
    const { plain } = this;
    return new PacketWays(program, router, {
      family,
      outcomes: this.#outcomes,
      plain: family === 4 && plain.runs ? plain : undefined,
      interfaces: this.#interfaceNames.length,
    });
  }
}

function tupleIn({ family, protocol, ...at }: FlowHeaders): Tuple {
  const isIpv4 = family === 4;
  const source = isIpv4 ? ipv4(at.s3) : ipv6(at.s0, at.s1, at.s2, at.s3);
  const destination = isIpv4 ? ipv4(at.d3) : ipv6(at.d0, at.d1, at.d2, at.d3);
  return tupleOf(family, protocol, source, destination, at.sourceKey, at.destinationKey);
}

function replyIn({ family, protocol, ...at }: FlowHeaders): Tuple {
  const isIpv4 = family === 4;
  const source = isIpv4 ? ipv4(at.d3) : ipv6(at.d0, at.d1, at.d2, at.d3);
  const destination = isIpv4 ? ipv4(at.s3) : ipv6(at.s0, at.s1, at.s2, at.s3);
  return tupleOf(family, protocol, source, destination, at.replySourceKey, at.replyDestinationKey);
}
