import { type Match, renderMatch } from './match/match.ts';
import { canShareExtension } from './match/shared-extension.ts';
import { renderIpSet } from './render-ip-set.ts';
import { quoteValue } from './restore-text.ts';
import type { BaseChain, Rule, Ruleset, Table } from './ruleset.ts';
import { renderTarget } from './target/target.ts';
import { type HeadSlot, headSlot, ruleContext } from './validate-rule.ts';
import { checkRuleset } from './validate-ruleset.ts';

/**
 * A rule as iptables-save writes it, without `-A CHAIN`: head options in their fixed order, matches as given, comment, target.
 * Empty for a rule that matches everything and only counts. Source: `netfilter-facts` 7.1.
 */
export function renderRule(rule: Rule, family: 4 | 6): string {
  const context = ruleContext(rule, family, undefined);
  const head: Record<HeadSlot, string> = {
    '-s': '',
    '-d': '',
    '-i': '',
    '-o': '',
    '-p': '',
    '-f': '',
  };
  let loaded = '';
  let transport: Match[] = [];
  for (const match of rule.matches) {
    const slot = headSlot(match);
    const text = renderMatch(match, context);
    if (slot !== undefined) head[slot] = text;
    // iptables keeps the options of `-m tcp` together; one that is there already needs another `-m tcp`.
    else if (canShareExtension(match, transport)) {
      transport.push(match);
      loaded = append(loaded, text.replace(/^-m \S+ ?/, ''));
    } else {
      transport = [match];
      loaded = append(loaded, text);
    }
  }
  let line = append(append(head['-s'], head['-d']), append(head['-i'], head['-o']));
  line = append(append(append(line, head['-p']), head['-f']), loaded);
  if (rule.comment !== undefined) {
    line = append(line, `-m comment --comment ${quoteValue(rule.comment)}`);
  }
  return rule.target === undefined ? line : append(line, renderTarget(rule.target, context));
}

function append(words: string, more: string): string {
  if (words === '') return more;
  return more === '' ? words : `${words} ${more}`;
}

/**
 * What `iptables-restore --noflush` (or `ip6tables-restore`) takes. User chains are emptied and filled again; base chains keep the host's rules.
 *
 * @throws Error for anything that the tools would refuse or misread.
 */
export function renderIptables(ruleset: Ruleset): string {
  checkRuleset(ruleset);
  return ruleset.tables
    .filter((table) => table.chains.length > 0)
    .map((table) => renderTable(table, ruleset.family))
    .join('');
}

function renderTable(table: Table, family: 4 | 6): string {
  const lines = [`*${table.name}`];
  for (const chain of table.chains) {
    if (chain.kind === 'user') lines.push(`:${chain.name} - [0:0]`);
    // A policy line would change the host's own policy, so it is only written where one is wanted.
    else if (chain.policy !== undefined) {
      lines.push(`:${chain.name} ${chain.policy.toUpperCase()} [0:0]`);
    }
  }
  for (const chain of table.chains) {
    if (chain.kind === 'base') lines.push(...renderBaseChain(chain, family));
    else for (const rule of chain.rules) lines.push(line(`-A ${chain.name}`, rule, family));
  }
  return `${lines.join('\n')}\nCOMMIT\n`;
}

function renderBaseChain(chain: BaseChain, family: 4 | 6): string[] {
  const inserted = chain.rules.filter((rule) => rule.placement === 'insert');
  const appended = chain.rules.filter((rule) => rule.placement === 'append');
  return [
    ...inserted.map((rule, index) => line(`-I ${chain.name} ${index + 1}`, rule, family)),
    ...appended.map((rule) => line(`-A ${chain.name}`, rule, family)),
  ];
}

function line(command: string, rule: Rule, family: 4 | 6): string {
  const text = renderRule(rule, family);
  return text === '' ? command : `${command} ${text}`;
}

/**
 * What `ipset restore` takes for the sets of both families.
 *
 * @throws Error for anything that ipset would refuse or misread.
 */
export function renderIpsets(rulesets: readonly Ruleset[]): string {
  const names = new Set<string>();
  const lines: string[] = [];
  for (const ruleset of rulesets) {
    checkRuleset(ruleset);
    for (const set of ruleset.ipSets) {
      if (names.has(set.name)) throw new Error(`set ${set.name} is defined in both families`);
      names.add(set.name);
      renderIpSet(set, lines);
    }
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}
