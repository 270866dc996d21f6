import type { TproxyTarget } from '../ruleset/target/tproxy.ts';
import { type AlteringContext, alterPacket, isAltering } from './alter-packet.ts';
import type { Assumptions } from './assumptions.ts';
import type { Choices } from './choices.ts';
import type { Doubt } from './doubt.ts';
import type { PacketInFlight } from './packet-in-flight.ts';
import type { ProgramRule } from './rule-program.ts';
import { renderRulePlace, ruleText } from './trace-steps.ts';

/** What a rare target came to: how it ends the walk, if it does, and what nobody can know of it. */
export interface RareEnd {
  readonly end: 'accept' | 'drop' | undefined;
  readonly unknown: string | undefined;
}

const GOES_ON: RareEnd = { end: undefined, unknown: undefined };

const SOCKET: Doubt = {
  kind: 'socket',
  name: undefined,
  holdsOnYes: true,
  why: 'for the sockets of processes are not known',
  key: undefined,
};

/** Does what targets do that policy has no use for. */
export class RareTargets {
  readonly #context: AlteringContext;
  readonly #assumptions: Assumptions;
  readonly #choices: Choices;

  constructor(context: AlteringContext, assumptions: Assumptions, choices: Choices) {
    this.#context = context;
    this.#assumptions = assumptions;
    this.#choices = choices;
  }

  /** The rule with this number matched the packet. */
  perform(number: number, rule: ProgramRule, packet: PacketInFlight): RareEnd {
    const { target } = rule.rule;
    if (target === undefined) return GOES_ON;
    if (isAltering(target)) {
      const choose = (answers: number, why: string): number =>
        this.#choices.take({ rule: number, why, answers, what: 'does' });
      alterPacket(target, number, packet, this.#context, choose);
      return GOES_ON;
    }
    if (target.kind === 'tproxy') return this.#handToSocket(target, number, rule, packet);
    if (target.kind === 'opaque') return { end: undefined, unknown: ownRules(target.description) };
    return this.#unknownTarget(rule, packet);
  }

  /** Without a socket that takes it the packet is dropped. Source: net/netfilter/xt_TPROXY.c, tproxy_tg4 (Linux 6.18). */
  #handToSocket(
    target: TproxyTarget,
    number: number,
    rule: ProgramRule,
    packet: PacketInFlight,
  ): RareEnd {
    const assumed = this.#assumptions.holds(SOCKET, placeOf(rule));
    const { why } = SOCKET;
    const taken =
      assumed ?? this.#choices.take({ rule: number, why, answers: 2, what: 'does' }) === 0;
    if (!taken) return { end: 'drop', unknown: undefined };
    packet.mark = ((packet.mark & ~target.markMask) ^ target.markValue) >>> 0;
    this.#context.journal.event({ kind: 'mark', mark: packet.mark, detail: 'by TPROXY' });
    return { end: 'accept', unknown: undefined };
  }

  #unknownTarget(rule: ProgramRule, { family }: PacketInFlight): RareEnd {
    switch (this.#assumptions.verdict(placeOf(rule))) {
      case 'accept':
        return { end: 'accept', unknown: undefined };
      case 'drop':
        return { end: 'drop', unknown: undefined };
      case 'continue':
        return GOES_ON;
      default: {
        const text = ruleText(rule.rule, family);
        const unknown = `what ${renderRulePlace(rule)} does is not known (${text})`;
        return { end: undefined, unknown };
      }
    }
  }
}

function placeOf({ chain, number }: ProgramRule): {
  readonly table: string;
  readonly chain: string;
  readonly rule: number;
} {
  return { table: chain.table, chain: chain.chain.name, rule: number };
}

function ownRules(description: string): string {
  return `the host's own rules are not modelled: ${description}`;
}
