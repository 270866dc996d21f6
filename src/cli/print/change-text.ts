import type { Change, PartChange } from '../../apply/describe-change.ts';
import type { Paint, Style } from './style.ts';

/** Rules of a chain that are printed unless everything is asked for. */
const LINES_SHOWN = 10;

const SIGN = { added: '+', changed: '~', removed: '-' } as const;
const COLOR: Readonly<Record<PartChange['kind'], Style>> = {
  added: 'green',
  changed: 'yellow',
  removed: 'red',
};

/** The chains, rules and sets that differ, and how many in all. */
export function renderChange(
  { tables, sets }: Change,
  { paint, everything }: { readonly paint: Paint; readonly everything: boolean },
): string {
  const lines: string[] = [];
  const add = (what: string, part: PartChange, unit: string): void => {
    const counts = [`+${part.added.length}`, `-${part.removed.length}`].join(' ');
    const amount =
      part.added.length + part.removed.length === 0
        ? part.kind === 'changed'
          ? 'moved'
          : `no ${unit}s`
        : `${counts} ${unit}s`;
    const sign = paint(SIGN[part.kind], COLOR[part.kind]);
    lines.push(`  ${sign} ${what} ${part.name} (${amount})`);
    if (part.kind !== 'changed' && !everything) return;
    const texts = [
      ...part.removed.map((text) => paint(`      - ${text}`, 'red')),
      ...part.added.map((text) => paint(`      + ${text}`, 'green')),
    ];
    const shown = everything ? texts.length : LINES_SHOWN;
    lines.push(...texts.slice(0, shown));
    if (texts.length > shown) lines.push(`      ... ${texts.length - shown} more (-v shows all)`);
  };
  for (const { family, table, chains, kernelChains } of tables) {
    lines.push(`IPv${family} ${table}`);
    for (const part of kernelChains) add('our rules in', part, 'rule');
    for (const part of chains) add('chain', part, 'rule');
  }
  if (sets.length > 0) lines.push('sets');
  for (const part of sets) add('set', part, 'member');
  lines.push(summary({ tables, sets }));
  return `${lines.join('\n')}\n`;
}

function summary({ tables, sets }: Change): string {
  const chains = tables.flatMap((table) => table.chains);
  const rules = tables.flatMap((table) => [...table.chains, ...table.kernelChains]);
  const count = (parts: readonly PartChange[], kind: PartChange['kind']): number =>
    parts.filter((part) => part.kind === kind).length;
  const three = (what: string, parts: readonly PartChange[]): string =>
    `${what}: ${count(parts, 'added')} added, ${count(parts, 'changed')} changed, ${count(parts, 'removed')} removed`;
  const added = rules.reduce((sum, part) => sum + part.added.length, 0);
  const removed = rules.reduce((sum, part) => sum + part.removed.length, 0);
  return [
    three('chains', chains),
    `rules: ${added} added, ${removed} removed`,
    three('sets', sets),
  ].join('; ');
}
