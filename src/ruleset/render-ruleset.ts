import { renderProtocol } from '../address/protocol.ts';
import { renderMatch } from './match/match.ts';
import { quoteValue } from './restore-text.ts';
import type { BaseChain, IpSet, IpSetMember, Rule, Ruleset, Table } from './ruleset.ts';
import { renderStoredAddress, renderStoredCidr } from './stored-address.ts';
import { renderTarget } from './target/target.ts';
import { headSlot, ruleContext } from './validate-rule.ts';
import { checkRuleset } from './validate-ruleset.ts';

/** How many elements ipset lets a set have unless told otherwise. */
const DEFAULT_MAXELEM = 65536;

/**
 * A rule as iptables-save writes it, without `-A CHAIN`: head options in their fixed order, matches as given, comment, target.
 * Empty for a rule that matches everything and only counts. Source: `netfilter-facts` 7.1.
 */
export function renderRule(rule: Rule, family: 4 | 6): string {
  const context = ruleContext(rule, family, undefined);
  const head = { '-s': '', '-d': '', '-i': '', '-o': '', '-p': '' };
  let loaded = '';
  for (const match of rule.matches) {
    const slot = headSlot(match);
    const text = renderMatch(match, context);
    if (slot === undefined) loaded = append(loaded, text);
    else head[slot] = text;
  }
  let line = append(append(head['-s'], head['-d']), append(head['-i'], head['-o']));
  line = append(append(line, head['-p']), loaded);
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
      renderSet(set, lines);
    }
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function renderSet(set: IpSet, lines: string[]): void {
  // A second add of the same element would end the restore.
  const members = new Set(set.members.map(renderMember));
  const family = set.family === 4 ? 'inet' : 'inet6';
  lines.push(
    `create ${set.name} ${set.type} family ${family} hashsize 1024 maxelem ${maxelem(members.size)}`,
  );
  for (const member of members) lines.push(`add ${set.name} ${member}`);
}

function maxelem(count: number): number {
  let limit = DEFAULT_MAXELEM;
  while (limit < count) limit *= 2;
  return limit;
}

/** A member as ipset save prints it: a single address without its length. */
function renderMember(member: IpSetMember): string {
  if (member.kind === 'net') {
    const { cidr } = member;
    const isHost = cidr.prefixLength === (cidr.network.family === 4 ? 32 : 128);
    return isHost ? renderStoredAddress(cidr.network) : renderStoredCidr(cidr);
  }
  return `${renderStoredAddress(member.address)},${renderProtocol(member.protocol)}:${member.port}`;
}
