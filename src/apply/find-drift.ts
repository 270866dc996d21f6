import type { IpFamily } from '../address/ip-address.ts';
import type { TableName } from '../ruleset/hook.ts';
import {
  EMPTY_TABLE,
  FAMILIES,
  type OwnState,
  type OwnTable,
  type PlacedRule,
  sideOf,
  TABLES,
} from './own-state.ts';

/** Where something differs from what was applied. */
interface DriftPlace {
  readonly family: IpFamily;
  readonly table: TableName;
  readonly chain: string;
}

/** One thing that is not as it was applied. */
export type Drift =
  /** `index` counts from 1 in the chain as it was applied. */
  | ({ readonly kind: 'rule-gone'; readonly index: number; readonly text: string } & DriftPlace)
  /** `index` counts from 1 in the chain as it is. */
  | ({ readonly kind: 'rule-added'; readonly index: number; readonly text: string } & DriftPlace)
  | ({ readonly kind: 'chain-gone' | 'chain-added'; readonly rules: number } & DriftPlace)
  /** A rule of ours in a chain of the kernel's stands behind rules of others that should come after it, or before some that should come first. */
  | ({
      readonly kind: 'rule-misplaced';
      readonly text: string;
      readonly others: number;
    } & DriftPlace)
  | { readonly kind: 'set-gone' | 'set-added'; readonly set: string }
  | {
      readonly kind: 'member-gone' | 'member-added';
      readonly set: string;
      readonly member: string;
    };

/** What of the actual state is not as it is meant. */
export function findDrift(actual: OwnState, meant: OwnState): readonly Drift[] {
  const drifts: Drift[] = [];
  for (const family of FAMILIES) {
    for (const table of TABLES) {
      const is = actual.tables[family].get(table) ?? EMPTY_TABLE;
      const should = meant.tables[family].get(table) ?? EMPTY_TABLE;
      drifts.push(...tableDrift(is, should, { family, table }));
    }
  }
  drifts.push(...setDrift(actual, meant));
  return drifts;
}

function tableDrift(
  actual: OwnTable,
  meant: OwnTable,
  place: Omit<DriftPlace, 'chain'>,
): readonly Drift[] {
  const drifts: Drift[] = [];
  for (const chain of namesOf(actual.bases, meant.bases)) {
    const is = actual.bases.get(chain) ?? [];
    const should = meant.bases.get(chain) ?? [];
    drifts.push(...listDrift(textsOf(is), textsOf(should), { ...place, chain }));
    drifts.push(...misplaced(is, should, { ...place, chain }));
  }
  for (const chain of namesOf(actual.chains, meant.chains)) {
    const is = actual.chains.get(chain);
    const should = meant.chains.get(chain);
    const at = { ...place, chain };
    if (is === undefined) drifts.push({ kind: 'chain-gone', rules: should?.length ?? 0, ...at });
    else if (should === undefined) drifts.push({ kind: 'chain-added', rules: is.length, ...at });
    else drifts.push(...listDrift(is, should, at));
  }
  return drifts;
}

function textsOf(rules: readonly PlacedRule[]): readonly string[] {
  return rules.map(({ text }) => text);
}

function misplaced(
  actual: readonly PlacedRule[],
  meant: readonly PlacedRule[],
  place: DriftPlace,
): readonly Drift[] {
  return meant.flatMap(({ text, place: wanted }) => {
    const found = actual.find((rule) => rule.text === text)?.place;
    if (found?.kind !== 'found') return [];
    const others = sideOf(wanted) === 'first' ? found.othersBefore : found.othersBehind;
    return others === 0 ? [] : [{ kind: 'rule-misplaced', text, others, ...place } as const];
  });
}

/** Each text of a chain stands for itself: its comment numbers it. */
function listDrift(
  actual: readonly string[],
  meant: readonly string[],
  place: DriftPlace,
): readonly Drift[] {
  const kept = longestCommon(actual, meant);
  const gone = meant.flatMap((text, index) =>
    kept.meant.has(index) ? [] : [{ kind: 'rule-gone', index: index + 1, text, ...place } as const],
  );
  const added = actual.flatMap((text, index) =>
    kept.actual.has(index)
      ? []
      : [{ kind: 'rule-added', index: index + 1, text, ...place } as const],
  );
  return [...gone, ...added];
}

/**
 * The positions of a longest list of rules that both have in the same order. Rules of ours are all different, so that it is a longest rising sequence
 * of positions, found in n log n.
 */
function longestCommon(
  actual: readonly string[],
  meant: readonly string[],
): { readonly actual: ReadonlySet<number>; readonly meant: ReadonlySet<number> } {
  const positions = new Map<string, number>();
  for (const [index, text] of meant.entries()) {
    if (!positions.has(text)) positions.set(text, index);
  }
  interface Link {
    readonly actual: number;
    readonly meant: number;
    readonly before: Link | undefined;
  }
  const ends: Link[] = [];
  for (const [index, text] of actual.entries()) {
    const position = positions.get(text);
    if (position === undefined) continue;
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle] as Link).meant < position) low = middle + 1;
      else high = middle;
    }
    ends[low] = { actual: index, meant: position, before: ends[low - 1] };
  }
  const result = { actual: new Set<number>(), meant: new Set<number>() };
  for (let link = ends.at(-1); link !== undefined; link = link.before) {
    result.actual.add(link.actual);
    result.meant.add(link.meant);
  }
  return result;
}

function setDrift(actual: OwnState, meant: OwnState): readonly Drift[] {
  const drifts: Drift[] = [];
  for (const set of namesOf(actual.sets, meant.sets)) {
    const is = actual.sets.get(set);
    const should = meant.sets.get(set);
    if (is === undefined) drifts.push({ kind: 'set-gone', set });
    else if (should === undefined) drifts.push({ kind: 'set-added', set });
    else {
      for (const member of should.members) {
        if (!is.members.has(member)) drifts.push({ kind: 'member-gone', set, member });
      }
      for (const member of is.members) {
        if (!should.members.has(member)) drifts.push({ kind: 'member-added', set, member });
      }
    }
  }
  return drifts;
}

function namesOf(
  one: ReadonlyMap<string, unknown>,
  other: ReadonlyMap<string, unknown>,
): readonly string[] {
  return [...new Set([...other.keys(), ...one.keys()])];
}
