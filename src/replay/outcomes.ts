import type { Decision, PacketResult, PacketVerdict } from '../simulate/packet-result.ts';

/** How packets of a replay end: everything about a result that many packets have in common. */
export interface Outcome {
  readonly verdict: PacketVerdict;
  readonly decision: Decision;
  /** `local`, an interface, or null. */
  readonly delivered: string | null;
  /** Only where undetermined. */
  readonly because: readonly string[] | undefined;
}

/**
 * The most outcomes that are told apart. Reasons may name addresses, of which a capture may have any number; more than these differ only in
 * their reasons.
 */
const MOST_OUTCOMES = 8192;

/** The outcomes of a replay, numbered as they come up. */
export class Outcomes {
  readonly #all: Outcome[] = [];
  readonly #numbers: Map<string, number> = new Map();
  /** Decisions of policy are the same object every time. */
  readonly #known: WeakMap<Decision, Map<string, number>> = new WeakMap();

  get count(): number {
    return this.#all.length;
  }

  at(number: number): Outcome {
    const outcome = this.#all[number];
    if (outcome === undefined) throw new Error(`no outcome has the number ${number}`);
    return outcome;
  }

  /** The number of what a result came to. */
  ofResult(result: PacketResult): number {
    const { verdict, delivered, decision, because } = result;
    if (because !== undefined) return this.intern({ verdict, decision, delivered, because });
    const end = `${verdict} ${delivered ?? ''}`;
    const known = this.#known.get(decision);
    const number = known?.get(end);
    if (number !== undefined) return number;
    const made = this.intern({ verdict, decision, delivered, because });
    if (known === undefined) this.#known.set(decision, new Map([[end, made]]));
    else known.set(end, made);
    return made;
  }

  /** The number of an outcome, the same for equal ones. */
  intern(outcome: Outcome): number {
    const given = this.#find(outcome);
    if (given !== undefined) return given;
    if (this.#all.length < MOST_OUTCOMES) return this.#add(outcome);
    const { decision, because } = outcome;
    const { reason, ...rest } = decision;
    const blurred: Outcome = {
      ...outcome,
      decision: reason === undefined ? rest : { ...rest, reason: 'other reasons' },
      because: because === undefined ? undefined : ['other reasons'],
    };
    return this.#find(blurred) ?? this.#add(blurred);
  }

  #find(outcome: Outcome): number | undefined {
    return this.#numbers.get(keyOf(outcome));
  }

  #add(outcome: Outcome): number {
    const number = this.#all.length;
    this.#all.push(outcome);
    this.#numbers.set(keyOf(outcome), number);
    return number;
  }
}

function keyOf({ verdict, decision, delivered, because }: Outcome): string {
  return JSON.stringify([verdict, delivered, decision, because]);
}
