import type { Hook, TableName } from '../ruleset/hook.ts';
import type { IpSet } from '../ruleset/ip-set.ts';
import type { Match } from '../ruleset/match/match.ts';
import type { Chain, Rule, Ruleset } from '../ruleset/ruleset.ts';
import type { Target } from '../ruleset/target/target.ts';
import { isTelling } from './connection-template.ts';
import { isDoubtful } from './doubt.ts';
import { doubtfulSets } from './doubtful-sets.ts';
import { listsOf } from './list-lookup.ts';
import { isChoosing } from './nat-target.ts';
import { QuietCalls } from './quiet-calls.ts';
import { partMatches } from './rule-criteria.ts';
import { RuleFinder } from './rule-finder.ts';
import { isWithoutEffect, RuleOperations } from './rule-operations.ts';
import type { SetLookup } from './set-lookup.ts';
import { isPlain, lookupsOf } from './set-lookups.ts';
import { SetMembership } from './set-membership.ts';

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
  /** The matches that chance or history may decide; none where it does not matter whether the rule matches. */
  readonly doubtful: readonly Match[];
}

/** One family's rules prepared for walking: numbered through, with what finds those that match. */
export class RuleProgram {
  /** Whether a rule asks more than its criteria, they say once there is a finder: before that nobody walks. */
  readonly operations: RuleOperations;
  readonly rules: readonly ProgramRule[];
  readonly chains: readonly ProgramChain[];
  readonly ipSets: readonly IpSet[];
  /** Names of sets whose answer may not be known. */
  readonly doubtfulSets: ReadonlySet<string>;
  /** The `hash:net` sets. */
  readonly membership: SetMembership;
  /** Whether any rule is decided by chance or history. */
  readonly hasUnknowable: boolean;
  /** Whether any rule of CT says what a connection is to be, other than tracked or not. */
  readonly givesTemplates: boolean;
  /** The lists of sets that hold a set, by its name. */
  readonly listsOf: ReadonlyMap<string, readonly string[]>;
  /** Whether the kernel tracks connections for the family at all (netfilter-facts 1.3). */
  readonly tracksConnections: boolean;
  /** Whether a nat table exists, and with it the hooks that translate. */
  readonly hasNat: boolean;
  readonly #base: Readonly<Record<Hook, Record<TableName, number>>>;
  #interfaces: ReadonlyMap<string, number> | undefined;
  #rests: readonly (readonly Match[])[] = [];
  #finder: RuleFinder | undefined;
  #quietCalls: QuietCalls | undefined;
  #sets: ReadonlyMap<string, SetLookup> | undefined;

  /** @throws Error for a jump to a chain that the table does not have. */
  constructor(ruleset: Ruleset) {
    const doubtful = doubtfulSets(ruleset);
    this.doubtfulSets = doubtful;
    const rules: ProgramRule[] = [];
    const chains: ProgramChain[] = [];
    const numbers = new Map<string, number>();
    const base = noChains();
    let givesTemplates = false;
    let hasUnknowable = false;
    let tracksConnections = false;
    for (const table of ruleset.tables) {
      for (const chain of table.chains) {
        const first = rules.length;
        const place = { table: table.name, chain, first, end: first + chain.rules.length };
        numbers.set(`${table.name} ${chain.name}`, chains.length);
        if (chain.kind === 'base') base[chain.hook][table.name] = chains.length;
        chains.push(place);
        for (const rule of chain.rules) {
          const one = {
            rule,
            chain: place,
            number: rules.length - first + 1,
            doubtful: doubtfulMatches(rule, doubtful),
          };
          rules.push(one);
          givesTemplates ||= rule.target?.kind === 'ct' && isTelling(rule.target);
          hasUnknowable ||= one.doubtful.length > 0 || isChoosing(rule.target);
          tracksConnections ||= needsConntrack(rule);
        }
      }
    }
    this.rules = rules;
    this.chains = chains;
    this.membership = new SetMembership(ruleset.family, ruleset.ipSets.filter(isPlain));
    this.#base = base;
    this.ipSets = ruleset.ipSets;
    this.givesTemplates = givesTemplates;
    this.hasUnknowable = givesTemplates || hasUnknowable;
    this.listsOf = listsOf(ruleset.ipSets);
    this.tracksConnections = tracksConnections;
    this.hasNat = ruleset.tables.some((table) => table.name === 'nat');
    this.operations = operationsOf(rules, numbers);
  }

  /** Made when a packet is first walked: the fast evaluator needs none. HOT */
  get finder(): RuleFinder {
    this.#finder ??= this.#makeFinder();
    return this.#finder;
  }

  /** By name; made when a packet is first asked about one. HOT */
  get sets(): ReadonlyMap<string, SetLookup> {
    this.#sets ??= lookupsOf(this.ipSets);
    return this.#sets;
  }

  /** HOT */
  get quietCalls(): QuietCalls {
    this.#quietCalls ??= new QuietCalls(this.rules, this.chains, this.finder, this.operations);
    return this.#quietCalls;
  }

  #makeFinder(): RuleFinder {
    const interfaces = this.#interfaceNumbers;
    const numbers = { interfaces, membership: this.membership, doubtfulSets: this.doubtfulSets };
    const parts = this.rules.map(({ rule }) => partMatches(rule, numbers));
    parts.forEach(({ criteria, rest }, at) => {
      const more = rest.length + this.rules[at]!.doubtful.length > 0;
      this.operations.setMore(at, criteria, more);
    });
    this.#rests = parts.map(({ rest }) => rest);
    const chains = new Map(this.chains.map((chain, number) => [chain, number]));
    return new RuleFinder({
      criteria: parts.map(({ criteria }) => criteria),
      chains: this.rules.map(({ chain }) => chains.get(chain)!),
      interfaces: interfaces.size,
      jumps: this.operations.jumps,
    });
  }

  get #interfaceNumbers(): ReadonlyMap<string, number> {
    this.#interfaces ??= interfaceNumbers(this.chains);
    return this.#interfaces;
  }

  /** What the finder leaves open of a rule, in the rule's order; unknowable matches are not in it. HOT */
  restOf(rule: number): readonly Match[] {
    return this.#rests[rule]!;
  }

  /** The number of a table's base chain at a hook; -1 where it has none and the table is not traversed. */
  baseChain(table: TableName, hook: Hook): number {
    return this.#base[hook][table];
  }

  /** The number that rules know an interface by; -1 for one that no rule names. */
  interfaceNumber(name: string): number {
    return this.#interfaceNumbers.get(name) ?? -1;
  }
}

function operationsOf(
  rules: readonly ProgramRule[],
  chainNumbers: ReadonlyMap<string, number>,
): RuleOperations {
  const operations = new RuleOperations(rules.length);
  let table: TableName = 'raw';
  const numberOf = (name: string): number => {
    const number = chainNumbers.get(`${table} ${name}`);
    if (number === undefined) throw new Error(`table ${table} has no chain ${name}`);
    return number;
  };
  rules.forEach(({ rule, chain }, at) => {
    table = chain.table;
    operations.setTarget(at, rule.target, numberOf);
  });
  return operations;
}

function noChains(): Record<Hook, Record<TableName, number>> {
  const none = (): Record<TableName, number> => ({
    raw: -1,
    mangle: -1,
    nat: -1,
    filter: -1,
    security: -1,
  });
  return {
    prerouting: none(),
    input: none(),
    forward: none(),
    output: none(),
    postrouting: none(),
  };
}

/** Whether a rule that only logs or counts matches changes nothing, so that it is not followed both ways. */
function doubtfulMatches(
  { target, matches }: Rule,
  doubtfulSets: ReadonlySet<string>,
): readonly Match[] {
  if (target === undefined || isWithoutEffect(target)) return NONE;
  // Most rules have none.
  if (!matches.some((match) => isDoubtful(match, doubtfulSets))) return NONE;
  return matches.filter((match) => isDoubtful(match, doubtfulSets));
}

const NONE: readonly Match[] = [];

/** Numbers from 1 for the interfaces that rules name. */
function interfaceNumbers(chains: readonly ProgramChain[]): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const { chain } of chains) {
    for (const { matches } of chain.rules) {
      for (const match of matches) {
        if (match.kind !== 'interface' || numbers.has(match.name)) continue;
        numbers.set(match.name, numbers.size + 1);
      }
    }
  }
  return numbers;
}

/** Extensions that hepsim does not know and that track connections. */
const TRACKING_EXTENSIONS: ReadonlySet<string> = new Set([
  'helper',
  'connbytes',
  'connlabel',
  'cluster',
  'CONNSECMARK',
  'SYNPROXY',
]);

const TRACKING: ReadonlySet<Match['kind'] | Target['kind']> = new Set([
  'conntrack-state',
  'conntrack',
  'connmark',
  'connlimit',
  'ct',
  'dnat',
  'snat',
  'masquerade',
  'dnat-range',
  'snat-range',
  'masquerade-range',
  'redirect',
  'netmap',
  'opaque',
] as const);

/** Whether the rule makes the kernel track connections, wherever it stands. Source: netfilter-facts 1.3. */
function needsConntrack({ target, matches }: Rule): boolean {
  return (target !== undefined && isTracking(target)) || matches.some(isTracking);
}

function isTracking(part: Match | Target): boolean {
  if (part.kind === 'ct') return !part.notrack;
  const isUnknown = part.kind === 'unknown-match' || part.kind === 'unknown-target';
  return isUnknown ? TRACKING_EXTENSIONS.has(part.name) : TRACKING.has(part.kind);
}
