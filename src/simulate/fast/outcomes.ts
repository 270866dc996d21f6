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
  /** The numbers of rules' outcomes. */
  readonly #byDecision: Map<Decision, number[]> = new Map();
  readonly #byText: Map<string, number> = new Map();

  /** The number of an outcome. */
  intern(outcome: FastOutcome): number {
    const { verdict, delivered, state, decision } = outcome;
    // A rule's decision is one object wherever it is met; others are made each time.
    if ((decision.rule ?? 0) === 0) {
      return this.#internText(
        `${verdict} ${delivered} ${state} ${JSON.stringify(decision)}`,
        outcome,
      );
    }
    let numbers = this.#byDecision.get(decision);
    if (numbers === undefined) {
      numbers = [];
      this.#byDecision.set(decision, numbers);
    }
    for (let i = 0; i < numbers.length; i++) {
      const known = this.all[numbers[i]!]!;
      const isSame =
        known.verdict === verdict && known.delivered === delivered && known.state === state;
      if (isSame) return numbers[i]!;
    }
    const number = this.all.push(outcome) - 1;
    numbers.push(number);
    return number;
  }

  #internText(text: string, outcome: FastOutcome): number {
    const before = this.#byText.get(text);
    if (before !== undefined) return before;
    this.#byText.set(text, this.all.length);
    return this.all.push(outcome) - 1;
  }
}
