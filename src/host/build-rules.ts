import { parseCidr } from '../address/cidr.ts';
import type { IpFamily } from '../address/ip-address.ts';
import type { HostDocument } from '../resources/host-document.ts';
import type { RoutingRule } from './host.ts';
import { routeTableName } from './route-table-name.ts';

type WrittenRule = HostDocument['rules'][number];

/**
 * The rules that a fresh network namespace has: local, main and, for IPv4 only, default.
 * Source: net/ipv4/fib_rules.c, fib_default_rules_init; net/ipv6/fib6_rules.c, fib6_rules_net_init.
 */
export function defaultRoutingRules(family: IpFamily): readonly RoutingRule[] {
  const rules = [lookupRule(family, 0, 'local'), lookupRule(family, 32766, 'main')];
  return family === 4 ? [...rules, lookupRule(family, 32767, 'default')] : rules;
}

/**
 * The rules of both families in the order in which the kernel asks them.
 *
 * A list that holds the kernel's rule for table main (priority 32766) is what `ip rule` printed, and is complete; any other
 * stands beside the kernel's own.
 */
export function buildRules(document: HostDocument): readonly RoutingRule[] {
  return ([4, 6] as const).flatMap((family) => {
    const written = document.rules.filter((rule) => familiesOf(rule).includes(family));
    const complete = written.some((rule) => isMainRule(rule));
    const rules = complete ? [] : [...defaultRoutingRules(family)];
    for (const rule of written) insertRule(rules, buildRule(rule, family, rules));
    return rules;
  });
}

function isMainRule(rule: WrittenRule): boolean {
  return rule.priority === 32766 && routeTableName(rule.table ?? '') === 'main';
}

/** Equal priorities keep the order in which they were added. */
function insertRule(rules: RoutingRule[], rule: RoutingRule): void {
  const at = rules.findIndex((other) => other.priority > rule.priority);
  rules.splice(at < 0 ? rules.length : at, 0, rule);
}

/** Both families for a rule that names no addresses, as routes to `default` are. */
function familiesOf(rule: WrittenRule): readonly IpFamily[] {
  if (rule.family !== undefined) return [rule.family];
  const block = parseBlock(rule.from) ?? parseBlock(rule.to);
  return block === undefined ? [4, 6] : [block.network.family];
}

function parseBlock(text: string | undefined): ReturnType<typeof parseCidr> {
  // `all` is how `ip rule` prints an address that is not looked at.
  return text === undefined || text === 'all' || text === 'default' ? undefined : parseCidr(text);
}

function buildRule(
  written: WrittenRule,
  family: IpFamily,
  before: readonly RoutingRule[],
): RoutingRule {
  return {
    family,
    priority: written.priority ?? nextPriority(before),
    not: written.not,
    from: parseBlock(written.from),
    to: parseBlock(written.to),
    iif: written.iif,
    oif: written.oif,
    fwmark: written.fwmark === undefined ? undefined : parseMark(written.fwmark),
    protocol: written.protocol,
    action: written.action,
    table: routeTableName(written.table ?? 'main'),
    suppressPrefixLength: written.suppressPrefixLength,
    notModelled: written.notModelled,
  };
}

/**
 * What a rule gets that names no priority: one less than the second rule's, so that it comes before all but the first.
 * Source: net/core/fib_rules.c, fib_default_rule_pref.
 */
function nextPriority(rules: readonly RoutingRule[]): number {
  const second = rules[1];
  return second === undefined || second.priority === 0 ? 0 : second.priority - 1;
}

/** `0x10/0xff`, `0x10` or `16`; the mask is all ones when it is left out. */
function parseMark(text: string): { readonly value: number; readonly mask: number } {
  const slash = text.indexOf('/');
  const value = Number(slash < 0 ? text : text.slice(0, slash));
  const mask = slash < 0 ? 0xffffffff : Number(text.slice(slash + 1));
  if (!Number.isInteger(value) || !Number.isInteger(mask)) {
    throw new Error(`INVARIANT: checked mark \`${text}\``);
  }
  return { value: value >>> 0, mask: mask >>> 0 };
}

function lookupRule(family: IpFamily, priority: number, table: string): RoutingRule {
  return {
    family,
    priority,
    not: false,
    from: undefined,
    to: undefined,
    iif: undefined,
    oif: undefined,
    fwmark: undefined,
    protocol: undefined,
    action: 'lookup',
    table,
    suppressPrefixLength: undefined,
    notModelled: [],
  };
}
