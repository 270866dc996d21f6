import type { Target } from '../ruleset/target/target.ts';
import type { RuleCriteria } from './rule-criteria.ts';

/** What the walker does after a match. */
export const DO = {
  nothing: 0,
  accept: 1,
  drop: 2,
  return: 3,
  jump: 4,
  goto: 5,
  mark: 6,
  notrack: 7,
  reject: 8,
  translate: 9,
  /** What `RareTargets` does. */
  rare: 10,
} as const;

const STRIDE = 8;
const OPERATION = 0;
/** The chain of a jump and the jump's number among jumps, from 0; the value and mask of MARK. */
const OPERAND = 1;
const OPERAND2 = 2;
/** 1 where more must be asked: sets, the rest of the matches, or chance. */
const MORE = 3;
/** Number of a set that must hold the address; 0: none, below 0: must not hold. */
const SOURCE_SET = 4;
const DESTINATION_SET = 5;

/** Targets that tell somebody of the packet, or change what no rule and no route looks at. */
const WITHOUT_EFFECT: ReadonlySet<Target['kind']> = new Set([
  'log',
  'nflog',
  'trace',
  'audit',
  'tee',
  'checksum',
  'classify',
]);

/** Whether it makes no difference to a packet whether it meets the target. */
export function isWithoutEffect({ kind }: Target): boolean {
  return WITHOUT_EFFECT.has(kind);
}

/** What rules do once their criteria match, and what they ask beside, by the rule's number. */
export class RuleOperations {
  readonly #words: Int32Array;
  /** How many rules jump. */
  jumps = 0;

  constructor(rules: number) {
    this.#words = new Int32Array(rules * STRIDE);
  }

  /** `chain` gives the number of a chain in the rule's own table. */
  setTarget(rule: number, target: Target | undefined, chain: (name: string) => number): void {
    if (target === undefined || isWithoutEffect(target)) return;
    const words = this.#words;
    const row = rule * STRIDE;
    switch (target.kind) {
      case 'jump':
      case 'goto':
        words[row + OPERAND] = chain(target.chain);
        words[row + OPERATION] = DO[target.kind];
        if (target.kind === 'jump') words[row + OPERAND2] = this.jumps++;
        return;
      case 'mark':
        words[row + OPERAND] = target.value;
        words[row + OPERAND2] = target.mask;
        words[row + OPERATION] = DO.mark;
        return;
      case 'dnat':
      case 'snat':
      case 'masquerade':
      case 'dnat-range':
      case 'snat-range':
      case 'masquerade-range':
      case 'redirect':
      case 'netmap':
        words[row + OPERATION] = DO.translate;
        return;
      case 'accept':
      case 'drop':
      case 'return':
      case 'notrack':
      case 'reject':
        words[row + OPERATION] = DO[target.kind];
        return;
      default:
        words[row + OPERATION] = DO.rare;
    }
  }

  /** `more`: something beside sets is left to ask. */
  setMore(rule: number, criteria: RuleCriteria, more: boolean): void {
    const { sourceSet = 0, destinationSet = 0 } = criteria;
    const row = rule * STRIDE;
    this.#words[row + SOURCE_SET] = sourceSet;
    this.#words[row + DESTINATION_SET] = destinationSet;
    this.#words[row + MORE] = more || sourceSet !== 0 || destinationSet !== 0 ? 1 : 0;
  }

  asksMore(rule: number): boolean {
    return this.#words[rule * STRIDE + MORE] === 1;
  }

  sourceSet(rule: number): number {
    return this.#words[rule * STRIDE + SOURCE_SET]!;
  }

  destinationSet(rule: number): number {
    return this.#words[rule * STRIDE + DESTINATION_SET]!;
  }

  operation(rule: number): number {
    return this.#words[rule * STRIDE + OPERATION]!;
  }

  operand(rule: number): number {
    return this.#words[rule * STRIDE + OPERAND]!;
  }

  operand2(rule: number): number {
    return this.#words[rule * STRIDE + OPERAND2]!;
  }

  /** The mark that a MARK rule gives to a packet with this one. */
  marked(rule: number, mark: number): number {
    return ((mark & ~this.operand2(rule)) ^ this.operand(rule)) >>> 0;
  }
}
