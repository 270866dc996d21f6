import { parseCidr } from '../address/cidr.ts';
import type { IpFamily } from '../address/ip-address.ts';
import { parseProtocol } from '../address/protocol.ts';
import { type HostDocument, RULE_ACTIONS } from './host-document.ts';
import { checkInterface, type HostInterfaces } from './read-host-interfaces.ts';
import { readRoutingTable } from './read-host-routes.ts';
import type { Fields, Written } from './reading/fields.ts';
import { scalarText } from './reading/scalar-text.ts';
import { shorten } from './reading/wording.ts';

type HostRule = HostDocument['rules'][number];

const PRIORITY = { min: 0, max: 0xffffffff };
const PREFIX_LENGTH = { min: 0, max: 128 };
const MARK = /^(\d+|0x[\da-f]+)(?:\/(\d+|0x[\da-f]+))?$/i;
/** What `ip rule` has and the simulation of routing does not: packets that such a rule could concern are undetermined. */
const NOT_MODELLED = [
  ...['sport', 'dport', 'sport_start', 'sport_end', 'dport_start', 'dport_end', 'tos', 'dsfield'],
  ...['uidrange', 'uid_start', 'uid_end', 'goto', 'nat', 'tun_id', 'suppress_ifgroup'],
  ...['flowlabel', 'dscp', 'tos_mask'],
];
/** `l3mdev` matches packets of a VRF alone, which are undetermined as they are. Realms are marks for statistics. */
const OF_NO_CONSEQUENCE = ['realms', 'flow_from', 'flow_to'];

/**
 * Reads a host's policy routing rules, by the words of `ip rule`: `priority`, `not`, `from`, `to`, `iif`, `oif`, `fwmark`,
 * `ipproto`, `table`, `action`, `suppress_prefixlength`, and `family`. The names that `ip -j rule` has for some of these (`src`,
 * `srclen`, `dst`, `dstlen`, `fwmask`) are understood as well.
 */
export function readHostRules(spec: Fields, interfaces: HostInterfaces): readonly HostRule[] {
  return spec.fieldsList('rules').map((fields) => readRule(fields, interfaces));
}

function readRule(fields: Fields, interfaces: HostInterfaces): HostRule {
  const from = readBlock(fields, 'from', ['src', 'srclen']);
  const to = readBlock(fields, 'to', ['dst', 'dstlen']);
  const rule: HostRule = {
    priority: fields.integer('priority', PRIORITY)?.value,
    not: readNot(fields),
    from: from?.text,
    to: to?.text,
    iif: readInterface(fields, 'iif', interfaces),
    oif: readInterface(fields, 'oif', interfaces),
    fwmark: readMark(fields),
    protocol: readProtocol(fields),
    action: isWritten(fields, 'l3mdev') ? 'nop' : readAction(fields),
    table: readRoutingTable(fields, 'table'),
    suppressPrefixLength: (
      fields.integer('suppress_prefixlength', PREFIX_LENGTH) ??
      fields.integer('suppress_prefixlen', PREFIX_LENGTH)
    )?.value,
    family: readFamily(fields, [from?.family, to?.family]),
    notModelled: NOT_MODELLED.filter((name) => fields.has(name)),
    location: fields.location,
  };
  fields.ignore(...OF_NO_CONSEQUENCE);
  fields.finish();
  if (rule.action === 'lookup' && !fields.has('table')) {
    fields.problem(
      'missing-field',
      fields.location,
      'the routing rule has no `table`',
      'Name the table that it looks up, or an `action`.',
    );
  }
  return rule;
}

/** `ip -j rule` writes `not` with null for a rule that is negated. */
function readNot(fields: Fields): boolean {
  return isWritten(fields, 'not');
}

/** Whether a flag of `ip -j rule` is there: true, or null as `ip` writes it. */
function isWritten(fields: Fields, name: string): boolean {
  const written = fields.boolean(name);
  return written?.value ?? (fields.names().includes(name) && !fields.has(name));
}

function readBlock(
  fields: Fields,
  name: string,
  [address, length]: readonly [string, string],
): { readonly text: string; readonly family: IpFamily | undefined } | undefined {
  const written = fields.string(name);
  const alias = fields.string(address);
  const lengthValue = fields.integer(length, PREFIX_LENGTH);
  if (written !== undefined && alias !== undefined) {
    fields.problem(
      'invalid-combination',
      alias.location,
      `\`${name}\` and \`${address}\` are the same`,
      'Leave one of them out.',
    );
  }
  const value = written ?? alias;
  if (value === undefined) return undefined;
  if (value.value === 'all' || value.value === 'default') {
    return { text: 'all', family: undefined };
  }
  const slashed = written === undefined && lengthValue !== undefined;
  const text = slashed ? `${value.value}/${lengthValue.value}` : value.value;
  const block = parseCidr(text);
  if (block !== undefined) return { text, family: block.network.family };
  fields.problem(
    'invalid-value',
    value.location,
    `\`${shorten(text)}\` in \`${written === undefined ? address : name}\` is no address block`,
    'Write all, or an address block such as 10.0.0.0/8.',
  );
  return undefined;
}

/** A rule may name an interface that does not exist: it matches nothing then. */
function readInterface(
  fields: Fields,
  name: 'iif' | 'oif',
  interfaces: HostInterfaces,
): string | undefined {
  const written = fields.string(name);
  if (written !== undefined) checkInterface(fields, written, { interfaces, severity: 'warning' });
  return written?.value;
}

function readMark(fields: Fields): string | undefined {
  const mark = scalarText(fields, 'fwmark');
  const mask = scalarText(fields, 'fwmask');
  if (mark === undefined) return undefined;
  const text = mask === undefined ? mark.value : `${mark.value}/${mask.value}`;
  const found = MARK.exec(text);
  const numbers = found?.slice(1).filter((number) => number !== undefined) ?? [];
  if (found !== null && numbers.every((number) => Number(number) <= 0xffffffff)) return text;
  fields.problem(
    'invalid-value',
    mark.location,
    `\`fwmark\` is \`${shorten(text)}\``,
    'Write a number of 32 bits with an optional mask, such as 0x10/0xff.',
  );
  return undefined;
}

function readProtocol(fields: Fields): number | undefined {
  const origin = scalarText(fields, 'protocol');
  if (origin !== undefined && /[a-z]/i.test(origin.value) && parseProtocol(origin.value)) {
    fields.problem(
      'invalid-value',
      origin.location,
      '`protocol` of a routing rule says who made it, not which packets it is about',
      'Write `ipproto`.',
    );
  }
  const written = scalarText(fields, 'ipproto');
  if (written === undefined) return undefined;
  const protocol = parseProtocol(written.value.replace(/^ipv6-icmp$/, 'icmpv6'));
  if (protocol === undefined) {
    fields.problem(
      'invalid-value',
      written.location,
      `\`ipproto\` is \`${shorten(written.value)}\``,
      'Use tcp, udp, icmp, icmpv6, sctp, udplite or a number from 0 to 255.',
    );
  }
  return protocol;
}

function readAction(fields: Fields): HostRule['action'] {
  if (fields.has('goto')) return 'goto';
  if (isWritten(fields, 'nop')) return 'nop';
  return fields.oneOf('action', RULE_ACTIONS)?.value ?? 'lookup';
}

/** Reads `family`, written 4 or 6 or in the words of `ip`. */
export function readHostFamily(fields: Fields): IpFamily | undefined {
  const written = scalarText(fields, 'family');
  return written === undefined ? undefined : parseFamily(fields, written);
}

function readFamily(fields: Fields, used: readonly (IpFamily | undefined)[]): IpFamily | undefined {
  const family = readHostFamily(fields);
  const families = new Set([family, ...used].filter((one) => one !== undefined));
  if (families.size > 1) {
    fields.problem(
      'invalid-combination',
      fields.location,
      'the routing rule mixes IPv4 and IPv6',
      'Write one rule for each family.',
    );
  }
  return [...families][0];
}

function parseFamily(fields: Fields, written: Written<string>): IpFamily | undefined {
  if (/^(4|inet)$/.test(written.value)) return 4;
  if (/^(6|inet6)$/.test(written.value)) return 6;
  fields.problem(
    'invalid-value',
    written.location,
    `\`family\` is \`${shorten(written.value)}\``,
    'Use 4 or 6.',
  );
  return undefined;
}
