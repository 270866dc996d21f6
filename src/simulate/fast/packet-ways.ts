import { AddressIntervals } from '../../address/address-intervals.ts';
import type { IpFamily } from '../../address/ip-address.ts';
import { type ConnectionState, LOCAL } from '../../packet/packet.ts';
import type { Hook } from '../../ruleset/hook.ts';
import { STATE_BIT } from '../connection-state-bits.ts';
import { decisionOfRules, type MetRuleAt } from '../decision.ts';
import type { EndingCause } from '../journey.ts';
import { STAGES } from '../pipeline.ts';
import type { Router } from '../routing/router.ts';
import type { RuleProgram } from '../rule-program.ts';
import { ChainWalk, leavesSetsAlone, WalkBudget, type WalkSources } from './chain-walk.ts';
import { blocksOf, ConditionReader, type WalkContext } from './condition-reader.ts';
import { Histories } from './histories.ts';
import { HostFacts, routedBlocks } from './host-facts.ts';
import type { FastOutcomes } from './outcomes.ts';
import type { WalkEnding, WalkNode } from './walk-node.ts';

/** Only the reference evaluator can say. */
export const REFERENCE = -1;

/** What connection tracking may have said of a packet. `first` begins a connection, `again` belongs to one that was not answered yet. */
export const TRACKED = { first: 0, again: 1, established: 2, invalid: 3, untracked: 4 } as const;

const STATE_NAMES: readonly ConnectionState[] = [
  'new',
  'new',
  'established',
  'invalid',
  'untracked',
];

const STATE_BITS: readonly number[] = [
  STATE_BIT.NEW,
  STATE_BIT.NEW,
  STATE_BIT.ESTABLISHED,
  STATE_BIT.INVALID,
  STATE_BIT.UNTRACKED,
];

/** One base chain on a packet's way. */
interface Leg {
  readonly hook: Hook;
  readonly chain: number;
  readonly walk: ChainWalk;
  /** Mangle OUTPUT: a packet whose mark it changes is routed again. */
  readonly reroutes: boolean;
}

/** Some chains in a row. */
interface Legs {
  /** Tells this stretch from others in histories. */
  readonly event: number;
  readonly legs: readonly Leg[];
}

/** The way of packets of one protocol that came in by one interface, or that leave by one; made leg by leg. */
interface Entry {
  /** Empty where the host itself sends. */
  readonly inInterface: string;
  /** Empty where it is not known yet. */
  readonly outInterface: string;
  readonly protocol: number;
  readonly event: number;
  readonly raw: Leg | undefined;
  /** What follows connection tracking, by TRACKED: up to routing, or for what the host sends to the end. */
  readonly tracked: (Legs | undefined)[];
  /** What follows routing, by where it leads and TRACKED. */
  readonly routed: Map<string, (Legs | undefined)[]>;
}

/** Branches are numbered after the stretches of ways. */
const FIRST_BRANCH = 2 ** 16;

/** How the way that was walked last ended. */
interface WayEnd {
  readonly verdict: 'accept' | 'drop';
  readonly delivered: string | null;
  readonly cause: EndingCause;
}

/** `PacketWays.begin`: connection tracking has its turn. */
export const TO_TRACK = -2;

/**
 * The ways of one family's packets through the host, as far as they depend on nothing but addresses, ports, interfaces and connection state,
 * and what became of packets on them. Only for hosts whose packets are routed by their addresses alone.
 *
 * A way is known by the rules on it that not every packet matches; what became of the packet is worked out once for each way.
 */
export class PacketWays {
  readonly addresses: AddressIntervals;
  readonly #program: RuleProgram;
  readonly #facts: HostFacts;
  readonly #sources: WalkSources;
  readonly #histories: Histories = new Histories();
  readonly #outcomes: FastOutcomes;
  readonly #entries: Map<number, Entry> = new Map();
  readonly #interfaces: Map<string, number> = new Map();
  #events = 0;
  // The packet that is asked about.
  #entry: Entry | undefined;
  #source = 0;
  #destination = 0;
  #sourcePort = 0;
  #key = 0;
  // How far it has come.
  #history = 0;
  #mark = 0;
  /** Filled only while a way is learnt. */
  #met: MetRuleAt[] | undefined;

  constructor(
    program: RuleProgram,
    router: Router,
    options: { readonly family: IpFamily; readonly outcomes: FastOutcomes },
  ) {
    this.#program = program;
    this.#outcomes = options.outcomes;
    const { rules, ipSets } = program;
    const blocks = [...blocksOf(rules, ipSets), ...routedBlocks(router, options.family)];
    this.addresses = new AddressIntervals(options.family, blocks);
    this.#facts = new HostFacts(router, this.addresses);
    this.#sources = {
      program,
      reader: new ConditionReader(this.addresses, this.#facts, {
        all: ipSets,
        unread: program.doubtfulSets,
        areFixed: leavesSetsAlone(program),
      }),
      addresses: this.addresses.count,
      budget: new WalkBudget(),
    };
  }

  /** Takes a packet's headers: addresses as intervals of `addresses`; `key` is the destination port, or ICMP's type and code. HOT */
  select(source: number, destination: number, sourcePort: number, key: number): void {
    this.#source = source;
    this.#destination = destination;
    this.#sourcePort = sourcePort;
    this.#key = key;
  }

  /**
   * Walks the selected packet up to connection tracking. `inInterface` is empty for one that the host itself sends.
   *
   * Returns the number of its outcome where that is settled already, REFERENCE, or TO_TRACK. HOT
   */
  begin(inInterface: string, protocol: number): number {
    let outInterface = '';
    if (inInterface === '') {
      const route = this.#facts.route('', protocol, this.#source, this.#destination);
      if (route === undefined) return REFERENCE;
      outInterface = route;
    }
    this.#entry = this.#entryOf(inInterface, outInterface, protocol);
    const end = this.#walkRaw();
    if (end === 'reference') return REFERENCE;
    if (end === 'track') return TO_TRACK;
    if (end === 'untracked') return this.settle(TRACKED.untracked);
    const known = this.#histories.valueOf(this.#history);
    return known >= 0 ? known : this.#learn(undefined);
  }

  /** The outcome of the packet that `begin` has walked, once it is known what it is to connection tracking (TRACKED). HOT */
  settle(tracked: number): number {
    if (this.#walkOn(tracked) === undefined) return REFERENCE;
    const known = this.#histories.valueOf(this.#history);
    return known >= 0 ? known : this.#learn(tracked);
  }

  /** Walks the way once more, noting what it meets, and says what came of it. */
  #learn(tracked: number | undefined): number {
    this.#met = [];
    const before = this.#walkRaw();
    const end = tracked === undefined ? before : this.#walkOn(tracked);
    const met = this.#met;
    this.#met = undefined;
    if (end === undefined || typeof end === 'string') {
      throw new Error('a way that was walked before ended otherwise');
    }
    const { verdict, delivered, cause } = end;
    const decision = decisionOfRules(this.#program, met, cause);
    const state = tracked === undefined ? null : STATE_NAMES[tracked]!;
    const outcome = this.#outcomes.intern({ verdict, delivered, state, decision });
    this.#histories.setValue(this.#history, outcome);
    return outcome;
  }

  /** HOT */
  #walkRaw(): WayEnd | 'track' | 'untracked' | 'reference' {
    const entry = this.#entry as Entry;
    this.#history = this.#histories.after(this.#histories.begin(), entry.event);
    this.#mark = 0;
    if (entry.raw === undefined) return 'track';
    const ending = this.#walk(entry.raw);
    if (ending.kind === 'drop') return stopped(entry.raw, ending);
    if (ending.kind === 'reference') return 'reference';
    return ending.noTrack ? 'untracked' : 'track';
  }

  /** Walks what follows connection tracking; undefined where only the reference evaluator can say. HOT */
  #walkOn(tracked: number): WayEnd | undefined {
    const entry = this.#entry as Entry;
    const { inInterface, outInterface } = entry;
    const first = entry.tracked[tracked] ?? this.#legsAfterTracking(entry, tracked);
    const ended = this.#walkLegs(first);
    if (ended !== 'passed') return ended;
    if (inInterface === '') return arrived(outInterface);
    const route = this.#facts.route(inInterface, entry.protocol, this.#source, this.#destination);
    if (route === undefined) return undefined;
    const routed =
      entry.routed.get(route)?.[tracked] ?? this.#legsAfterRouting(entry, route, tracked);
    const stoppedThen = this.#walkLegs(routed);
    return stoppedThen === 'passed' ? arrived(route) : stoppedThen;
  }

  /** HOT */
  #walkLegs({ legs, event }: Legs): WayEnd | 'passed' | undefined {
    this.#history = this.#histories.after(this.#history, event);
    for (let i = 0; i < legs.length; i++) {
      const leg = legs[i]!;
      const mark = this.#mark;
      const ending = this.#walk(leg);
      if (ending.kind === 'drop') return stopped(leg, ending);
      if (ending.kind === 'reference') return undefined;
      if (leg.reroutes && ending.mark !== mark) return undefined;
    }
    return 'passed';
  }

  /** HOT */
  #walk({ walk, hook }: Leg): WalkEnding {
    let node = walk.start(this.#mark);
    // The place of the first branch that is asked; what stands before it was met with another node.
    let at = 0;
    let joined = false;
    for (;;) {
      const { index } = node;
      const found =
        index === undefined
          ? -1
          : index.find(at, this.#source, this.#destination, this.#sourcePort, this.#key);
      if (this.#met !== undefined) this.#note(node, joined ? at : -1, found, hook);
      if (found >= 0) {
        this.#history = this.#histories.after(
          this.#history,
          FIRST_BRANCH + node.firstNumber + found,
        );
        node = walk.successor(node, found);
        at = 0;
        joined = false;
      } else if (node.end.kind === 'joins') {
        at = node.end.at;
        node = node.end.node;
        joined = true;
      } else {
        this.#mark = node.end.mark;
        return node.end;
      }
    }
  }

  /** Notes what a packet meets of a node that it enters behind a place (-1: at its start) and leaves by a branch (-1: by its end). */
  #note(node: WalkNode, entered: number, left: number, hook: Hook): void {
    const met = this.#met as MetRuleAt[];
    const last = left < 0 ? node.branches.length : left;
    for (const { before, rule, owner } of node.met) {
      if (before > entered && before <= last) met.push({ rule, owner, hook });
    }
    const branch = node.branches[left];
    if (branch !== undefined) met.push({ rule: branch.rule, owner: branch.state.owner, hook });
  }

  /** HOT */
  #entryOf(inInterface: string, outInterface: string, protocol: number): Entry {
    const from = this.#interfaceNumber(inInterface);
    const key = (from * 65_536 + this.#interfaceNumber(outInterface)) * 256 + protocol;
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const hook = inInterface === '' ? 'output' : 'prerouting';
    const context = { protocol, inInterface, outInterface };
    const made: Entry = {
      ...context,
      event: this.#events++,
      raw: this.#legs(hook, context, undefined)[0],
      tracked: [],
      routed: new Map(),
    };
    this.#entries.set(key, made);
    return made;
  }

  #interfaceNumber(name: string): number {
    const known = this.#interfaces.get(name);
    if (known !== undefined) return known;
    this.#interfaces.set(name, this.#interfaces.size);
    return this.#interfaces.size - 1;
  }

  #legsAfterTracking(entry: Entry, tracked: number): Legs {
    const { inInterface, protocol, outInterface } = entry;
    const made = {
      event: this.#events++,
      legs:
        inInterface === ''
          ? [
              ...this.#legs('output', entry, tracked),
              ...this.#legs('postrouting', { protocol, inInterface, outInterface }, tracked),
            ]
          : this.#legs('prerouting', entry, tracked),
    };
    entry.tracked[tracked] = made;
    return made;
  }

  #legsAfterRouting(entry: Entry, route: string, tracked: number): Legs {
    const { inInterface, protocol } = entry;
    const context = { protocol, inInterface, outInterface: route === LOCAL ? '' : route };
    const hooks: readonly Hook[] = route === LOCAL ? ['input'] : ['forward', 'postrouting'];
    const legs = hooks.flatMap((hook) => this.#legs(hook, context, tracked));
    const made = { event: this.#events++, legs };
    const list = entry.routed.get(route) ?? [];
    list[tracked] = made;
    entry.routed.set(route, list);
    return made;
  }

  /** The chains of a hook before connection tracking (`tracked` undefined), or behind it. */
  #legs(hook: Hook, context: WalkContext, tracked: number | undefined): readonly Leg[] {
    const program = this.#program;
    const legs: Leg[] = [];
    let isTracked = hook !== 'prerouting' && hook !== 'output';
    for (const stage of STAGES[hook]) {
      if (stage.kind === 'conntrack') isTracked = true;
      if (stage.kind !== 'table' && stage.kind !== 'nat') continue;
      if (isTracked !== (tracked !== undefined)) continue;
      const table = stage.kind === 'nat' ? 'nat' : stage.table;
      if (stage.kind === 'nat' && !this.#isTranslated(tracked)) continue;
      const chain = program.baseChain(table, hook);
      if (chain < 0) continue;
      const states = tracked === undefined ? STATE_BIT.INVALID : STATE_BITS[tracked]!;
      const walk = new ChainWalk(this.#sources, context, { chain, states });
      legs.push({ hook, chain, walk, reroutes: hook === 'output' && table === 'mangle' });
    }
    return legs;
  }

  /** Only the first packet of a connection is looked up in nat chains, where there are any. */
  #isTranslated(tracked: number | undefined): boolean {
    const { hasNat, tracksConnections } = this.#program;
    return tracked === TRACKED.first && hasNat && tracksConnections;
  }
}

function stopped({ hook, chain }: Leg, { rule }: WalkEnding): WayEnd {
  const cause: EndingCause =
    rule < 0 ? { kind: 'chain-policy', chain, hook } : { kind: 'rule', rule };
  return { verdict: 'drop', delivered: null, cause };
}

function arrived(delivered: string): WayEnd {
  return { verdict: 'accept', delivered, cause: { kind: 'arrived' } };
}
