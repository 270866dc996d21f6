import { renderRule } from './render-ruleset.ts';
import { isOneLine } from './restore-text.ts';
import type { Chain, Counters, Rule, Ruleset, Table } from './ruleset.ts';

/**
 * A ruleset of any origin as iptables-save prints it, counters included where they are known: each table as a whole, for `iptables-restore` without
 * `--noflush`.
 *
 * What the tools would refuse is not looked for, since foreign rulesets come from them.
 *
 * @throws Error for text that would not stay on its line.
 */
export function renderIptablesSave(ruleset: Ruleset): string {
  return ruleset.tables.map((table) => renderTable(table, ruleset.family)).join('');
}

function renderTable({ name, chains }: Table, family: 4 | 6): string {
  const lines = [`*${name}`];
  for (const chain of chains) lines.push(declaration(chain));
  for (const chain of chains) {
    for (const rule of chain.rules) lines.push(ruleLine(chain.name, rule, family));
  }
  for (const line of lines) if (!isOneLine(line)) throw new Error(`not one line: ${line}`);
  return `${lines.join('\n')}\nCOMMIT\n`;
}

function declaration(chain: Chain): string {
  if (chain.kind === 'user') return `:${chain.name} - [0:0]`;
  return `:${chain.name} ${(chain.policy ?? 'accept').toUpperCase()} ${renderCounters(chain.counters)}`;
}

function ruleLine(chain: string, rule: Rule, family: 4 | 6): string {
  const counters = rule.counters === undefined ? '' : `${renderCounters(rule.counters)} `;
  const text = renderRule(rule, family);
  return `${counters}-A ${chain}${text === '' ? '' : ` ${text}`}`;
}

function renderCounters(counters: Counters | undefined): string {
  const { packets, bytes } = counters ?? { packets: 0, bytes: 0 };
  return `[${BigInt(packets)}:${BigInt(bytes)}]`;
}
