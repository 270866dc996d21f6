import type { IpSet } from '../ruleset/ip-set.ts';
import type { Rule, Ruleset } from '../ruleset/ruleset.ts';
import type { SetTarget } from '../ruleset/target/set.ts';
import { setNames } from './list-lookup.ts';

/**
 * The names of sets whose answer may not be known: that a rule asks for and nobody has, that rules change, whose elements go with time or are of the link layer,
 * and lists of such.
 */
export function doubtfulSets({ tables, ipSets }: Ruleset): ReadonlySet<string> {
  const known = new Set(ipSets.map((set) => set.name));
  const names = new Set<string>();
  for (const { chains } of tables) {
    for (const { rules } of chains) for (const rule of rules) addDoubtful(rule, known, names);
  }
  for (const set of ipSets) if (isDoubtful(set)) names.add(set.name);
  for (const set of ipSets) {
    // A list holds no lists.
    if (setNames(set).some((name) => names.has(name) || !known.has(name))) names.add(set.name);
  }
  return names;
}

function addDoubtful(
  { target, matches }: Rule,
  known: ReadonlySet<string>,
  names: Set<string>,
): void {
  if (target?.kind === 'set') for (const name of changedBy(target)) names.add(name);
  for (const match of matches) {
    if (match.kind === 'set' && !known.has(match.set)) names.add(match.set);
  }
}

function changedBy({ add, delete: removed }: SetTarget): readonly string[] {
  return [add, removed].flatMap((one) => (one === undefined ? [] : [one.set]));
}

function isDoubtful({ type, members }: IpSet): boolean {
  if (type === 'hash:mac' || type === 'hash:ip,mac' || type === 'bitmap:ip,mac') return true;
  return members.some(({ extras }) => (extras?.timeoutSeconds ?? 0) > 0);
}
