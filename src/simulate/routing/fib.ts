import { type Cidr, cidrContains, cidrOf, renderCidr } from '../../address/cidr.ts';
import { type IpAddress, type IpFamily, ipv4, ipv6 } from '../../address/ip-address.ts';
import { defaultRoutingRules } from '../../host/build-rules.ts';
import type { Host, RoutingRule } from '../../host/host.ts';
import { buildTables, type RoutedInterface, type RouteTables } from './build-tables.ts';
import { type FibEntry, type FibTable, fibEntry, type InterfaceChoice } from './fib-table.ts';

/** What a lookup asks. One record is reused for all of a router's lookups. */
export class RouteQuery {
  destination: IpAddress = ipv4(0);
  /** The address that `from` of a rule is compared with. */
  source: IpAddress = ipv4(0);
  /** `lo` for what the host itself sends. */
  inInterface = 'lo';
  /** Empty unless the packet is bound to one. */
  outInterface = '';
  /** The interface that `choice` is about. */
  chosen = '';
  choice: InterfaceChoice = 'any';
  mark = 0;
  protocol = 0;
}

interface CompiledRule {
  readonly rule: RoutingRule;
  readonly table: FibTable | undefined;
  /** What an action other than lookup finds. */
  readonly entry: FibEntry | undefined;
  /** What is found where nobody can say whether the rule matches. */
  readonly unknown: FibEntry | undefined;
}

/** The forwarding information base of one family: its tables, and the rules that say which to ask. */
export class Fib {
  readonly tables: RouteTables;
  /** Whether rules of one's own stand beside the kernel's. */
  readonly hasCustomRules: boolean;
  readonly #family: IpFamily;
  readonly #rules: readonly CompiledRule[];
  readonly #none: FibEntry;
  readonly #main: FibTable;
  readonly #local: FibTable;
  readonly #default: FibTable | undefined;

  constructor(host: Host, interfaces: readonly RoutedInterface[], family: IpFamily) {
    const rules = host.rules.filter((rule) => rule.family === family);
    this.hasCustomRules = !isDefault(rules, family);
    // Without rules of one's own IPv4 keeps local and main in one trie: the longest prefix of either wins.
    const merged = family === 4 && !this.hasCustomRules;
    this.tables = buildTables(host, interfaces, { family, merged });
    this.#family = family;
    this.#rules = rules
      .filter((rule) => rule.action !== 'nop')
      .map((rule) => compileRule(rule, this.tables));
    const everything = cidrOf(family === 4 ? ipv4(0) : ipv6(0, 0, 0, 0), 0);
    this.#none = fibEntry({ type: 'none', to: everything, dev: '', table: 'main' });
    this.#main = this.tables.get('main') as FibTable;
    this.#local = this.tables.get('local') as FibTable;
    // IPv6 has no rule for table default.
    this.#default = family === 4 ? this.tables.get('default') : undefined;
  }

  /** The route; never `throw`, and of type `none` where there is no route. HOT */
  find(query: RouteQuery): FibEntry {
    if (this.hasCustomRules) return this.#findByRules(query);
    const { destination, chosen, choice } = query;
    if (this.#family === 6) {
      const local = this.#local.find(destination, chosen, choice);
      if (local !== undefined && local.type !== 'throw') return local;
    }
    const main = this.#main.find(destination, chosen, choice);
    if (main !== undefined && main.type !== 'throw') return main;
    const last = this.#default?.find(destination, chosen, choice);
    return last === undefined || last.type === 'throw' ? this.#none : last;
  }

  #findByRules(query: RouteQuery): FibEntry {
    const rules = this.#rules;
    const count = rules.length;
    for (let i = 0; i < count; i++) {
      const { rule, table, entry, unknown } = rules[i] as CompiledRule;
      const matches = ruleMatches(rule, query);
      // What is known of the rule does not match: then neither does the whole.
      const isUnknown = unknown !== undefined && matches;
      if (!isUnknown && matches === rule.not) continue;
      if (entry !== undefined) return isUnknown ? unknown : entry;
      const found = table?.find(query.destination, query.chosen, query.choice);
      if (found === undefined || found.type === 'throw') continue;
      const shortest = rule.suppressPrefixLength;
      // IPv4 suppresses only usable routes, IPv6 any.
      const suppressible = found.outcome !== undefined || this.#family === 6;
      if (shortest !== undefined && suppressible && found.to.prefixLength <= shortest) continue;
      return isUnknown ? unknown : found;
    }
    return this.#none;
  }
}

/** HOT */
function ruleMatches(rule: RoutingRule, query: RouteQuery): boolean {
  const mark = rule.fwmark;
  return (
    (rule.iif === undefined || rule.iif === query.inInterface) &&
    (rule.oif === undefined || rule.oif === query.outInterface) &&
    (mark === undefined || (query.mark & mark.mask) >>> 0 === mark.value) &&
    (rule.protocol === undefined || rule.protocol === query.protocol) &&
    (rule.from === undefined || cidrContains(rule.from, query.source)) &&
    (rule.to === undefined || cidrContains(rule.to, query.destination))
  );
}

function isDefault(rules: readonly RoutingRule[], family: IpFamily): boolean {
  const own = defaultRoutingRules(family);
  return rules.length === own.length && rules.every((rule, i) => isSameRule(rule, own[i]));
}

function isSameRule(rule: RoutingRule, own: RoutingRule | undefined): boolean {
  return (
    own !== undefined &&
    ruleText(rule) === ruleText(own) &&
    rule.table === own.table &&
    !rule.not &&
    rule.notModelled.length === 0 &&
    rule.suppressPrefixLength === undefined
  );
}

function compileRule(rule: RoutingRule, tables: RouteTables): CompiledRule {
  const everything = cidrOf(rule.family === 4 ? ipv4(0) : ipv6(0, 0, 0, 0), 0);
  const text = ruleText(rule);
  const unknown = unknownEntry(rule, everything, text);
  if (rule.action === 'lookup') {
    return { rule, table: tables.get(rule.table), entry: undefined, unknown };
  }
  // A rule that goes on elsewhere is unknown whenever it is met.
  if (rule.action === 'goto' || rule.action === 'nop') {
    return { rule, table: undefined, entry: unknown, unknown };
  }
  const entry = fibEntry({ type: rule.action, to: everything, dev: '', table: 'main' });
  return { rule, table: undefined, entry: { ...entry, text }, unknown };
}

function unknownEntry(rule: RoutingRule, to: Cidr, text: string): FibEntry | undefined {
  if (rule.notModelled.length === 0) return undefined;
  const entry = fibEntry({ type: 'unicast', to, dev: '', table: 'main' });
  const names = rule.notModelled.map((name) => `\`${name}\``).join(', ');
  const reason = `${text} has ${names}, which is not modelled`;
  return {
    ...entry,
    text,
    outcome: { kind: 'undetermined', reason },
    unknown: reason,
    isMet: false,
  };
}

function ruleText(rule: RoutingRule): string {
  const parts = [`rule ${rule.priority}:`];
  if (rule.not) parts.push('not');
  parts.push(`from ${rule.from === undefined ? 'all' : renderCidr(rule.from)}`);
  if (rule.to !== undefined) parts.push(`to ${renderCidr(rule.to)}`);
  if (rule.fwmark !== undefined) {
    parts.push(`fwmark 0x${rule.fwmark.value.toString(16)}/0x${rule.fwmark.mask.toString(16)}`);
  }
  if (rule.iif !== undefined) parts.push(`iif ${rule.iif}`);
  if (rule.oif !== undefined) parts.push(`oif ${rule.oif}`);
  if (rule.protocol !== undefined) parts.push(`ipproto ${rule.protocol}`);
  return `${parts.join(' ')} ${rule.action}`;
}
