import type { IpFamily } from '../address/ip-address.ts';
import { type RemarkSpec, written } from './host-spec.ts';
import { type JsonObject, numberOf, textOf } from './json-output.ts';

type RuleSpec = Readonly<Record<string, unknown>>;

const MAIN_PRIORITY = 32766;
/** The kernel's own, as priority and table. Source: net/ipv4/fib_rules.c, net/ipv6/fib6_rules.c. */
const OWN: Readonly<Record<IpFamily, readonly string[]>> = {
  4: ['0 local', '32766 main', '32767 default'],
  6: ['0 local', '32766 main'],
};
/** Said otherwise below, or of no consequence for where packets go. */
const HANDLED = ['src', 'srclen', 'dst', 'dstlen', 'fwmark', 'fwmask', 'protocol', 'priority'];
const FLAGS = ['not', 'nop', 'l3mdev'];

/**
 * The rules of one family from `ip -j rule show`; none where they are the kernel's own.
 *
 * A list that lacks the kernel's rule for table main cannot be told from one that stands beside it: a remark says so.
 */
export function readRoutingRules(
  rules: readonly JsonObject[],
  family: IpFamily,
  remarks: RemarkSpec[],
): readonly RuleSpec[] {
  const found = rules.map((rule) => ruleSpec(rule, family));
  const brief = found.map((rule) => `${rule.priority} ${rule.table}`);
  const isPlain = found.every((rule) => Object.keys(rule).length === 3);
  if (isPlain && brief.join() === OWN[family].join()) return [];
  if (!brief.includes(`${MAIN_PRIORITY} main`)) {
    const what = `the kernel's routing rule for table main has been removed (IPv${family})`;
    remarks.push({ what, family });
  }
  return found;
}

function ruleSpec(rule: JsonObject, family: IpFamily): RuleSpec {
  const from = block(rule, 'src', 'srclen');
  const to = block(rule, 'dst', 'dstlen');
  const mark = textOf(rule, 'fwmark');
  const mask = textOf(rule, 'fwmask');
  const rest = Object.entries(rule).filter(
    ([name, value]) => !HANDLED.includes(name) && !FLAGS.includes(name) && isPlainValue(value),
  );
  return {
    priority: numberOf(rule, 'priority') ?? 0,
    family,
    ...Object.fromEntries(FLAGS.filter((name) => name in rule).map((name) => [name, true])),
    ...written({
      from,
      to,
      fwmark: mark === undefined || mask === undefined ? mark : `${mark}/${mask}`,
    }),
    ...Object.fromEntries(rest),
  };
}

function isPlainValue(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number';
}

function block(rule: JsonObject, address: string, length: string): string | undefined {
  const text = textOf(rule, address);
  if (text === undefined || text === 'all') return undefined;
  const bits = numberOf(rule, length);
  return bits === undefined ? text : `${text}/${bits}`;
}
