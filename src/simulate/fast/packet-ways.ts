import { AddressIntervals } from '../../address/address-intervals.ts';
import type { IpFamily } from '../../address/ip-address.ts';
import type { ConnectionState } from '../../packet/packet.ts';
import { decisionOfRules, type MetRuleAt } from '../decision.ts';
import type { EndingCause } from '../journey.ts';
import type { Router } from '../routing/router.ts';
import type { RuleProgram } from '../rule-program.ts';
import { AskedHeaders } from './asked-headers.ts';
import { blocksOf, ConditionReader } from './condition-reader.ts';
import type { FlowHeaders } from './flow-headers.ts';
import { Histories } from './histories.ts';
import { HostFacts, routedBlocks } from './host-facts.ts';
import type { FastOutcomes } from './outcomes.ts';
import { SENT_BY_HOST } from './plain-layout.ts';
import type { PlainProgram } from './plain-program.ts';
import { PlainWays } from './plain-ways.ts';
import { leavesSetsAlone } from './rule-effects.ts';
import type { RuleIndex } from './rule-index.ts';
import { WalkBudget } from './walk-budget.ts';
import type { WalkEnding, WalkNode } from './walk-node.ts';
import { type Decided, ForkMaker, NO_RESULT, type WayFork } from './way-fork.ts';
import { type Entry, type Leg, type Legs, WayLegs } from './way-legs.ts';
import { FORK, MOST_ROUTES, TRACKED } from './ways-layout.ts';

/** Only the reference evaluator can say. */
export const REFERENCE = -1;

/** `PacketWays.begin`: connection tracking has its turn. */
export const TO_TRACK = -3;

/** Connection tracking has its turn; what it says is told later. */
const TRACKING: Decided = { kind: FORK.tracked, index: undefined, from: 0, choice: 0 };

/** How a stretch of a way ended. */
const END = { passed: 0, stopped: 1, untracked: 2, reference: 3 } as const;

const STATE_NAMES: readonly ConnectionState[] = [
  'new',
  'new',
  'established',
  'invalid',
  'untracked',
];

/**
 * The ways of one family's packets through the host, as far as they depend on nothing but addresses, ports, interfaces and connection state,
 * and what became of packets on them. Only for hosts whose packets are routed by their addresses alone.
 *
 * Ways on which the same rules tell something are one; what became of the packet is worked out once for each. A way is walked rule by rule once:
 * after that the forks on it, of which there are few, lead to its outcome.
 */
export class PacketWays {
  readonly #program: RuleProgram;
  readonly #facts: HostFacts;
  readonly #legs: WayLegs;
  readonly #histories: Histories = new Histories();
  readonly #outcomes: FastOutcomes;
  // The packet that is asked about.
  #entry: Entry | undefined;
  readonly #headers: AskedHeaders;
  // How far it has come.
  #history = 0;
  #mark = 0;
  /** Where it was stopped, and by what. */
  #stoppedAt: Leg | undefined;
  #ending: WalkEnding | undefined;
  #delivered = '';
  /** Where connection tracking has its turn on the way of the packet that was begun; undefined where that is not known. */
  #toTrack: WayFork | undefined;
  /** What the way that is walked depends on. */
  #decided: Decided[] = [];
  readonly #forks: ForkMaker;
  /** What compiled code is told of. */
  readonly #plain: PlainWays | undefined;
  readonly #code: PlainProgram['code'] | undefined;
  /** Whether compiled code knows the packet that is asked about. */
  #isPlain = false;
  /** What it has met that tells something. */
  #met: MetRuleAt[] = [];

  constructor(
    program: RuleProgram,
    router: Router,
    options: {
      readonly family: IpFamily;
      readonly outcomes: FastOutcomes;
      /** Compiled code that judges packets too, which it can of IPv4; and how many interfaces the host has. */
      readonly plain: PlainProgram | undefined;
      readonly interfaces: number;
    },
  ) {
    this.#program = program;
    this.#outcomes = options.outcomes;
    const { rules, ipSets } = program;
    const blocks = blocksOf(rules, ipSets);
    for (const block of routedBlocks(router, options.family)) blocks.push(block);
    const addresses = new AddressIntervals(options.family, blocks);
    const facts = new HostFacts(router, addresses);
    this.#facts = facts;
    this.#headers = new AskedHeaders(addresses, facts.routed);
    const { plain, interfaces } = options;
    const cut = { addresses, routed: facts.routed, interfaces };
    this.#code = plain?.code;
    this.#plain = plain === undefined ? undefined : new PlainWays(plain.memory, cut);
    this.#forks = new ForkMaker(STATE_NAMES.length, this.#plain);
    const sources = {
      program,
      reader: new ConditionReader(addresses, facts, rules.length, {
        all: ipSets,
        unread: program.doubtfulSets,
        areFixed: leavesSetsAlone(program),
      }),
      addresses: addresses.count,
      budget: new WalkBudget(),
    };
    this.#legs = new WayLegs(sources, this.#forks);
  }

  /**
   * Selects a packet, whose headers must stay until the next one is selected; `plain`: its address in the memory of compiled code, 0 where it has
   * none. HOT
   */
  select(headers: FlowHeaders, plain: number): void {
    this.#headers.take(headers);
    this.#isPlain = plain !== 0 && this.#code !== undefined;
    if (this.#isPlain) this.#code!.beginWay(plain);
  }

  /**
   * Takes the selected packet up to connection tracking. `inInterface` is empty for one that the host itself sends.
   *
   * Returns the number of its outcome where that is settled already, REFERENCE, or TO_TRACK. HOT
   */
  begin(inInterface: string, protocol: number): number {
    let outInterface = '';
    if (inInterface === '') {
      const route = this.#facts.routeOf(this.#route('', protocol));
      if (route === undefined) {
        this.#entry = undefined;
        return REFERENCE;
      }
      outInterface = route;
    }
    const entry = this.#legs.entry(inInterface, outInterface, protocol);
    this.#entry = entry;
    const known = this.#follow(entry, entry.start, 0);
    return known === NO_RESULT ? this.#beginByRules(entry) : known;
  }

  /** Tells compiled code where the way of the packet that was begun last begins; by the place of its input interface among the host's. HOT */
  tellPlain(interfaceNumber: number): void {
    const plain = this.#plain;
    const entry = this.#entry;
    if (plain === undefined || entry === undefined) return;
    const { protocol, start } = entry;
    if (interfaceNumber !== SENT_BY_HOST) plain.enter(interfaceNumber, protocol, start.place);
    else {
      const { routedSource, routedDestination } = this.#headers;
      plain.send(protocol, routedSource, routedDestination, start.place);
    }
  }

  /** The outcome of the packet that was begun last, once it is known what it is to connection tracking (TRACKED). HOT */
  settle(tracked: number): number {
    const entry = this.#entry!;
    const fork = this.#toTrack;
    if (fork === undefined) return this.#settleByRules(entry, undefined, tracked);
    const known = this.#follow(entry, fork, tracked);
    return known === NO_RESULT ? this.#settleByRules(entry, fork, tracked) : known;
  }

  /** Where a choice at a fork leads: the number of an outcome, REFERENCE, TO_TRACK; NO_RESULT where nobody has gone yet. HOT */
  #follow(entry: Entry, from: WayFork, first: number): number {
    let fork = from;
    let choice = first;
    for (;;) {
      const result = fork.resultOf(choice);
      if (result !== NO_RESULT) return result;
      const next = fork.nextOf(choice);
      if (next === undefined) return NO_RESULT;
      fork = next;
      if (fork.kind === FORK.index) choice = this.#find(fork.index!, fork.from) + 1;
      else if (fork.kind === FORK.route) {
        choice = this.#routeOn(entry);
        if (choice >= MOST_ROUTES) return NO_RESULT;
      } else {
        this.#toTrack = fork;
        return TO_TRACK;
      }
    }
  }

  #beginByRules(entry: Entry): number {
    this.#toTrack = undefined;
    this.#met = [];
    this.#decided = [];
    const end = this.#walkRaw(entry);
    if (end === END.passed) {
      this.#toTrack = this.#forks.grow(entry.start, 0, [...this.#decided, TRACKING])?.at;
      return TO_TRACK;
    }
    const isUntracked = end === END.untracked;
    return isUntracked
      ? this.#finish(entry.start, 0, this.#walkOn(entry, TRACKED.untracked), TRACKED.untracked)
      : this.#finish(entry.start, 0, end, undefined);
  }

  /** `fork` is undefined where there was no room for one. */
  #settleByRules(entry: Entry, fork: WayFork | undefined, tracked: number): number {
    this.#met = [];
    this.#walkRaw(entry);
    this.#decided = [];
    return this.#finish(fork, tracked, this.#walkOn(entry, tracked), tracked);
  }

  /** Works out the outcome of the way that was walked, and notes it behind the forks that lead there from `fork`. */
  #finish(
    fork: WayFork | undefined,
    choice: number,
    end: number,
    tracked: number | undefined,
  ): number {
    const result = end === END.reference ? REFERENCE : this.#outcome(end, tracked);
    const last = fork === undefined ? undefined : this.#forks.grow(fork, choice, this.#decided);
    last?.at.setResult(last.choice, result);
    return result;
  }

  /** What came of the way that was walked. */
  #outcome(end: number, tracked: number | undefined): number {
    const known = this.#histories.valueOf(this.#history);
    if (known >= 0) return known;
    const isStopped = end === END.stopped;
    const cause: EndingCause = isStopped ? this.#causeOfStop() : { kind: 'arrived' };
    const outcome = this.#outcomes.intern({
      verdict: isStopped ? 'drop' : 'accept',
      delivered: isStopped ? null : this.#delivered,
      state: tracked === undefined ? null : STATE_NAMES[tracked]!,
      decision: decisionOfRules(this.#program, this.#met, cause),
    });
    this.#histories.setValue(this.#history, outcome);
    return outcome;
  }

  #causeOfStop(): EndingCause {
    const { rule } = this.#ending!;
    const { hook, chain } = this.#stoppedAt!;
    return rule < 0 ? { kind: 'chain-policy', chain, hook } : { kind: 'rule', rule };
  }

  /** HOT */
  #walkRaw(entry: Entry): number {
    this.#history = this.#histories.after(this.#histories.begin(), entry.event);
    this.#mark = 0;
    if (entry.raw === undefined) return END.passed;
    const ending = this.#walk(entry.raw);
    if (ending.kind === 'reference') return END.reference;
    if (ending.kind === 'drop') return END.stopped;
    return ending.noTrack ? END.untracked : END.passed;
  }

  /** Walks what follows connection tracking. HOT */
  #walkOn(entry: Entry, tracked: number): number {
    const end = this.#walkLegs(entry.tracked[tracked] ?? this.#legs.afterTracking(entry, tracked));
    if (end !== END.passed) return end;
    if (entry.inInterface === '') {
      this.#delivered = entry.outInterface;
      return end;
    }
    const number = this.#routeOn(entry);
    this.#decided.push({ kind: FORK.route, index: undefined, from: 0, choice: number });
    const route = this.#facts.routeOf(number);
    if (route === undefined) return END.reference;
    this.#delivered = route;
    const routed = entry.routed.get(route)?.[tracked];
    return this.#walkLegs(routed ?? this.#legs.afterRouting(entry, route, tracked));
  }

  /** The first condition of an index from one on that the packet meets, -1 where it meets none; compiled code finds it faster. HOT */
  #find(index: RuleIndex, from: number): number {
    const { place } = index;
    if (this.#isPlain && place !== 0) {
      const found = this.#code!.find(place, from);
      if (found >= -1) return found;
    }
    return index.find(from, this.#headers);
  }

  /** Where routing leads behind connection tracking; compiled code is told. HOT */
  #routeOn({ inInterface, protocol, start }: Entry): number {
    const number = this.#route(inInterface, protocol);
    if (this.#plain !== undefined && number < MOST_ROUTES) {
      const { routedSource, routedDestination } = this.#headers;
      this.#plain.route(start.place, routedSource, routedDestination, number);
    }
    return number;
  }

  /** HOT */
  #route(inInterface: string, protocol: number): number {
    const { routedSource, routedDestination } = this.#headers;
    return this.#facts.route(inInterface, protocol, routedSource, routedDestination);
  }

  /** HOT */
  #walkLegs({ legs, event }: Legs): number {
    this.#history = this.#histories.after(this.#history, event);
    for (let i = 0; i < legs.length; i++) {
      const leg = legs[i]!;
      const mark = this.#mark;
      const { kind } = this.#walk(leg);
      if (kind === 'drop') return END.stopped;
      if (kind === 'reference' || (leg.reroutes && this.#mark !== mark)) return END.reference;
    }
    return END.passed;
  }

  /** HOT */
  #walk(leg: Leg): WalkEnding {
    const { walk } = leg;
    let node = walk.start(this.#mark);
    // Where the node is entered: the first branch that is asked, and the first of what every packet meets.
    let at = 0;
    let firstMet = 0;
    for (;;) {
      const { index, end } = node;
      const found = index === undefined ? -1 : this.#find(index, at);
      if (index !== undefined) {
        this.#decided.push({ kind: FORK.index, index, from: at, choice: found + 1 });
      }
      if (node.tells) this.#note(leg, node, firstMet, found);
      if (found >= 0) {
        node = walk.successor(node, found);
        at = 0;
        firstMet = 0;
      } else if (end.kind === 'joins') {
        at = end.at;
        firstMet = end.met;
        node = end.node;
      } else {
        this.#mark = end.mark;
        this.#ending = end;
        this.#stoppedAt = leg;
        return end;
      }
    }
  }

  /** Notes what tells something of a node from `firstMet` on, which is left by a branch (-1: by its end). HOT */
  #note({ hook }: Leg, { met, branches }: WalkNode, firstMet: number, left: number): void {
    const last = left < 0 ? branches.length : left;
    for (let i = firstMet; i < met.length; i++) {
      const { before, telling } = met[i]!;
      if (before > last) break;
      this.#history = this.#histories.after(this.#history, telling.event);
      this.#met.push({ rule: telling.rule, owner: telling.owner, hook });
    }
    const telling = left < 0 ? undefined : branches[left]!.telling;
    if (telling === undefined) return;
    this.#history = this.#histories.after(this.#history, telling.event);
    this.#met.push({ rule: telling.rule, owner: telling.owner, hook });
  }
}
