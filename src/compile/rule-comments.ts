import type { IpFamily } from '../address/ip-address.ts';
import { renderRule } from '../ruleset/render-ruleset.ts';
import type { Chain, Rule, Table } from '../ruleset/ruleset.ts';
import { COMMENT_LENGTH } from '../ruleset/validate-rule.ts';
import { OWN_COMMENT } from './chain-names.ts';
import { checksum } from './short-hash.ts';

/**
 * Gives every rule of a table a comment that tells it from every other: `hep:` and a checksum of chain, position and text, then
 * the rule's words. A rule whose comment differs is not the rule that was written.
 */
export function identifyRules(table: Table, family: IpFamily): Table {
  return { name: table.name, chains: table.chains.map((chain) => identifyChain(chain, family)) };
}

/** Gives every rule of a table the same comment, of which nothing can be told but that the rule is ours. */
export function markRules(table: Table): Table {
  const marked = (rule: Rule): Rule =>
    rule.comment === OWN_COMMENT ? rule : { ...rule, comment: OWN_COMMENT };
  const chains = table.chains.map((chain) => ({ ...chain, rules: chain.rules.map(marked) }));
  return { name: table.name, chains };
}

function identifyChain(chain: Chain, family: IpFamily): Chain {
  const rules = chain.rules.map((rule, index) => identifyRule(rule, chain.name, index, family));
  return { ...chain, rules };
}

function identifyRule(rule: Rule, chain: string, index: number, family: IpFamily): Rule {
  const id = `${OWN_COMMENT}${checksum(`${chain}\n${index}\n${renderRule(rule, family)}`)}`;
  return { ...rule, comment: rule.comment === undefined ? id : `${id} ${plain(rule.comment)}` };
}

/** Words from documents in what a comment can hold: printable ASCII, and room for the id. */
function plain(words: string): string {
  const room = COMMENT_LENGTH - `${OWN_COMMENT}${'x'.repeat(12)} `.length;
  return words.replace(/[^ -~]/g, '?').slice(0, room);
}
