import type { IpFamily } from '../address/ip-address.ts';
import { sameIpAddress } from '../address/ip-address.ts';
import type { ConnectionRecord } from '../host/connections/connection-record.ts';
import type { Packet } from '../packet/packet.ts';
import type { Target } from '../ruleset/target/target.ts';
import { namedZone } from '../simulate/connection-template.ts';
import { PacketPathError } from '../simulate/packet-path-error.ts';
import type { Decision, PacketResult } from '../simulate/packet-result.ts';
import type { Simulator } from '../simulate/simulator.ts';
import { connectionProbes, isOver } from './connection-probes.ts';
import { conntrackDeletion } from './conntrack-deletion.ts';
import type { NodeModel } from './node-model.ts';

/**
 * What becomes of a live connection. `allowed`: it stays, and would be let in again. `established-only`: it stays because it is
 * established; a new one would be denied. `cut`: its next packet in one direction is stopped.
 */
export type ConnectionFate = 'allowed' | 'established-only' | 'cut' | 'undetermined';

/** The fates, in the order in which they are told. */
export const CONNECTION_FATES: readonly ConnectionFate[] = [
  'cut',
  'established-only',
  'undetermined',
  'allowed',
];

/** A live connection under the rules of a model. */
export interface JudgedConnection {
  readonly connection: ConnectionRecord;
  readonly fate: ConnectionFate;
  /** What decides: of the packet that is stopped, else of a new connection; undefined where nobody knows. */
  readonly decision: Decision | undefined;
  /** For `cut`: the direction whose packet is stopped. */
  readonly stopped: 'original' | 'reply' | undefined;
  /** Where undetermined: what could not be known. */
  readonly because: readonly string[];
  /** The program and arguments that delete it from the kernel's table. */
  readonly deletion: readonly string[];
}

/** All live connections of a table under the rules of a model. */
export interface JudgedConnections {
  readonly judged: readonly JudgedConnection[];
  /** How many entries were of connections that are over. */
  readonly over: number;
}

/** A verdict on one packet: as the simulation has it, or why the packet cannot begin. */
type Probed = PacketResult | string;

/**
 * Judges every live connection of the model's table: its next packets in both directions meet the table as it is, and its first
 * packet an empty one. Packets arrive where the host would route an answer to their source.
 *
 * `progress` is called with the number of connections done.
 *
 * @throws InputError for a table that cannot be read.
 */
export function judgeConnections(
  model: NodeModel,
  progress: (done: number, total: number) => void = () => undefined,
): JudgedConnections {
  const { records } = model.connections;
  const live = records.filter((record) => !isOver(record));
  const amongZones = records.some(isInZone);
  const judges = new Map<IpFamily, ConnectionJudge>();
  const judged = live.map((record, index) => {
    progress(index, live.length);
    const { family } = record.original;
    const judge = judges.get(family) ?? new ConnectionJudge(model, family, amongZones);
    judges.set(family, judge);
    return judge.judge(record);
  });
  return { judged, over: records.length - live.length };
}

class ConnectionJudge {
  readonly #present: Simulator;
  readonly #empty: Simulator;
  /** Whether the documents say how the host translates addresses. */
  readonly #knowsTranslation: boolean;
  readonly #amongZones: boolean;
  readonly #putsIntoZones: boolean;

  constructor(model: NodeModel, family: IpFamily, amongZones: boolean) {
    this.#amongZones = amongZones;
    this.#present = model.simulator(family);
    this.#empty = model.emptySimulator(family);
    const { tables } = model.hostRules(family);
    const nat = tables.find(({ name }) => name === 'nat');
    this.#knowsTranslation = nat?.chains.some(({ rules }) => rules.length > 0) === true;
    this.#putsIntoZones = tables.some(({ chains }) =>
      chains.some(({ rules }) => rules.some(({ target }) => namesZone(target))),
    );
  }

  judge(connection: ConnectionRecord): JudgedConnection {
    const probes = connectionProbes(connection);
    const deletion = conntrackDeletion(connection, this.#amongZones);
    const base = { connection, deletion, stopped: undefined, because: [] } as const;
    const next = {
      original: probe(this.#present, probes.original),
      reply: probe(this.#present, probes.reply),
    };
    const astray =
      isInZone(connection) || this.#putsIntoZones ? becauseOfZone(connection, next) : [];
    if (astray.length > 0) {
      return { ...base, fate: 'undetermined', decision: undefined, because: astray };
    }
    for (const stopped of ['original', 'reply'] as const) {
      const result = next[stopped];
      if (!isStopped(result)) continue;
      return { ...base, fate: 'cut', decision: result.decision, stopped };
    }
    const unknown = [...becauseOf(next.original, ''), ...becauseOf(next.reply, 'an answer: ')];
    if (unknown.length > 0) {
      return { ...base, fate: 'undetermined', decision: undefined, because: unknown };
    }
    const opening = probe(this.#empty, probes.opening);
    const because = this.#becauseOfOpening(connection, opening);
    if (typeof opening === 'string' || because.length > 0) {
      return { ...base, fate: 'undetermined', decision: undefined, because };
    }
    const fate = isStopped(opening) ? 'established-only' : 'allowed';
    return { ...base, fate, decision: opening.decision };
  }

  #becauseOfOpening(connection: ConnectionRecord, opening: Probed): readonly string[] {
    const unknown = becauseOf(opening, 'a new connection: ');
    if (typeof opening === 'string' || unknown.length > 0 || this.#knowsTranslation) return unknown;
    return isMissingTranslation(connection, opening)
      ? [
          'a new connection: the rule that translates its destination is not among the documents ' +
            '(hepsim inspect prints the rules that the host has)',
        ]
      : [];
  }
}

function probe(simulator: Simulator, packet: Packet): Probed {
  simulator.reset();
  try {
    return simulator.run(packet);
  } catch (error) {
    if (error instanceof PacketPathError) return error.message;
    throw error;
  }
}

function namesZone(target: Target | undefined): boolean {
  return target?.kind === 'ct' && namedZone(target).zone !== 0;
}

function isInZone({ zone }: ConnectionRecord): boolean {
  return zone.original !== 0 || zone.reply !== 0;
}

/** Whether a packet of a connection in a zone did not come to that one: where it really arrives, the rules may put it into its zone. */
function becauseOfZone(
  connection: ConnectionRecord,
  next: Readonly<Record<'original' | 'reply', Probed>>,
): readonly string[] {
  const zone = connection.zone.original || connection.zone.reply;
  const isAstray = (['original', 'reply'] as const).some((direction) => {
    const result = next[direction];
    if (typeof result === 'string' || result.state === null || result.state === 'untracked') {
      return false;
    }
    // The very tuple of the record, since another zone may have a connection that is alike.
    return result.flow !== connection.original;
  });
  if (!isAstray) return [];
  const arriving = "packets that arrive by the host's routes";
  return zone === 0
    ? [`it is in no zone of connection tracking, and ${arriving} are put into one`]
    : [`it is in zone ${zone} of connection tracking, and ${arriving} are not put there`];
}

function isStopped(result: Probed): result is PacketResult {
  return typeof result !== 'string' && (result.verdict === 'drop' || result.verdict === 'reject');
}

function becauseOf(result: Probed, who: string): readonly string[] {
  if (typeof result === 'string') return [`${who}${result}`];
  return (result.because ?? []).map((reason) => `${who}${reason}`);
}

/** Whether a connection to a service went on untranslated although it had got as far as the translation. */
function isMissingTranslation(
  { original, reply }: ConnectionRecord,
  opening: PacketResult,
): boolean {
  const isTranslated =
    !sameIpAddress(original.destination, reply.source) ||
    original.destinationKey !== reply.sourceKey;
  if (!isTranslated || original.protocol === 1 || original.protocol === 58) return false;
  const { hook, table } = opening.decision;
  const isBefore =
    isStopped(opening) &&
    (hook === 'prerouting' || (hook === 'output' && (table === 'raw' || table === 'mangle')));
  return !isBefore && sameIpAddress(opening.final.destination, original.destination);
}
