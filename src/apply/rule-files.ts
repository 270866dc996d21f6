import { createHash } from 'node:crypto';
import type { IpFamily } from '../address/ip-address.ts';
import { renderIpsets, renderIptables } from '../ruleset/render-ruleset.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import type { WholeTexts } from './make-steps.ts';
import type { OwnState, OwnTables } from './own-state.ts';
import { MARKER_CHAIN } from './ownership.ts';
import { parseOwnRules } from './parse-rule-text.ts';
import { parseSets } from './parse-set-text.ts';

/** A ruleset as the texts that restore tools read, and their digest. */
export interface RuleFiles extends WholeTexts {
  /** `sha256:` and 64 digits, of all three texts. */
  readonly digest: string;
}

/** The texts of the rules of both families: what compile prints and what apply sends. */
export function renderRuleFiles(rulesets: Readonly<Record<IpFamily, Ruleset>>): RuleFiles {
  const whole: WholeTexts = {
    ipsets: renderIpsets([rulesets[4], rulesets[6]]),
    rules: { 4: renderIptables(rulesets[4]), 6: renderIptables(rulesets[6]) },
  };
  return { ...whole, digest: digestOf(whole) };
}

/** The texts under the names that they have as files. */
export function filesByName({ ipsets, rules }: WholeTexts): ReadonlyMap<string, string> {
  return new Map([
    ['ipsets', ipsets],
    ['iptables.v4', rules[4]],
    ['iptables.v6', rules[6]],
  ]);
}

function digestOf(whole: WholeTexts): string {
  const hash = createHash('sha256');
  for (const [name, text] of filesByName(whole)) {
    hash.update(`${name} ${Buffer.byteLength(text)}\n`).update(text);
  }
  return `sha256:${hash.digest('hex')}`;
}

/** What a kernel holds of ours when the texts are in force: their rules and sets, and the digest in a comment. */
export function stateOf(files: RuleFiles): OwnState {
  const tables = { 4: parseOwnRules(files.rules[4]), 6: parseOwnRules(files.rules[6]) };
  return {
    tables: { ...tables, 4: withMarker(tables[4], files.digest) },
    sets: parseSets(files.ipsets),
  };
}

function withMarker(tables: OwnTables, digest: string): OwnTables {
  const filter = tables.get('filter');
  if (filter === undefined) return tables;
  const rule = `-m comment --comment "hep:applied ${digest}"`;
  const chains = new Map([...filter.chains, [MARKER_CHAIN, [rule]]]);
  return new Map([...tables, ['filter', { bases: filter.bases, chains }]]);
}

/** The digest that a kernel bears; undefined when it bears none. */
export function digestIn({ tables }: OwnState): string | undefined {
  const rules = tables[4].get('filter')?.chains.get(MARKER_CHAIN) ?? [];
  return /sha256:[0-9a-f]{64}/.exec(rules.join('\n'))?.[0];
}
