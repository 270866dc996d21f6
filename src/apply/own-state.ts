import type { IpFamily } from '../address/ip-address.ts';
import type { TableName } from '../ruleset/hook.ts';

/**
 * Where a rule of ours stands in a chain of the kernel's: meant to be before all rules of others or behind all of them, or found at an
 * index from 1 with so many rules of others before and behind it.
 */
export type Place =
  | { readonly kind: 'first' }
  | { readonly kind: 'last' }
  | {
      readonly kind: 'found';
      readonly index: number;
      readonly othersBefore: number;
      readonly othersBehind: number;
    };

/** A rule of ours in a chain of the kernel's, as iptables-save prints it without `-A CHAIN`. */
export interface PlacedRule {
  readonly text: string;
  readonly place: Place;
}

/** What is ours in one table. */
export interface OwnTable {
  /** Our rules in the kernel's chains, by chain; chains without any are left out. */
  readonly bases: ReadonlyMap<string, readonly PlacedRule[]>;
  /** Our chains, each with its rules in stored form. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
}

/** A set of ours. Members are as ipset saves them. */
export interface OwnSet {
  /** `hash:net family inet hashsize 1024 maxelem 65536`: what stands behind the name when it is created, without what varies by itself. */
  readonly header: string;
  readonly members: ReadonlySet<string>;
}

/** What is ours in one family; tables without anything of ours are left out. */
export type OwnTables = ReadonlyMap<TableName, OwnTable>;

/** All that is ours in a kernel, or is meant to be. */
export interface OwnState {
  readonly tables: Readonly<Record<IpFamily, OwnTables>>;
  readonly sets: ReadonlyMap<string, OwnSet>;
}

/** The tables in the order in which packets meet them. */
export const TABLES: readonly TableName[] = ['raw', 'mangle', 'nat', 'filter'];

/** Both families, in the order in which they are written. */
export const FAMILIES: readonly IpFamily[] = [4, 6];

/** A table without anything of ours. */
export const EMPTY_TABLE: OwnTable = { bases: new Map(), chains: new Map() };

/** A kernel without anything of ours. */
export const EMPTY_STATE: OwnState = { tables: { 4: new Map(), 6: new Map() }, sets: new Map() };

/** Whether two lists of texts are the same, in order. */
export function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}

/** Whether two sets are created the same way and have the same members. */
export function sameSet(a: OwnSet, b: OwnSet): boolean {
  if (a.header !== b.header || a.members.size !== b.members.size) return false;
  for (const member of a.members) if (!b.members.has(member)) return false;
  return true;
}

/** Whether our rules of a chain of the kernel's are those that are meant, and stand where they are meant to. */
export function standsAs(actual: readonly PlacedRule[], meant: readonly PlacedRule[]): boolean {
  return (
    actual.length === meant.length &&
    actual.every(({ text, place }, index) => {
      const other = meant[index] as PlacedRule;
      return text === other.text && isAt(place, other.place);
    })
  );
}

/** Whether a rule needs not be moved to be where it is meant. */
function isAt(actual: Place, meant: Place): boolean {
  if (actual.kind !== 'found') return actual.kind === sideOf(meant);
  const side = sideOf(meant);
  if (side === 'first') return actual.othersBefore === 0;
  if (side === 'last') return actual.othersBehind === 0;
  return meant.kind === 'found' && actual.index === meant.index;
}

/** The side of the chain that a rule belongs to; `between` for one that was found between rules of others. */
export function sideOf(place: Place): 'first' | 'last' | 'between' {
  if (place.kind !== 'found') return place.kind;
  if (place.othersBefore === 0) return 'first';
  return place.othersBehind === 0 ? 'last' : 'between';
}

/** Whether a table is what it is meant to be: the same chains and rules, those in the kernel's chains in their places. */
export function isAsMeant(actual: OwnTable, meant: OwnTable): boolean {
  if (actual.chains.size !== meant.chains.size || actual.bases.size !== meant.bases.size) {
    return false;
  }
  for (const [name, rules] of actual.chains) {
    const other = meant.chains.get(name);
    if (other === undefined || !sameTexts(rules, other)) return false;
  }
  for (const [name, rules] of actual.bases) {
    const other = meant.bases.get(name);
    if (other === undefined || !standsAs(rules, other)) return false;
  }
  return true;
}

/** Whether nothing at all is in a state. */
export function isEmptyState({ tables, sets }: OwnState): boolean {
  return tables[4].size + tables[6].size + sets.size === 0;
}
