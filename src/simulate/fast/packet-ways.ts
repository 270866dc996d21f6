import { AddressIntervals } from '../../address/address-intervals.ts';
import type { IpFamily } from '../../address/ip-address.ts';
import type { ConnectionState } from '../../packet/packet.ts';
import { decisionOfRules, type MetRuleAt } from '../decision.ts';
import type { EndingCause } from '../journey.ts';
import type { Router } from '../routing/router.ts';
import type { RuleProgram } from '../rule-program.ts';
import { blocksOf, ConditionReader } from './condition-reader.ts';
import { Histories } from './histories.ts';
import { type FastRoute, HostFacts, routedBlocks } from './host-facts.ts';
import type { FastOutcomes } from './outcomes.ts';
import { leavesSetsAlone } from './rule-effects.ts';
import { AskedHeaders } from './rule-index.ts';
import { WalkBudget } from './walk-budget.ts';
import type { WalkEnding, WalkNode } from './walk-node.ts';
import { type Entry, type Leg, type Legs, TRACKED, WayLegs } from './way-legs.ts';

/** Only the reference evaluator can say. */
export const REFERENCE = -1;

/** `PacketWays.begin`: connection tracking has its turn. */
export const TO_TRACK = -2;

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
 * Ways on which the same rules tell something are one; what became of the packet is worked out once for each.
 */
export class PacketWays {
  readonly addresses: AddressIntervals;
  readonly #program: RuleProgram;
  readonly #facts: HostFacts;
  readonly #legs: WayLegs;
  readonly #histories: Histories = new Histories();
  readonly #outcomes: FastOutcomes;
  // The packet that is asked about.
  #entry: Entry | undefined;
  readonly #headers: AskedHeaders = new AskedHeaders();
  // How far it has come.
  #history = 0;
  #mark = 0;
  /** Where it was stopped, and by what. */
  #stoppedAt: Leg | undefined;
  #ending: WalkEnding | undefined;
  #delivered = '';
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
    this.#legs = new WayLegs({
      program,
      reader: new ConditionReader(this.addresses, this.#facts, {
        all: ipSets,
        unread: program.doubtfulSets,
        areFixed: leavesSetsAlone(program),
      }),
      addresses: this.addresses.count,
      budget: new WalkBudget(),
    });
  }

  /** Takes a packet's headers: addresses as intervals of `addresses`; `key` is the destination port, or ICMP's type and code. HOT */
  select(source: number, destination: number, sourcePort: number, key: number): void {
    const headers = this.#headers;
    headers.serial++;
    headers.source = source;
    headers.destination = destination;
    headers.sourcePort = sourcePort;
    headers.key = key;
  }

  /**
   * Walks the selected packet up to connection tracking. `inInterface` is empty for one that the host itself sends.
   *
   * Returns the number of its outcome where that is settled already, REFERENCE, or TO_TRACK. HOT
   */
  begin(inInterface: string, protocol: number): number {
    let outInterface = '';
    if (inInterface === '') {
      const route = this.#route('', protocol);
      if (route === undefined) return REFERENCE;
      outInterface = route;
    }
    this.#entry = this.#legs.entry(inInterface, outInterface, protocol);
    const end = this.#walkRaw(this.#entry);
    if (end === END.passed) return TO_TRACK;
    if (end === END.reference) return REFERENCE;
    return end === END.untracked ? this.settle(TRACKED.untracked) : this.#outcome(undefined);
  }

  /** The outcome of the packet that `begin` has walked, once it is known what it is to connection tracking (TRACKED). HOT */
  settle(tracked: number): number {
    return this.#walkOn(this.#entry!, tracked) === END.reference
      ? REFERENCE
      : this.#outcome(tracked);
  }

  /** HOT */
  #outcome(tracked: number | undefined): number {
    const known = this.#histories.valueOf(this.#history);
    return known >= 0 ? known : this.#learn(tracked);
  }

  /** Walks the way once more, noting what it meets, and says what came of it. */
  #learn(tracked: number | undefined): number {
    const entry = this.#entry!;
    this.#met = [];
    let end: number = this.#walkRaw(entry);
    if (tracked !== undefined) end = this.#walkOn(entry, tracked);
    const met = this.#met;
    this.#met = undefined;
    const isStopped = end === END.stopped;
    const cause: EndingCause = isStopped ? this.#causeOfStop() : { kind: 'arrived' };
    const outcome = this.#outcomes.intern({
      verdict: isStopped ? 'drop' : 'accept',
      delivered: isStopped ? null : this.#delivered,
      state: tracked === undefined ? null : STATE_NAMES[tracked]!,
      decision: decisionOfRules(this.#program, met, cause),
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
    const { inInterface, protocol } = entry;
    if (end !== END.passed) return end;
    if (inInterface === '') {
      this.#delivered = entry.outInterface;
      return end;
    }
    const route = this.#route(inInterface, protocol);
    if (route === undefined) return END.reference;
    this.#delivered = route;
    const routed = entry.routed.get(route)?.[tracked];
    return this.#walkLegs(routed ?? this.#legs.afterRouting(entry, route, tracked));
  }

  /** HOT */
  #route(inInterface: string, protocol: number): FastRoute {
    const { source, destination } = this.#headers;
    return this.#facts.route(inInterface, protocol, source, destination);
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
      const found = index === undefined ? -1 : index.find(at, this.#headers);
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
      this.#met?.push({ rule: telling.rule, owner: telling.owner, hook });
    }
    const telling = left < 0 ? undefined : branches[left]!.telling;
    if (telling === undefined) return;
    this.#history = this.#histories.after(this.#history, telling.event);
    this.#met?.push({ rule: telling.rule, owner: telling.owner, hook });
  }
}
