import { renderIpAddress } from '../address/ip-address.ts';
import { isIcmp, protocolField } from '../address/protocol.ts';
import type { PacketVerdict } from '../simulate/packet-result.ts';
import { type FlowEnds, flowOfResult, hasFlowPorts, renderEnd } from './flow-ends.ts';
import type { OutcomeGroup, Outcomes } from './outcomes.ts';
import type { ReplayedPacket } from './replayed-packet.ts';
import { VERDICTS } from './tally.ts';

/** Flows that are gathered at a time. */
const MOST_FLOWS = 1 << 18;

/** One flow of a replay and what became of its packets. */
export interface FlowRecord {
  readonly ends: FlowEnds;
  /** Where its first packet arrived, or `local`. */
  readonly in: string;
  readonly firstSeconds: number;
  lastSeconds: number;
  packets: number;
  bytes: number;
  readonly verdicts: Record<PacketVerdict, number>;
  /** Packets by the numbers of the groups of outcomes, in the order in which they first came. */
  readonly groups: Map<number, number>;
}

/**
 * Gathers packets into flows. A flow is handed on when the replay ends; where there are more than a quarter of a million at a time the oldest
 * is handed on before, and counts as another one if it goes on.
 */
export class FlowLog {
  readonly #flows: Map<string, FlowRecord> = new Map();
  readonly #outcomes: Outcomes;
  readonly #take: (flow: FlowRecord) => void;
  readonly #most: number;

  constructor(outcomes: Outcomes, take: (flow: FlowRecord) => void, most: number = MOST_FLOWS) {
    this.#outcomes = outcomes;
    this.#take = take;
    this.#most = most;
  }

  /** Counts a packet with its flow. One that met no rule belongs to none. */
  add(packet: ReplayedPacket): void {
    const { result, outcome, originalLength } = packet;
    if (result === undefined) return;
    const ends = flowOfResult(result);
    const key = flowKey(ends);
    const seconds = packet.seconds + packet.nanoseconds / 1e9;
    let flow = this.#flows.get(key);
    if (flow === undefined) {
      if (this.#flows.size >= this.#most) this.#handOnOldest();
      flow = newFlow(ends, result.packet.in ?? 'local', seconds);
      this.#flows.set(key, flow);
    }
    flow.packets++;
    flow.bytes += originalLength;
    if (seconds > flow.lastSeconds) flow.lastSeconds = seconds;
    flow.verdicts[this.#outcomes.at(outcome).verdict]++;
    const group = this.#outcomes.groupOf[outcome]!;
    flow.groups.set(group, (flow.groups.get(group) ?? 0) + 1);
  }

  /** Hands on what is left. */
  finish(): void {
    for (const flow of this.#flows.values()) this.#take(flow);
    this.#flows.clear();
  }

  #handOnOldest(): void {
    const [oldest] = this.#flows;
    if (oldest === undefined) return;
    this.#flows.delete(oldest[0]);
    this.#take(oldest[1]);
  }
}

function newFlow(ends: FlowEnds, from: string, seconds: number): FlowRecord {
  const verdicts = Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0]));
  return {
    ends,
    in: from,
    firstSeconds: seconds,
    lastSeconds: seconds,
    packets: 0,
    bytes: 0,
    verdicts: verdicts as Record<PacketVerdict, number>,
    groups: new Map(),
  };
}

/** The same text for both directions. */
export function flowKey({
  protocol,
  source,
  destination,
  sourcePort,
  destinationPort,
}: FlowEnds): string {
  const one = `${renderIpAddress(source)} ${sourcePort}`;
  const other = `${renderIpAddress(destination)} ${destinationPort}`;
  return one < other ? `${protocol} ${one} ${other}` : `${protocol} ${other} ${one}`;
}

/** From worst to best, as somebody looks who wants to know whom a policy cuts off. */
const BY_GRAVITY: readonly PacketVerdict[] = ['drop', 'reject', 'undetermined', 'accept'];

/** The verdict to call a flow by: the worst that any of its packets had. */
export function worstVerdict(flow: FlowRecord): PacketVerdict {
  return BY_GRAVITY.find((verdict) => flow.verdicts[verdict] > 0) ?? 'accept';
}

/** What settled that verdict first; where it is an acceptance, policy rather than the connection that it opened. */
export function decidingGroup(flow: FlowRecord, outcomes: Outcomes): OutcomeGroup | undefined {
  const wanted = worstVerdict(flow);
  const groups = [...flow.groups.keys()]
    .map((number) => outcomes.groups[number])
    .filter((group): group is OutcomeGroup => group?.verdict === wanted);
  return groups.find(({ decision }) => decision.kind !== 'conntrack') ?? groups[0];
}

/** A flow's fields as they are printed. */
export function flowToJson(flow: FlowRecord, outcomes: Outcomes): Record<string, unknown> {
  const { ends, firstSeconds, lastSeconds, packets, bytes, verdicts, groups } = flow;
  const { protocol, source, destination, sourcePort, destinationPort } = ends;
  const deciding = decidingGroup(flow, outcomes);
  const ports = hasFlowPorts(protocol);
  return {
    flow: `${renderEnd(source, sourcePort, protocol)} -> ${renderEnd(destination, destinationPort, protocol)}`,
    proto: protocolField(protocol),
    in: flow.in,
    src: renderIpAddress(source),
    ...(ports ? { sport: sourcePort } : {}),
    dst: renderIpAddress(destination),
    ...(ports ? { dport: destinationPort } : {}),
    ...(isIcmp(protocol) ? { id: sourcePort } : {}),
    first: firstSeconds,
    last: lastSeconds,
    packets,
    bytes,
    verdict: worstVerdict(flow),
    verdicts,
    decision: deciding?.decision,
    decisions: [...groups].map(([group, count]) => ({
      ...outcomes.groups[group],
      packets: count,
    })),
  };
}
