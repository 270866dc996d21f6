import type { TableName } from '../ruleset/hook.ts';
import {
  EMPTY_TABLE,
  isAsMeant,
  type OwnTable,
  type OwnTables,
  type PlacedRule,
  sameTexts,
  standsAs,
  TABLES,
} from './own-state.ts';
import { MARKER_CHAIN, SWITCH, stagedChain } from './ownership.ts';
import { type NewNames, renameReferences, ruleReferences } from './rule-words.ts';

/**
 * The tables of a family with the old rules and the new ones side by side: our rules in the kernel's chains ask the switch, so that while it is off
 * packets meet the old rules and nothing else of ours, and while it is on the new ones. Chains that differ are there twice, the new form under
 * a staged name, and so are those that lead to them; all others are shared.
 *
 * `stagedSets` gives the staged names of sets whose members change.
 */
export function stageTables(
  old: OwnTables,
  wanted: OwnTables,
  stagedSets: ReadonlyMap<string, string>,
): OwnTables {
  const staged = new Map<TableName, OwnTable>();
  for (const name of TABLES) {
    const before = old.get(name) ?? EMPTY_TABLE;
    const after = wanted.get(name) ?? EMPTY_TABLE;
    const table = stageTable(before, after, stagedSets);
    if (table.bases.size + table.chains.size > 0) staged.set(name, table);
  }
  return staged;
}

/** Whether tables differ in more than the chain that bears the digest. */
export function differsInRules(old: OwnTable | undefined, wanted: OwnTable | undefined): boolean {
  return !isAsMeant(withoutMarker(old), withoutMarker(wanted));
}

function withoutMarker(table: OwnTable = EMPTY_TABLE): OwnTable {
  if (!table.chains.has(MARKER_CHAIN)) return table;
  const chains = new Map(table.chains);
  chains.delete(MARKER_CHAIN);
  return { bases: table.bases, chains };
}

function stageTable(
  old: OwnTable,
  wanted: OwnTable,
  stagedSets: ReadonlyMap<string, string>,
): OwnTable {
  const names: NewNames = { chains: findStaged(old, wanted, stagedSets), sets: stagedSets };
  const chains = new Map(old.chains);
  for (const [chain, rules] of wanted.chains) {
    const name = names.chains.get(chain) ?? chain;
    if (name === MARKER_CHAIN || (name === chain && old.chains.has(chain))) continue;
    chains.set(
      name,
      rules.map((rule) => renameReferences(rule, names)),
    );
  }
  const bases = new Map<string, readonly PlacedRule[]>();
  for (const base of new Set([...old.bases.keys(), ...wanted.bases.keys()])) {
    bases.set(base, stageBase(old.bases.get(base) ?? [], wanted.bases.get(base) ?? [], names));
  }
  return { bases, chains };
}

/** The chains of both states whose new form cannot stand under its own name yet, with the staged names. */
function findStaged(
  old: OwnTable,
  wanted: OwnTable,
  stagedSets: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const known = new Map<string, boolean>();
  /** Whether what the chain does is not what its old form does. */
  const isAffected = (chain: string): boolean => {
    const found = known.get(chain);
    if (found !== undefined) return found;
    // Chains call each other without loops; the mark only keeps a broken ruleset from going on for ever.
    known.set(chain, false);
    const rules = wanted.chains.get(chain) ?? [];
    const present = old.chains.get(chain);
    const differs = present !== undefined && !sameTexts(present, rules);
    const affected =
      differs ||
      rules
        .map(ruleReferences)
        .some(
          ({ target, sets }) =>
            sets.some((set) => stagedSets.has(set)) ||
            (target !== undefined && wanted.chains.has(target) && isAffected(target)),
        );
    known.set(chain, affected);
    return affected;
  };
  const staged = new Map<string, string>();
  for (const chain of wanted.chains.keys()) {
    // A chain that is new altogether is in nobody's way.
    if (chain !== MARKER_CHAIN && old.chains.has(chain) && isAffected(chain)) {
      staged.set(chain, stagedChain(chain));
    }
  }
  return staged;
}

function stageBase(
  old: readonly PlacedRule[],
  wanted: readonly PlacedRule[],
  names: NewNames,
): readonly PlacedRule[] {
  const renamed = wanted.map(({ text, place }) => ({ text: renameReferences(text, names), place }));
  const unaffected = renamed.every(({ text }, index) => text === wanted[index]?.text);
  if (unaffected && standsAs(old, wanted)) return old;
  const first = renamed.filter(({ place }) => place.kind === 'first').length;
  return [
    ...renamed.map(({ text, place }) => ({ text: guarded(text, true), place })),
    ...lastWord(renamed),
    ...old.map(({ text, place }) => ({
      text: guarded(text, false),
      place: place.kind === 'found' ? { ...place, index: place.index + first } : place,
    })),
  ];
}

/**
 * While the switch is on, the same rules come again behind these ones for a moment, when they are read as a whole. A packet that they have not decided must not meet them
 * with the marks that they left on it, so that it goes to the chain's policy at once, as it would behind the last rule.
 */
function lastWord(rules: readonly PlacedRule[]): readonly PlacedRule[] {
  const isLast = rules.some(({ place }) => place.kind === 'last');
  return isLast ? [{ text: guarded('-j RETURN', true), place: { kind: 'last' } }] : [];
}

/** The rule, which now matches only while the switch is on, or off. Options that stand in front of all matches stay there. */
function guarded(text: string, on: boolean): string {
  const guard = `-m set ${on ? '' : '! '}--match-set ${SWITCH.off} src`;
  const at = /(?:^| )-(?=[mjg] )/.exec(text);
  if (at === null) return text === '' ? guard : `${text} ${guard}`;
  const start = at[0].startsWith(' ') ? at.index + 1 : at.index;
  return `${text.slice(0, start)}${guard} ${text.slice(start)}`;
}
