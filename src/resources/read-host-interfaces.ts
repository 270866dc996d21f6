import { parseInterfaceAddress, renderCidr } from '../address/cidr.ts';
import { isInterfaceName } from '../address/interface-name.ts';
import { renderIpAddress } from '../address/ip-address.ts';
import { nearestName } from '../source/nearest-name.ts';
import type { HostDocument } from './host-document.ts';
import type { Fields, Written } from './reading/fields.ts';
import { shorten } from './reading/wording.ts';

/** The interfaces of a Host document. */
export type HostInterfaces = HostDocument['interfaces'];

const MAC = /^[\da-f]{2}(:[\da-f]{2}){5}$/i;

/** Reads a host's interfaces. An interface without a usable name is reported and left out. */
export function readHostInterfaces(spec: Fields): HostInterfaces {
  const interfaces: HostInterfaces[number][] = [];
  const names = new Map<string, Written<string>>();
  const masters: { readonly fields: Fields; readonly own: string; master: Written<string> }[] = [];
  for (const fields of spec.fieldsList('interfaces')) {
    const name = readName(fields, names);
    const master = fields.string('master');
    const addresses = readAddresses(fields);
    const mac = readMac(fields);
    const up = fields.boolean('up')?.value ?? true;
    const type = fields.string('type')?.value;
    // For people alone: where a VLAN or a veth hangs, and what the kernel says of the link.
    fields.ignore('parent', 'vlan', 'state');
    fields.finish();
    if (name === undefined) continue;
    if (master !== undefined) masters.push({ fields, own: name, master });
    interfaces.push({
      name,
      addresses,
      mac,
      up,
      master: master?.value,
      type,
      location: fields.location,
    });
  }
  for (const { fields, own, master } of masters) {
    if (master.value === own) {
      fields.problem('invalid-value', master.location, `\`${own}\` is its own master`);
    } else checkInterface(fields, master, { interfaces });
  }
  return interfaces;
}

/** Reports the name of an interface that the host does not have. `lo` is always there. */
export function checkInterface(
  fields: Fields,
  name: Written<string>,
  {
    interfaces,
    severity,
  }: { readonly interfaces: HostInterfaces; readonly severity?: 'error' | 'warning' },
): void {
  if (name.value === 'lo' || interfaces.some((one) => one.name === name.value)) return;
  const known = ['lo', ...interfaces.map((one) => one.name)];
  const nearest = nearestName(name.value, known);
  fields.problem(
    'unknown-reference',
    name.location,
    `the host has no interface \`${shorten(name.value)}\``,
    nearest === undefined
      ? `Its interfaces are ${known.slice(0, 20).join(', ')}.`
      : `Did you mean \`${nearest}\`?`,
    severity,
  );
}

function readName(fields: Fields, names: Map<string, Written<string>>): string | undefined {
  const name = fields.requiredString('name');
  if (name === undefined) return undefined;
  if (!isInterfaceName(name.value)) {
    fields.problem(
      'invalid-name',
      name.location,
      `interface name \`${shorten(name.value)}\` is not valid`,
      'Linux takes 1 to 15 bytes without blanks, `/` and `:`.',
    );
    return undefined;
  }
  if (name.value === 'local') {
    fields.problem(
      'invalid-name',
      name.location,
      'an interface cannot be called `local`',
      'In packets, `in: local` means a process on the host.',
    );
    return undefined;
  }
  const before = names.get(name.value);
  if (before !== undefined) {
    fields.context.problemWith(
      'duplicate-name',
      name.location,
      `the host has two interfaces \`${name.value}\``,
      { related: [before.location], hint: 'Write all addresses of an interface in one place.' },
    );
    return undefined;
  }
  names.set(name.value, name);
  return name.value;
}

function readAddresses(fields: Fields): readonly string[] {
  const found = new Map<string, string>();
  for (const { value: text, location } of fields.strings('addresses')) {
    const parsed = parseInterfaceAddress(text);
    if (parsed === undefined) {
      fields.problem(
        'invalid-value',
        location,
        `\`${shorten(text)}\` in \`addresses\` is no interface address`,
        'Write the address and the length of its subnet, such as 192.0.2.10/24 or 2001:db8::10/64.',
      );
      continue;
    }
    const key = `${renderIpAddress(parsed.address)} ${renderCidr(parsed.cidr)}`;
    if (found.has(key)) {
      fields.problem(
        'duplicate-name',
        location,
        `the interface has the address \`${text}\` twice`,
        'Remove one of the two.',
      );
    }
    found.set(key, text);
  }
  return [...found.values()];
}

function readMac(fields: Fields): string | undefined {
  const mac = fields.string('mac');
  if (mac === undefined) return undefined;
  if (MAC.test(mac.value)) return mac.value.toLowerCase();
  fields.problem(
    'invalid-value',
    mac.location,
    `\`mac\` is \`${shorten(mac.value)}\``,
    'Write six pairs of hex digits, such as "02:00:00:00:00:01".',
  );
  return undefined;
}
