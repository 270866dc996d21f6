import { type Cidr, cidrContains, parseCidr } from '../address/cidr.ts';
import { type IpAddress, parseIpAddress } from '../address/ip-address.ts';
import { parseProtocol, renderProtocol } from '../address/protocol.ts';
import { parseTcpFlags, renderTcpFlags } from '../packet/tcp-flags.ts';
import { FIELD_WORDS } from '../scenario/result-fields.ts';
import { nearestName } from '../source/nearest-name.ts';

/** What a field is compared with. */
export type FilterValue =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'range'; readonly first: number; readonly last: number }
  | { readonly kind: 'block'; readonly cidr: Cidr }
  | { readonly kind: 'address'; readonly address: IpAddress };

/** Why a field can never have a value. */
export interface ImpossibleValue {
  readonly kind: 'impossible';
  readonly message: string;
  readonly hint: string | undefined;
}

/** Fields whose values are addresses. */
const ADDRESS_FIELDS = new Set(['packet.src', 'packet.dst', 'final.src', 'final.dst']);

/** The last parts of the names of fields whose values are numbers; `type` is one everywhere but in a decision. */
const NUMBER_NAMES = new Set([
  ...['frame', 'sport', 'dport', 'type', 'code', 'id', 'seq', 'ack', 'ttl', 'tos', 'length'],
  ...['mark', 'uid', 'gid', 'time', 'ruleIndex', 'rule', 'line'],
]);

/**
 * What a value means for a field, by its full name: one that the field can never have is a mistake, not a filter that nothing passes.
 * Nothing, or `null`, stands for a field that is absent.
 */
export function parseFilterValue(field: string, text: string): FilterValue | ImpossibleValue {
  if (text === '' || text === 'null') return { kind: 'none' };
  const words = FIELD_WORDS.get(field);
  if (words !== undefined) return wordOf(field, text, words);
  if (ADDRESS_FIELDS.has(field)) return addressOf(field, text);
  if (field === 'packet.proto') return protocolOf(text);
  if (field === 'packet.flags') return flagsOf(text);
  if (field === 'packet.state') return wordOf(field, text, FIELD_WORDS.get('state') ?? []);
  const name = field.slice(field.lastIndexOf('.') + 1);
  if (field !== 'decision.type' && NUMBER_NAMES.has(name)) return numbersOf(field, text);
  return { kind: 'text', text };
}

/** Whether a field's value, as JSON has it, is the one wanted. */
export function isFilterValue(value: unknown, wanted: FilterValue): boolean {
  switch (wanted.kind) {
    case 'none':
      return value === undefined || value === null;
    case 'range':
      return typeof value === 'number' && value >= wanted.first && value <= wanted.last;
    case 'block': {
      const address = typeof value === 'string' ? parseIpAddress(value) : undefined;
      return address !== undefined && cidrContains(wanted.cidr, address);
    }
    case 'address': {
      const address = typeof value === 'string' ? parseIpAddress(value) : undefined;
      return address !== undefined && isSame(address, wanted.address);
    }
    default:
      return value !== undefined && value !== null && String(value) === wanted.text;
  }
}

function isSame(a: IpAddress, b: IpAddress): boolean {
  return a.family === b.family && a.w0 === b.w0 && a.w1 === b.w1 && a.w2 === b.w2 && a.w3 === b.w3;
}

function wordOf(
  field: string,
  text: string,
  words: readonly (string | null)[],
): FilterValue | ImpossibleValue {
  if (words.includes(text)) return { kind: 'text', text };
  const known = words.filter((word) => word !== null);
  const near = nearestName(text, known);
  const hint =
    near === undefined ? `It is one of ${known.join(', ')}.` : `Did you mean \`${near}\`?`;
  return impossible(`${field} is never \`${text}\``, hint);
}

function addressOf(field: string, text: string): FilterValue | ImpossibleValue {
  const address = parseIpAddress(text);
  if (address !== undefined) return { kind: 'address', address };
  const cidr = text.includes('/') ? parseCidr(text) : undefined;
  if (cidr !== undefined) return { kind: 'block', cidr };
  return impossible(
    `${field} is never \`${text}\``,
    'Give an address, or a block: 203.0.113.0/24.',
  );
}

function protocolOf(text: string): FilterValue | ImpossibleValue {
  const number = parseProtocol(text);
  if (number !== undefined) return { kind: 'text', text: renderProtocol(number) };
  return impossible(
    `there is no protocol \`${text}\``,
    'Use tcp, udp, icmp, icmpv6, sctp, udplite or a number from 0 to 255.',
  );
}

function flagsOf(text: string): FilterValue | ImpossibleValue {
  const flags = parseTcpFlags(text);
  if (flags !== undefined) return { kind: 'text', text: renderTcpFlags(flags) };
  return impossible(`there are no TCP flags \`${text}\``, 'Use the initials: S A F R P U E C.');
}

function numbersOf(field: string, text: string): FilterValue | ImpossibleValue {
  const range = /^(\d{1,10})-(\d{1,10})$/.exec(text);
  const [first, last] =
    range === null ? [numberOf(text), numberOf(text)] : [Number(range[1]), Number(range[2])];
  if (first !== undefined && last !== undefined && first <= last) {
    return { kind: 'range', first, last };
  }
  return impossible(`${field} is never \`${text}\``, 'Give a number, or a range: 1000-2000.');
}

function numberOf(text: string): number | undefined {
  return /^(\d{1,10}(\.\d+)?|0x[\da-f]{1,8})$/i.test(text) ? Number(text) : undefined;
}

function impossible(message: string, hint: string | undefined): ImpossibleValue {
  return { kind: 'impossible', message, hint };
}
