import type { IpFamily } from '../address/ip-address.ts';
import {
  BASE_CHAIN,
  HOOK_TABLES,
  type Hook,
  TABLE_NAMES,
  type TableName,
} from '../ruleset/hook.ts';
import { renderIptables } from '../ruleset/render-ruleset.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';

const HOOKS = Object.keys(HOOK_TABLES) as readonly Hook[];

/**
 * What `iptables-restore` reads to replace all rules of a family by one ruleset: each table as a whole, those in `used` that the ruleset says
 * nothing of by empty ones. Tables that neither were nor will be used are not mentioned, because mentioning them would load them.
 */
export function replacementText(ruleset: Ruleset, used: ReadonlySet<TableName>): string {
  const present = tableNames(ruleset);
  const emptied = TABLE_NAMES.filter((name) => used.has(name) && !present.has(name));
  const rules = renderIptables(ruleset);
  // A policy that is not mentioned stays as it was; of two mentions the later one counts.
  const complete = rules.replace(/^\*(\w+)\n/gm, (_, name: TableName) => tableStart(name));
  return `${emptied.map((name) => `${tableStart(name)}COMMIT\n`).join('')}${complete}`;
}

/** The tables that a ruleset has chains in. */
export function tableNames(ruleset: Ruleset): ReadonlySet<TableName> {
  return new Set(ruleset.tables.filter(({ chains }) => chains.length > 0).map(({ name }) => name));
}

/** A ruleset without a rule. */
export function emptyRuleset(family: IpFamily): Ruleset {
  return { family, tables: [], ipSets: [] };
}

function tableStart(name: TableName): string {
  const policies = HOOKS.filter((hook) => HOOK_TABLES[hook].includes(name)).map(
    (hook) => `:${BASE_CHAIN[hook]} ACCEPT [0:0]\n`,
  );
  return `*${name}\n${policies.join('')}`;
}
