import type { TableName } from '../ruleset/hook.ts';
import {
  EMPTY_TABLE,
  isAsMeant,
  type OwnTable,
  type OwnTables,
  type PlacedRule,
  sameTexts,
  sideOf,
  standsAs,
  TABLES,
} from './own-state.ts';

/**
 * What `iptables-restore --noflush` reads to turn what is ours in a family into what is meant. Only chains that differ are written, and nothing of
 * others is named. Each table becomes what is meant at one instant; one that is so already is left out. Empty when all are.
 */
export function convergeTables(actual: OwnTables, meant: OwnTables): string {
  return TABLES.map((name) =>
    convergeTable(name, actual.get(name) ?? EMPTY_TABLE, meant.get(name) ?? EMPTY_TABLE),
  ).join('');
}

function convergeTable(name: TableName, actual: OwnTable, meant: OwnTable): string {
  if (isAsMeant(actual, meant)) return '';
  const written = [...meant.chains].filter(([chain, rules]) => {
    const present = actual.chains.get(chain);
    return present === undefined || !sameTexts(present, rules);
  });
  const removed = [...actual.chains.keys()].filter((chain) => !meant.chains.has(chain));
  const lines = [`*${name}`];
  // A chain that is declared is emptied, so that none refers to one that goes.
  for (const [chain] of written) lines.push(`:${chain} - [0:0]`);
  for (const chain of removed) lines.push(`:${chain} - [0:0]`);
  const bases = new Set([...actual.bases.keys(), ...meant.bases.keys()]);
  for (const base of bases) {
    lines.push(...convergeBase(base, actual.bases.get(base) ?? [], meant.bases.get(base) ?? []));
  }
  for (const [chain, rules] of written) {
    for (const rule of rules) lines.push(command(`-A ${chain}`, rule));
  }
  for (const chain of removed) lines.push(`-X ${chain}`);
  return `${lines.join('\n')}\nCOMMIT\n`;
}

function convergeBase(
  chain: string,
  actual: readonly PlacedRule[],
  meant: readonly PlacedRule[],
): readonly string[] {
  if (standsAs(actual, meant)) return [];
  const lines = actual.map(({ text }) => command(`-D ${chain}`, text));
  const first = meant.filter(({ place }) => sideOf(place) === 'first');
  for (const [index, { text }] of first.entries()) {
    lines.push(command(`-I ${chain} ${index + 1}`, text));
  }
  for (const { text, place } of meant) {
    if (place.kind === 'found' && sideOf(place) === 'between') {
      lines.push(command(`-I ${chain} ${place.index}`, text));
    }
  }
  for (const { text, place } of meant) {
    if (sideOf(place) === 'last') lines.push(command(`-A ${chain}`, text));
  }
  return lines;
}

function command(words: string, rule: string): string {
  return rule === '' ? words : `${words} ${rule}`;
}
