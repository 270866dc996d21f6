import type { ConnectionState, Packet } from '../packet/packet.ts';
import type { Tuple } from './conntrack/connection.ts';
import { type Decisions, decisionsOf } from './decision.ts';
import type { FollowedWays, Way } from './every-way.ts';
import type {
  Decision,
  FinalHeaders,
  Hop,
  PacketResult,
  PacketVerdict,
  PathEvent,
  TraceStep,
} from './packet-result.ts';
import { hopsOf, stepsOf } from './trace-steps.ts';

/**
 * The result of a packet's way. What takes work to say (decisions, hops, steps) is worked out when it is first asked for: most results of a
 * replay are read for their verdict alone.
 */
export class WayResult implements PacketResult {
  readonly packet: Packet;
  readonly verdict: PacketVerdict;
  readonly delivered: string | null;
  readonly state: ConnectionState | null;
  readonly final: FinalHeaders;
  readonly because: readonly string[] | undefined;
  readonly mark: number;
  readonly flow: Tuple | undefined;
  readonly #way: Way;
  readonly #others: readonly Way[];
  #decisions: Decisions | undefined;
  #hops: readonly Hop[] | undefined;
  #steps: readonly TraceStep[] | undefined;

  constructor(packet: Packet, { way, others, because }: FollowedWays) {
    const { flight, ending } = way;
    const undetermined = because.length > 0;
    this.packet = packet;
    this.verdict = undetermined ? 'undetermined' : ending.verdict;
    this.delivered = undetermined ? null : ending.delivered;
    this.state = flight.state ?? null;
    this.final = {
      source: flight.source,
      destination: flight.destination,
      sourcePort: flight.sourcePort,
      destinationPort: flight.destinationPort,
    };
    this.because = undetermined ? because : undefined;
    this.mark = flight.mark;
    this.flow = flight.connection?.original;
    this.#way = way;
    this.#others = undetermined ? [] : others;
  }

  get otherWays(): readonly PacketResult[] {
    return this.#others.map((way) => new WayResult(this.packet, { way, others: [], because: [] }));
  }

  get decision(): Decision {
    return this.#decided().decision;
  }

  get decisions(): readonly Decision[] {
    return this.#decided().decisions;
  }

  get hops(): readonly Hop[] {
    this.#hops ??= hopsOf(this.#way.record, this.packet.mark, this.packet.family);
    return this.#hops;
  }

  get events(): readonly PathEvent[] {
    return this.#way.record.events;
  }

  get steps(): readonly TraceStep[] {
    this.#steps ??= stepsOf(this.#way.record, this.packet.mark);
    return this.#steps;
  }

  #decided(): Decisions {
    this.#decisions ??= decisionsOf(this.#way.record, this.#way.ending);
    return this.#decisions;
  }
}
