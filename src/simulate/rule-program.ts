import { hasPorts } from '../address/protocol.ts';
import type { Hook, TableName } from '../ruleset/hook.ts';
import type { Match } from '../ruleset/match/match.ts';
import type { Chain, Rule, Ruleset } from '../ruleset/ruleset.ts';
import type { Target } from '../ruleset/target/target.ts';
import { lookupOf, type SetLookup } from './address-lookup.ts';
import { isUnknowable, stateMask } from './match-evaluation.ts';

/** A chain of one table as the walker sees it: its rules are `first` to `end - 1` of the program. */
export interface ProgramChain {
  readonly table: TableName;
  readonly chain: Chain;
  readonly first: number;
  readonly end: number;
}

/** A rule with the place where it stands. `number` counts from 1, as iptables does. */
export interface ProgramRule {
  readonly rule: Rule;
  readonly chain: ProgramChain;
  readonly number: number;
  /** What the words of the program cannot hold, in the rule's order; unknowable matches are not in it. */
  readonly rest: readonly Match[];
  /** Chance or history decides whether it matches, and it matters. */
  readonly unknowable: boolean;
}

/** Words of one rule in the program. */
export const STRIDE = 16;
/** Protocol number, -1: any. */
export const PROTOCOL = 0;
export const MARK_MASK = 1;
export const MARK_VALUE = 2;
export const DESTINATION_MASK = 3;
export const DESTINATION = 4;
export const SOURCE_MASK = 5;
export const SOURCE = 6;
export const PORT_FIRST = 7;
export const PORT_LAST = 8;
/** Interface number, 0: any. */
export const IN_INTERFACE = 9;
export const OUT_INTERFACE = 10;
/** Bits of which the packet must have one; all ones: any. */
export const STATES = 11;
/** 1 when more must be asked than the words say: the rule's `rest`, or chance. */
export const MORE = 12;
export const OPERATION = 13;
/** The chain of a jump; the value and mask of MARK. */
export const OPERAND = 14;
export const OPERAND2 = 15;

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
  opaque: 10,
} as const;

/**
 * One family's rules prepared for walking: every rule a row of 32-bit words that decide nearly all packets without touching an object.
 */
export class RuleProgram {
  readonly words: Int32Array;
  readonly rules: readonly ProgramRule[];
  readonly chains: readonly ProgramChain[];
  readonly sets: ReadonlyMap<string, SetLookup>;
  /** Whether any rule is decided by chance or history. */
  readonly hasUnknowable: boolean;
  /** Whether the kernel tracks connections for the family at all (netfilter-facts 1.3). */
  readonly tracksConnections: boolean;
  /** Whether a nat table exists, and with it the hooks that translate. */
  readonly hasNat: boolean;
  readonly #base: ReadonlyMap<string, number>;
  readonly #interfaces: ReadonlyMap<string, number>;

  constructor(ruleset: Ruleset) {
    const rules: ProgramRule[] = [];
    const chains: ProgramChain[] = [];
    const numbers = new Map<string, number>();
    const base = new Map<string, number>();
    for (const table of ruleset.tables) {
      for (const chain of table.chains) {
        const first = rules.length;
        const place = { table: table.name, chain, first, end: first + chain.rules.length };
        numbers.set(`${table.name} ${chain.name}`, chains.length);
        if (chain.kind === 'base') base.set(`${table.name} ${chain.hook}`, chains.length);
        chains.push(place);
        chain.rules.forEach((rule, i) => {
          rules.push(programRule(rule, place, i + 1));
        });
      }
    }
    this.rules = rules;
    this.chains = chains;
    this.#base = base;
    this.#interfaces = interfaceNumbers(rules);
    this.sets = new Map(ruleset.ipSets.map((set) => [set.name, lookupOf(set)]));
    this.hasUnknowable = rules.some((rule) => rule.unknowable);
    this.tracksConnections = rules.some(needsConntrack);
    this.hasNat = ruleset.tables.some((table) => table.name === 'nat');
    this.words = new Int32Array(rules.length * STRIDE);
    rules.forEach((rule, i) => {
      this.#encode(rule, i * STRIDE, numbers);
    });
  }

  /** The number of a table's base chain at a hook; -1 where it has none and the table is not traversed. */
  baseChain(table: TableName, hook: Hook): number {
    return this.#base.get(`${table} ${hook}`) ?? -1;
  }

  /** The number that rules know an interface by; -1 for one that no rule names. */
  interfaceNumber(name: string): number {
    return this.#interfaces.get(name) ?? -1;
  }

  #encode(
    { rule, rest, unknowable, chain }: ProgramRule,
    at: number,
    numbers: ReadonlyMap<string, number>,
  ): void {
    const words = this.words;
    words[at + PROTOCOL] = -1;
    words[at + PORT_LAST] = 65535;
    words[at + STATES] = -1;
    words[at + MORE] = rest.length > 0 || unknowable ? 1 : 0;
    for (const match of rule.matches) {
      if (!rest.includes(match) && !isUnknowable(match)) this.#encodeMatch(match, at);
    }
    this.#encodeTarget(rule.target, at, (name) => {
      const number = numbers.get(`${chain.table} ${name}`);
      if (number === undefined) throw new Error(`table ${chain.table} has no chain ${name}`);
      return number;
    });
  }

  #encodeMatch(match: Match, at: number): void {
    const words = this.words;
    switch (match.kind) {
      case 'protocol':
        words[at + PROTOCOL] = match.protocol;
        return;
      case 'mark':
        words[at + MARK_MASK] = match.mask;
        words[at + MARK_VALUE] = match.value;
        return;
      case 'address': {
        const source = match.side === 'source';
        words[at + (source ? SOURCE_MASK : DESTINATION_MASK)] = match.cidr.m3;
        words[at + (source ? SOURCE : DESTINATION)] = match.cidr.network.w3;
        return;
      }
      case 'ports':
        words[at + PORT_FIRST] = match.range.first;
        words[at + PORT_LAST] = match.range.last;
        return;
      case 'interface':
        words[at + (match.direction === 'in' ? IN_INTERFACE : OUT_INTERFACE)] =
          this.interfaceNumber(match.name);
        return;
      case 'conntrack-state':
        words[at + STATES] = stateMask(match.states);
        return;
      default:
        throw new Error(`${match.kind} has no word in the program`);
    }
  }

  #encodeTarget(target: Target | undefined, at: number, chain: (name: string) => number): void {
    const words = this.words;
    if (target === undefined) return;
    switch (target.kind) {
      case 'jump':
      case 'goto':
        words[at + OPERATION] = target.kind === 'jump' ? DO.jump : DO.goto;
        words[at + OPERAND] = chain(target.chain);
        return;
      case 'mark':
        words[at + OPERATION] = DO.mark;
        words[at + OPERAND] = target.value;
        words[at + OPERAND2] = target.mask;
        return;
      case 'dnat':
      case 'snat':
      case 'masquerade':
        words[at + OPERATION] = DO.translate;
        return;
      case 'log':
        return;
      default:
        words[at + OPERATION] = DO[target.kind];
    }
  }
}

function programRule(rule: Rule, chain: ProgramChain, number: number): ProgramRule {
  const ported = rule.matches.some(
    (match) => match.kind === 'protocol' && !match.negated && hasPorts(match.protocol),
  );
  const taken = new Set<string>();
  const rest = rule.matches.filter((match) => {
    if (isUnknowable(match)) return false;
    const word = wordOf(match, ported);
    if (word === undefined || taken.has(word)) return true;
    taken.add(word);
    return false;
  });
  // Whether a rule that only logs or counts matches changes nothing, so that it is not followed both ways.
  const matters = rule.target !== undefined && rule.target.kind !== 'log';
  return { rule, chain, number, rest, unknowable: matters && rule.matches.some(isUnknowable) };
}

/** The word that holds all of a match, or undefined where none can. */
function wordOf(match: Match, ported: boolean): string | undefined {
  switch (match.kind) {
    case 'protocol':
      return match.negated || match.protocol === 0 ? undefined : 'protocol';
    case 'mark':
      return match.negated ? undefined : 'mark';
    case 'address':
      // One word of address is compared: all of an IPv4 address, the last quarter of an IPv6 one.
      return match.negated || match.cidr.network.family === 6 ? undefined : match.side;
    case 'ports':
      return match.negated || match.side === 'source' || !ported ? undefined : 'ports';
    case 'interface':
      return match.negated || match.prefix ? undefined : match.direction;
    case 'conntrack-state':
      return match.negated ? undefined : 'states';
    default:
      return undefined;
  }
}

function interfaceNumbers(rules: readonly ProgramRule[]): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const { rule } of rules) {
    for (const match of rule.matches) {
      if (match.kind === 'interface' && !numbers.has(match.name)) {
        numbers.set(match.name, numbers.size + 1);
      }
    }
  }
  return numbers;
}

/** Whether the rule makes the kernel track connections, wherever it stands. Source: netfilter-facts 1.3. */
function needsConntrack({ rule }: ProgramRule): boolean {
  const target = rule.target?.kind;
  if (target === 'dnat' || target === 'snat' || target === 'masquerade') return true;
  return rule.matches.some((match) => match.kind === 'conntrack-state');
}
