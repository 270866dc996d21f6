import type { ConnectionState } from '../../packet/packet.ts';
import type { Decision } from '../packet-result.ts';

/** What became of a packet, as far as summaries ask. */
export interface FastOutcome {
  readonly verdict: 'accept' | 'drop' | 'undetermined';
  /** `local`, an interface, or null. */
  readonly delivered: string | null;
  /** Null where the packet ended before connection tracking. */
  readonly state: ConnectionState | null;
  readonly decision: Decision;
  /** Only where undetermined. */
  readonly because?: readonly string[] | undefined;
}

/** Outcomes by number. Those of the same rule, or otherwise equal, have one. */
export class FastOutcomes {
  /** By number; only ever grows. */
  readonly all: FastOutcome[] = [];
  readonly #byDecision: WeakMap<Decision, Map<string, number>> = new WeakMap();
  readonly #byText: Map<string, number> = new Map();

  /** The number of an outcome. */
  intern(outcome: FastOutcome): number {
    const { verdict, delivered, state, decision } = outcome;
    let known = this.#byDecision.get(decision);
    if (known === undefined) {
      known = new Map();
      this.#byDecision.set(decision, known);
    }
    const rest = `${verdict} ${delivered} ${state}`;
    const before = known.get(rest);
    if (before !== undefined) return before;
    // A rule's decision is one object wherever it is met; others are made each time.
    const isOfRule = (decision.rule ?? 0) > 0;
    const number = isOfRule
      ? this.all.push(outcome) - 1
      : this.#internText(`${rest} ${JSON.stringify(decision)}`, outcome);
    known.set(rest, number);
    return number;
  }

  #internText(text: string, outcome: FastOutcome): number {
    const before = this.#byText.get(text);
    if (before !== undefined) return before;
    this.#byText.set(text, this.all.length);
    return this.all.push(outcome) - 1;
  }
}
