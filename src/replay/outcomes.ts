import type { ConnectionState } from '../packet/packet.ts';
import type { Decision, PacketResult, PacketVerdict } from '../simulate/packet-result.ts';

/** How packets of a replay end: everything about a result that many packets have in common. */
export interface Outcome {
  readonly verdict: PacketVerdict;
  readonly decision: Decision;
  /** `local`, an interface, or null. */
  readonly delivered: string | null;
  /** What rules saw of connection tracking. */
  readonly state: ConnectionState | null;
  /** Only where undetermined. */
  readonly because: readonly string[] | undefined;
}

/** The most reasons that are told apart: they may name addresses, of which a capture may have any number. */
const MOST_REASONS = 4096;

/** A verdict and what settled it, whatever else the packets have. */
export interface OutcomeGroup {
  readonly verdict: PacketVerdict;
  readonly decision: Decision;
}

/** The outcomes of a replay, numbered as they come up. */
export class Outcomes {
  readonly groups: OutcomeGroup[] = [];
  /** The number of each outcome's group. */
  readonly groupOf: number[] = [];
  readonly #all: Outcome[] = [];
  #reasoned = 0;
  readonly #groupNumbers: Map<string, number> = new Map();
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
    const { verdict, delivered, state, decision, because } = result;
    if (because !== undefined) return this.intern({ verdict, decision, delivered, state, because });
    const end = `${verdict} ${delivered ?? ''} ${state ?? ''}`;
    const known = this.#known.get(decision);
    const number = known?.get(end);
    if (number !== undefined) return number;
    const made = this.intern({ verdict, decision, delivered, state, because });
    if (known === undefined) this.#known.set(decision, new Map([[end, made]]));
    else known.set(end, made);
    return made;
  }

  /** The number of an outcome, the same for equal ones. */
  intern(outcome: Outcome): number {
    const group = groupKeyOf(outcome);
    const key = keyOf(outcome, group);
    const given = this.#numbers.get(key);
    if (given !== undefined) return given;
    const { decision, because } = outcome;
    const isReasoned = because !== undefined || decision.reason !== undefined;
    if (!isReasoned || this.#reasoned++ < MOST_REASONS) return this.#add(outcome, key, group);
    const { reason, ...rest } = decision;
    const blurred: Outcome = {
      ...outcome,
      decision: reason === undefined ? rest : { ...rest, reason: 'other reasons' },
      because: because === undefined ? undefined : ['other reasons'],
    };
    const blurredGroup = groupKeyOf(blurred);
    const blurredKey = keyOf(blurred, blurredGroup);
    return this.#numbers.get(blurredKey) ?? this.#add(blurred, blurredKey, blurredGroup);
  }

  #add(outcome: Outcome, key: string, group: string): number {
    const number = this.#all.length;
    this.#all.push(outcome);
    this.#numbers.set(key, number);
    this.groupOf.push(this.#groupNumber(outcome, group));
    return number;
  }

  #groupNumber({ verdict, decision }: Outcome, key: string): number {
    const known = this.#groupNumbers.get(key);
    if (known !== undefined) return known;
    const number = this.groups.length;
    this.groups.push({ verdict, decision });
    this.#groupNumbers.set(key, number);
    return number;
  }
}

function groupKeyOf({ verdict, decision }: Outcome): string {
  return JSON.stringify([verdict, decision]);
}

function keyOf({ delivered, state, because }: Outcome, group: string): string {
  return `${group} ${delivered ?? ''} ${state ?? ''} ${JSON.stringify(because)}`;
}
