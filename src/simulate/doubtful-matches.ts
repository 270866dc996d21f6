import type { Match } from '../ruleset/match/match.ts';
import type { Assumptions } from './assumptions.ts';
import type { Choices } from './choices.ts';
import { doubtOf } from './doubt.ts';
import { type MatchContext, matchesIfKnown } from './match-evaluation.ts';
import type { PacketInFlight } from './packet-in-flight.ts';
import type { ProgramRule } from './rule-program.ts';

/** Decides matches that ask for what the simulation may not know: by the packet, else as assumed, else one way after the other. */
export class DoubtfulMatches {
  readonly #context: MatchContext;
  readonly #assumptions: Assumptions;
  readonly #choices: Choices;

  constructor(context: MatchContext, assumptions: Assumptions, choices: Choices) {
    this.#context = context;
    this.#assumptions = assumptions;
    this.#choices = choices;
  }

  /** Whether all such matches of the rule with this number hold for the packet on the present way. */
  hold(number: number, rule: ProgramRule, packet: PacketInFlight): boolean {
    const open: Match[] = [];
    for (const match of rule.doubtful) {
      const known = this.#known(match, rule, packet);
      if (known === false) return false;
      if (known === undefined) open.push(match);
    }
    // Every one that is open is asked, so that what is found out first does not depend on the order.
    return open.every((match) => this.#assumedOnThisWay(match, number));
  }

  #known(
    match: Match,
    { chain, number }: ProgramRule,
    packet: PacketInFlight,
  ): boolean | undefined {
    const known = matchesIfKnown(match, packet, this.#context);
    if (known !== undefined) return known;
    const doubt = doubtOf(match);
    const place = { table: chain.table, chain: chain.chain.name, rule: number };
    // Without a quota it only counts, and no rule shows one.
    return this.#assumptions.holds(doubt, place) ?? (match.kind === 'nfacct' ? true : undefined);
  }

  #assumedOnThisWay(match: Match, rule: number): boolean {
    const doubt = doubtOf(match);
    const { why, key, holdsOnYes } = doubt;
    const answer = this.#choices.take({ rule, why, answers: 2, what: 'matches' }, key);
    // Matches that share an answer may ask for it or for its opposite; alone, the first way is the one that matches.
    return key === undefined ? answer === 0 : (answer === 0) === holdsOnYes;
  }
}
