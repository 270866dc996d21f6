import type { IpFamily } from '../address/ip-address.ts';
import type { TableName } from '../ruleset/hook.ts';
import {
  EMPTY_TABLE,
  FAMILIES,
  type OwnSet,
  type OwnState,
  type OwnTable,
  sameSet,
  sameTexts,
  standsAs,
  TABLES,
} from './own-state.ts';
import { MARKER_CHAIN } from './ownership.ts';

/** How one chain, one chain of the kernel's as far as it is ours, or one set differs. */
export interface PartChange {
  readonly kind: 'added' | 'changed' | 'removed';
  readonly name: string;
  /** Rules or members that come, in stored form without the part of their comment that only numbers them. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** The differences in one table. */
export interface TableChange {
  readonly family: IpFamily;
  readonly table: TableName;
  readonly chains: readonly PartChange[];
  /** Our rules in the kernel's chains. */
  readonly kernelChains: readonly PartChange[];
}

/** The difference between two states, for people and programs. */
export interface Change {
  readonly tables: readonly TableChange[];
  readonly sets: readonly PartChange[];
}

/** What is another in the wanted state; the chain that bears the digest is left out. */
export function describeChange(old: OwnState, wanted: OwnState): Change {
  const tables = FAMILIES.flatMap((family) =>
    TABLES.map((table) => ({
      family,
      table,
      ...describeTable(
        old.tables[family].get(table) ?? EMPTY_TABLE,
        wanted.tables[family].get(table) ?? EMPTY_TABLE,
      ),
    })),
  ).filter(({ chains, kernelChains }) => chains.length + kernelChains.length > 0);
  return { tables, sets: describeSets(old.sets, wanted.sets) };
}

/** Whether there is no difference. */
export function isNoChange({ tables, sets }: Change): boolean {
  return tables.length + sets.length === 0;
}

function describeTable(
  old: OwnTable,
  wanted: OwnTable,
): Pick<TableChange, 'chains' | 'kernelChains'> {
  const chains = describeParts(old.chains, wanted.chains, {
    same: sameTexts,
    texts: (rules) => rules,
  }).filter(({ name }) => name !== MARKER_CHAIN);
  const kernelChains = describeParts(old.bases, wanted.bases, {
    same: standsAs,
    texts: (rules) => rules.map(({ text }) => text),
  });
  return { chains, kernelChains };
}

function describeSets(
  old: ReadonlyMap<string, OwnSet>,
  wanted: ReadonlyMap<string, OwnSet>,
): readonly PartChange[] {
  return describeParts(old, wanted, { same: sameSet, texts: ({ members }) => [...members] });
}

interface Reading<Part> {
  readonly same: (a: Part, b: Part) => boolean;
  readonly texts: (part: Part) => readonly string[];
}

function describeParts<Part>(
  old: ReadonlyMap<string, Part>,
  wanted: ReadonlyMap<string, Part>,
  { same, texts }: Reading<Part>,
): readonly PartChange[] {
  const changes: PartChange[] = [];
  for (const name of [...new Set([...old.keys(), ...wanted.keys()])].sort()) {
    const before = old.get(name);
    const after = wanted.get(name);
    if (before !== undefined && after !== undefined && same(before, after)) continue;
    const was = before === undefined ? [] : texts(before).map(withoutNumber);
    const will = after === undefined ? [] : texts(after).map(withoutNumber);
    changes.push({
      kind: before === undefined ? 'added' : after === undefined ? 'removed' : 'changed',
      name,
      added: lacking(will, was),
      removed: lacking(was, will),
    });
  }
  return changes;
}

/** A rule that only moved has another checksum. */
function withoutNumber(text: string): string {
  return text
    .replace(/ ?-m comment --comment "hep:[A-Za-z0-9.-]{12}(?: ([^"]*))?"/, (_, words) =>
      words === undefined ? '' : ` -m comment --comment "${words}"`,
    )
    .trimStart();
}

/** The texts of the first list that the second lacks, counting repetitions. */
function lacking(texts: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const text of others) left.set(text, (left.get(text) ?? 0) + 1);
  return texts.filter((text) => {
    const count = left.get(text) ?? 0;
    if (count > 0) left.set(text, count - 1);
    return count === 0;
  });
}
