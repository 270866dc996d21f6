import type { IpFamily } from '../address/ip-address.ts';
import type { ConnectionRecord } from '../host/connections/connection-record.ts';
import type { Host } from '../host/host.ts';
import { LOCAL, type Packet } from '../packet/packet.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import { Assumptions } from './assumptions.ts';
import { ChangedSets } from './changed-sets.ts';
import { Choices } from './choices.ts';
import { ConnectionTracker } from './conntrack/connection-tracker.ts';
import { quotedTuple } from './conntrack/flow-keys.ts';
import { metOwnRule } from './decision.ts';
import { followEveryWay, type Way } from './every-way.ts';
import { Journal } from './journal.ts';
import { Journey, type PacketPath } from './journey.ts';
import { arrivalOf } from './packet-arrival.ts';
import { PacketInFlight } from './packet-in-flight.ts';
import type { PacketResult } from './packet-result.ts';
import { Router } from './routing/router.ts';
import { RuleProgram } from './rule-program.ts';
import { WayResult } from './way-result.ts';

export interface SimulatorOptions {
  readonly host: Host;
  /** One for each family; a family without one has no rules. */
  readonly rulesets: readonly Ruleset[];
  readonly notModelled: readonly NotModelled[];
  /** The connections that there are at time 0. Default: none. */
  readonly connections?: readonly ConnectionRecord[] | undefined;
  /** What is taken for given where rules ask for what cannot be known. Default: nothing, every way is followed. */
  readonly assumptions?: Assumptions | undefined;
  /** TCP and SCTP packets of no known connection that do not begin one belong to an established one. Default: they are judged as the kernel does. */
  readonly assumesOlderConnections?: boolean | undefined;
}

/** What makes packets of a family undetermined, in words. */
export interface NotModelled {
  readonly what: string;
  /** Undefined: of both. */
  readonly family: IpFamily | undefined;
  /** `own-rule`: those that meet a rule of policy; `any`: all. */
  readonly concerns: 'own-rule' | 'any';
}

/** So many changes are remembered to go back to the connections that there were; more are forgotten, and these put in anew. */
const MOST_CHANGES = 100_000;

/** One family's part of the host. */
interface FamilyPath {
  readonly path: PacketPath;
  /** Made for the first packet: the fast evaluator needs none. */
  journey: Journey | undefined;
  readonly notModelled: readonly NotModelled[];
}

/** One host: its rules, its routes and its connection table. Packets run through it in order. */
export class Simulator {
  readonly #interfaces: ReadonlySet<string>;
  readonly #router: Router;
  readonly #tracker: ConnectionTracker;
  readonly #options: SimulatorOptions;
  /** Made when first asked for: a run often has packets of one alone. */
  readonly #families: Map<IpFamily, FamilyPath> = new Map();
  #connections: readonly ConnectionRecord[];
  /** The point to go back to for the connections of the start; undefined where there were none, or it was too long ago. */
  #start: number | undefined;
  /** Simulated time, in milliseconds since the sequence's start. */
  #nowMs = 0;

  constructor(options: SimulatorOptions) {
    this.#interfaces = new Set(options.host.interfaces.map((one) => one.name));
    this.#router = new Router(options.host);
    this.#tracker = new ConnectionTracker(
      options.host.sysctls,
      options.assumesOlderConnections === true,
    );
    this.#connections = options.connections ?? [];
    this.#seed();
    this.#options = options;
  }

  /** @throws PacketPathError when the packet cannot begin on this host, as `run` would. */
  checkArrival(packet: Packet): void {
    arrivalOf(packet, this.#interfaces, this.#router);
  }

  /**
   * Runs one packet. With `explain` the steps also hold the rules that were looked at and did not match.
   *
   * @throws PacketPathError when the packet cannot begin on this host, as on an interface that it does not have.
   */
  run(given: Packet, options: { readonly explain?: boolean } = {}): PacketResult {
    const from = arrivalOf(given, this.#interfaces, this.#router);
    const source = from === LOCAL ? this.#router.outputSource(given) : given.source;
    const packet =
      given.in === from && given.source === source ? given : { ...given, in: from, source };
    this.#nowMs = this.timeOf(packet);
    const family = this.#family(packet.family);
    family.journey ??= new Journey(family.path);
    const { path, journey, notModelled } = family;
    path.journal.explaining = options.explain === true;
    const inInterface = from === LOCAL ? '' : this.#router.arrivalInterface(from);
    const walk = (): Way => {
      path.journal.clear();
      const flight = new PacketInFlight(packet, inInterface);
      const ending = journey.run(flight, this.#nowMs);
      return { flight, ending, unknown: journey.unknown, record: path.journal.record() };
    };
    const followed = followEveryWay(path, walk);
    for (const { what, concerns } of notModelled) {
      if (concerns === 'any' || metOwnRule(followed.way.record)) followed.because.push(what);
    }
    if (this.#start !== undefined && this.#tracker.changeCount > MOST_CHANGES) this.#forgetStart();
    return new WayResult(packet, followed);
  }

  /** Goes back to the connections that there were at first, and sets the clock back to 0. */
  reset(): void {
    if (this.#start !== undefined) this.#tracker.rollback(this.#start);
    else {
      this.#tracker.clear();
      this.#seed();
    }
    for (const { path } of this.#families.values()) path.changedSets.clear();
    this.#nowMs = 0;
  }

  /** When a packet comes that is run next, in milliseconds: it may leave that to the packet before. */
  timeOf({ timeSeconds }: Packet): number {
    return timeSeconds === undefined ? this.#nowMs : timeSeconds * 1000;
  }

  /** Whether a packet that leaves the host was translated on its way through, so that the host had it before with other addresses. */
  leavesTranslated(packet: Packet): boolean {
    const tuple = quotedTuple(packet);
    return tuple !== undefined && this.#tracker.leavesTranslated(tuple, this.timeOf(packet));
  }

  /** The machine with its routes, and the connection table of both families. */
  get host(): Host {
    return this.#options.host;
  }

  get router(): Router {
    return this.#router;
  }

  get tracker(): ConnectionTracker {
    return this.#tracker;
  }

  /** What packets of a family pass, for who judges them together with this simulator. */
  pathOf(family: IpFamily): PacketPath {
    return this.#family(family).path;
  }

  /** Whether something that is not modelled keeps packets of the family from being judged. */
  hasNotModelled(family: IpFamily): boolean {
    return this.#notModelled(family).length > 0;
  }

  /** Forgets all connections, those of the start as well, and sets the clock back to 0. */
  empty(): void {
    this.#forgetStart();
    this.#connections = [];
    this.reset();
  }

  #seed(): void {
    if (this.#connections.length === 0) return;
    this.#tracker.seed(this.#connections);
    this.#start = this.#tracker.checkpoint();
  }

  #forgetStart(): void {
    if (this.#start !== undefined) this.#tracker.release(this.#start);
    this.#start = undefined;
  }

  /** HOT */
  #family(family: IpFamily): FamilyPath {
    return this.#families.get(family) ?? this.#makeFamily(family);
  }

  #makeFamily(family: IpFamily): FamilyPath {
    const { host, rulesets, assumptions } = this.#options;
    const ruleset = rulesets.find((one) => one.family === family);
    const program = new RuleProgram(ruleset ?? { family, tables: [], ipSets: [] });
    const path: PacketPath = {
      host,
      program,
      router: this.#router,
      tracker: this.#tracker,
      journal: new Journal(program),
      choices: new Choices(),
      assumptions: assumptions ?? Assumptions.none,
      changedSets: new ChangedSets(),
    };
    const made = { path, journey: undefined, notModelled: this.#notModelled(family) };
    this.#families.set(family, made);
    return made;
  }

  #notModelled(family: IpFamily): readonly NotModelled[] {
    return this.#options.notModelled.filter(
      (one) => one.family === undefined || one.family === family,
    );
  }
}
