import type { IpFamily } from '../address/ip-address.ts';
import { convergeTables } from './converge-table.ts';
import {
  EMPTY_TABLE,
  FAMILIES,
  type OwnSet,
  type OwnState,
  type OwnTables,
  sameSet,
  TABLES,
} from './own-state.ts';
import { isPassingSet, MARKER_CHAIN, stagedSet } from './ownership.ts';
import { createSet, createSwitch, replaceSet, SWITCH_SETS, toText } from './set-text.ts';
import { differsInRules, stageTables } from './stage-tables.ts';

/** One thing that is done to the kernel. `what` says it in words, for messages and for the record. */
export type Step =
  | { readonly kind: 'sets'; readonly what: string; readonly text: string }
  | { readonly kind: 'destroy'; readonly what: string; readonly names: readonly string[] }
  | {
      readonly kind: 'rules';
      readonly what: string;
      readonly family: IpFamily;
      readonly text: string;
    }
  /** All that is staged comes into force, in all tables of both families at one instant. */
  | { readonly kind: 'switch'; readonly what: string };

/** How the kernel gets from one state to another. */
export interface StepPlan {
  /**
   * `nothing`: it is there already. `direct`: one commit changes what packets meet. `switched`: more than one would, so that the new rules are staged beside
   * the old ones and one exchange of sets brings them into force.
   */
  readonly kind: 'nothing' | 'direct' | 'switched';
  readonly steps: readonly Step[];
  /** The index of the step that changes what packets meet; before it the old rules are in force, behind it the new ones. */
  readonly decisive: number;
}

/** The texts that compile prints, for a kernel without anything of ours. */
export interface WholeTexts {
  readonly ipsets: string;
  readonly rules: Readonly<Record<IpFamily, string>>;
}

/**
 * The steps from what is there to what is wanted. A kernel without anything of ours gets `whole`, byte for byte.
 *
 * INVARIANT: no step but the decisive one changes what any packet meets.
 */
export function makeSteps(old: OwnState, wanted: OwnState, whole?: WholeTexts): StepPlan {
  const sets = compareSets(old, wanted);
  const tables = FAMILIES.flatMap((family) =>
    TABLES.filter((name) =>
      differsInRules(old.tables[family].get(name), wanted.tables[family].get(name)),
    ).map((name) => ({ family, name })),
  );
  const changes = tables.length + sets.changed.size;
  if (changes > 1) return switchedSteps(old, wanted, sets, whole);
  return directSteps(old, wanted, sets, changes);
}

interface SetChanges {
  readonly added: ReadonlyMap<string, OwnSet>;
  readonly changed: ReadonlyMap<string, OwnSet>;
  readonly removed: readonly string[];
}

function compareSets(old: OwnState, wanted: OwnState): SetChanges {
  const added = new Map<string, OwnSet>();
  const changed = new Map<string, OwnSet>();
  for (const [name, set] of wanted.sets) {
    const present = old.sets.get(name);
    if (present === undefined) added.set(name, set);
    else if (!sameSet(present, set)) changed.set(name, set);
  }
  const removed = [...old.sets.keys()].filter(
    (name) => !wanted.sets.has(name) && !isPassingSet(name),
  );
  return { added, changed, removed };
}

function directSteps(
  old: OwnState,
  wanted: OwnState,
  { added, changed, removed }: SetChanges,
  changes: number,
): StepPlan {
  const steps: Step[] = [];
  pushSets(steps, 'new sets', createAll(added));
  // Where nothing changes for packets, the old and the new rules are the same to them at every instant.
  const decisive = steps.length;
  for (const [name, set] of changed) pushSets(steps, `set ${name}`, replaceSet(name, set));
  const families = FAMILIES.map((family) => ({
    family,
    text: convergeTables(old.tables[family], wanted.tables[family]),
    decides: TABLES.some((name) =>
      differsInRules(old.tables[family].get(name), wanted.tables[family].get(name)),
    ),
  }));
  // The one table that decides goes first; the digest's chain may be in another.
  for (const decides of [true, false]) {
    for (const { family, text } of families.filter((one) => one.decides === decides)) {
      pushRules(steps, 'rules', family, text);
    }
  }
  pushDestroy(steps, removed);
  if (steps.length === 0) return { kind: 'nothing', steps, decisive: 0 };
  return { kind: 'direct', steps, decisive: changes === 0 ? 0 : decisive };
}

function switchedSteps(
  old: OwnState,
  wanted: OwnState,
  { added, changed, removed }: SetChanges,
  whole: WholeTexts | undefined,
): StepPlan {
  const steps: Step[] = [];
  const isFirst = old.sets.size === 0 && whole !== undefined;
  pushSets(steps, 'new sets', isFirst ? [whole.ipsets.replace(/\n$/, '')] : createAll(added));
  const staged = new Map([...changed.keys()].map((name) => [name, stagedSet(name)]));
  pushSets(steps, 'the switch, and the new members of sets', [
    ...createSwitch(),
    ...[...changed].flatMap(([name, set]) => createSet(stagedSet(name), set)),
  ]);
  const between = stageState(old, wanted, staged);
  for (const family of FAMILIES) {
    const text = convergeTables(old.tables[family], between[family]);
    pushRules(steps, 'the new rules beside the old ones', family, text);
  }
  const decisive = steps.length;
  steps.push({ kind: 'switch', what: 'the new rules come into force' });
  pushSets(
    steps,
    'members of sets',
    [...changed].flatMap(([name, set]) => replaceSet(name, set)),
  );
  for (const family of FAMILIES) {
    let present = between[family];
    const text = whole?.rules[family] ?? '';
    if (old.tables[family].size === 0 && text !== '') {
      pushRules(steps, 'the new rules', family, text);
      present = withWhole(present, wanted.tables[family]);
    }
    pushRules(steps, 'the new rules alone', family, convergeTables(present, wanted.tables[family]));
  }
  pushDestroy(steps, [...SWITCH_SETS, ...staged.values(), ...removed]);
  return { kind: 'switched', steps, decisive };
}

/** Both families with old and new rules side by side. */
export function stageState(
  old: OwnState,
  wanted: OwnState,
  stagedSets: ReadonlyMap<string, string>,
): Readonly<Record<IpFamily, OwnTables>> {
  return {
    4: stageTables(old.tables[4], wanted.tables[4], stagedSets),
    6: stageTables(old.tables[6], wanted.tables[6], stagedSets),
  };
}

/** What is there when the whole text has been read on top of staged rules: its chains, and its rules in front of those that ask the switch. */
function withWhole(staged: OwnTables, wanted: OwnTables): OwnTables {
  const tables = new Map(staged);
  for (const [name, { bases, chains }] of wanted) {
    const before = tables.get(name) ?? EMPTY_TABLE;
    const merged = new Map(before.bases);
    for (const [base, rules] of bases)
      merged.set(base, [...rules, ...(before.bases.get(base) ?? [])]);
    // The digest's chain is no part of the text.
    const kept = new Map([...before.chains, ...chains].filter(([chain]) => chain !== MARKER_CHAIN));
    tables.set(name, { bases: merged, chains: kept });
  }
  return tables;
}

function createAll(sets: ReadonlyMap<string, OwnSet>): readonly string[] {
  return [...sets].flatMap(([name, set]) => createSet(name, set));
}

function pushSets(steps: Step[], what: string, lines: readonly string[]): void {
  const text = toText(lines.filter((line) => line !== ''));
  if (text !== '') steps.push({ kind: 'sets', what, text });
}

function pushRules(steps: Step[], what: string, family: IpFamily, text: string): void {
  if (text !== '') steps.push({ kind: 'rules', what: `${what} (IPv${family})`, family, text });
}

function pushDestroy(steps: Step[], names: readonly string[]): void {
  if (names.length > 0)
    steps.push({ kind: 'destroy', what: 'sets that nothing uses any more', names });
}
