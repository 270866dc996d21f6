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
  /** The groups of rules' decisions that give no reason, by their chain and place in it. */
  readonly #ruleGroups: Map<string, number[][]> = new Map();
  /** All others, by their text. */
  readonly #otherGroups: Map<string, number> = new Map();
  /** For each group its outcomes that need no reasons. */
  readonly #plain: number[][] = [];
  readonly #reasonedNumbers: Map<string, number> = new Map();
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
    const group = this.#findGroup(outcome);
    const given = group === undefined ? undefined : this.#find(outcome, group);
    if (given !== undefined) return given;
    const { decision, because } = outcome;
    const isReasoned = because !== undefined || decision.reason !== undefined;
    if (!isReasoned || this.#reasoned++ < MOST_REASONS) return this.#add(outcome, group);
    const { reason, ...rest } = decision;
    const blurred: Outcome = {
      ...outcome,
      decision: reason === undefined ? rest : { ...rest, reason: 'other reasons' },
      because: because === undefined ? undefined : ['other reasons'],
    };
    const blurredGroup = this.#findGroup(blurred);
    const known = blurredGroup === undefined ? undefined : this.#find(blurred, blurredGroup);
    return known ?? this.#add(blurred, blurredGroup);
  }

  #find(outcome: Outcome, group: number): number | undefined {
    const { delivered, state, because } = outcome;
    if (because !== undefined) return this.#reasonedNumbers.get(reasonedKey(group, outcome));
    return this.#plain[group]!.find((number) => {
      const known = this.#all[number]!;
      return known.delivered === delivered && known.state === state;
    });
  }

  /** `known`: its group; undefined where that is new too. */
  #add(outcome: Outcome, known: number | undefined): number {
    const number = this.#all.length;
    const group = known ?? this.#addGroup(outcome);
    this.#all.push(outcome);
    if (outcome.because === undefined) this.#plain[group]!.push(number);
    else this.#reasonedNumbers.set(reasonedKey(group, outcome), number);
    this.groupOf.push(group);
    return number;
  }

  #findGroup(outcome: OutcomeGroup): number | undefined {
    const { verdict, decision } = outcome;
    const { chain, rule, reason } = decision;
    if (chain === undefined || rule === undefined || reason !== undefined) {
      return this.#otherGroups.get(textOf(outcome));
    }
    return this.#ruleGroups.get(chain)?.[rule]?.find((number) => {
      const group = this.groups[number]!;
      return group.verdict === verdict && isSame(group.decision, decision);
    });
  }

  #addGroup(outcome: OutcomeGroup): number {
    const { verdict, decision } = outcome;
    const { chain, rule, reason } = decision;
    const number = this.groups.length;
    this.groups.push({ verdict, decision });
    this.#plain.push([]);
    if (chain === undefined || rule === undefined || reason !== undefined) {
      this.#otherGroups.set(textOf(outcome), number);
    } else {
      const ofChain = this.#ruleGroups.get(chain) ?? [];
      this.#ruleGroups.set(chain, ofChain);
      const ofRule = ofChain[rule] ?? [];
      ofChain[rule] = ofRule;
      ofRule.push(number);
    }
    return number;
  }
}

/** Rules' decisions are mostly the same object. */
function isSame(a: Decision, b: Decision): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function textOf({ verdict, decision }: OutcomeGroup): string {
  return JSON.stringify([verdict, decision]);
}

function reasonedKey(group: number, { delivered, state, because }: Outcome): string {
  return `${group} ${delivered ?? ''} ${state ?? ''} ${JSON.stringify(because)}`;
}
