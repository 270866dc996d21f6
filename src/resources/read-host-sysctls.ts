import type { Node } from 'yaml';
import { nearestName } from '../source/nearest-name.ts';
import { KNOWN_SYSCTLS } from './known-sysctls.ts';
import type { HostInterfaces } from './read-host-interfaces.ts';
import type { Fields } from './reading/fields.ts';
import { scalarTextOf } from './reading/scalar-text.ts';
import { shorten } from './reading/wording.ts';

const NAME = /^[\w-]+(\.[^\s.]+)+$/;
const PER_INTERFACE = /^(net\.ipv[46]\.conf)\.(.+)\.([^.]+)$/;

/**
 * Reads a host's sysctls by full dotted name; values are whole numbers. A name that is one slip of the fingers away from one
 * that decides where packets go, and an interface that the host does not have, are warnings.
 */
export function readHostSysctls(
  spec: Fields,
  interfaces: HostInterfaces,
): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const fields = spec.fields('sysctls');
  for (const written of fields?.names() ?? []) {
    const node = fields?.node(written);
    const name = dotted(written);
    if (fields === undefined) continue;
    if (!NAME.test(name)) {
      fields.problem(
        'invalid-name',
        fields.keyLocation(written),
        `\`${shorten(written)}\` is no sysctl`,
        'Write its full name, such as net.ipv4.ip_forward.',
      );
      continue;
    }
    checkName(fields, written, interfaces);
    const value = readValue(fields, written, node);
    if (value !== undefined) found.set(name, value);
  }
  return found;
}

/** `net/ipv4/conf/eth0.100/rp_filter`, which sysctl(8) takes too, with dots and slashes changed over. */
function dotted(name: string): string {
  const separator = /[./]/.exec(name)?.[0];
  if (separator !== '/') return name;
  return name.replace(/[./]/g, (character) => (character === '/' ? '.' : '/'));
}

function readValue(fields: Fields, name: string, node: Node | undefined): number | undefined {
  const text =
    node === undefined
      ? { value: '', location: fields.keyLocation(name) }
      : scalarTextOf(fields.context, node, `\`${name}\``);
  if (text === undefined) return undefined;
  const value = /^-?(\d+|0x[\da-f]+)$/i.test(text.value.trim()) ? Number(text.value) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  fields.problem(
    'invalid-value',
    text.location,
    `\`${shorten(name)}\` is \`${shorten(text.value)}\``,
    'Write a whole number, as sysctl(8) prints it.',
  );
  return undefined;
}

function checkName(fields: Fields, written: string, interfaces: HostInterfaces): void {
  const name = dotted(written);
  if (!name.startsWith('net.')) return;
  const [, start, scope, end] = PER_INTERFACE.exec(name) ?? [];
  const general = scope === undefined ? name : `${start}.IFACE.${end}`;
  if (scope !== undefined && !isScope(scope, interfaces)) {
    const known = ['all', 'default', 'lo', ...interfaces.map((one) => one.name)];
    const nearest = nearestName(scope, known);
    fields.problem(
      'unknown-reference',
      fields.keyLocation(written),
      `the host has no interface \`${shorten(scope)}\`, so that the sysctl has no effect`,
      nearest === undefined ? undefined : `Did you mean \`${nearest}\`?`,
      'warning',
    );
  }
  if (KNOWN_SYSCTLS.includes(general)) return;
  const nearest = KNOWN_SYSCTLS.find((candidate) => isOneSlipAway(general, candidate));
  if (nearest === undefined) return;
  fields.problem(
    'invalid-name',
    fields.keyLocation(written),
    `sysctl \`${shorten(written)}\` is not known here and has no effect`,
    `Did you mean \`${nearest.replace('IFACE', scope ?? 'IFACE')}\`?`,
    'warning',
  );
}

function isScope(scope: string, interfaces: HostInterfaces): boolean {
  if (scope === 'all' || scope === 'default' || scope === 'lo') return true;
  // sysctl(8) writes the dot of a VLAN's name as a slash.
  return interfaces.some((one) => one.name === scope || one.name === scope.replaceAll('/', '.'));
}

/** One letter more, less, other, or two neighbours changed over. */
function isOneSlipAway(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  const rest = Math.min(a.length, b.length) - start;
  while (end < rest && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const left = a.slice(start, a.length - end);
  const right = b.slice(start, b.length - end);
  if (left.length <= 1 && right.length <= 1) return true;
  return left.length === 2 && left[0] === right[1] && left[1] === right[0] && right.length === 2;
}
