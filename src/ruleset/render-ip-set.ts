import { ipv4 } from '../address/ip-address.ts';
import { IP_PROTOCOL, isIcmp, renderProtocol } from '../address/protocol.ts';
import type { ElementPart, IpSet, IpSetMember, IpSetOptions, MemberExtras } from './ip-set.ts';
import { LARGE_NUMBER, MASKED } from './option/number-codecs.ts';
import { renderHex } from './restore-text.ts';
import { renderStoredAddress, renderStoredCidr } from './stored-address.ts';

/** How many elements ipset lets a set have unless told otherwise. */
const DEFAULT_MAXELEM = 65536;

/** The `create` line of a set and one `add` line for each of its members, without a second one of the same element. */
export function renderIpSet(set: IpSet, lines: string[]): void {
  const members = new Map<string, string>();
  for (const member of set.members) {
    // A second add of the same element would end the restore.
    const element = renderElement(member);
    if (!members.has(element)) members.set(element, renderExtras(member.extras));
  }
  lines.push(`create ${set.name} ${set.type}${renderOptions(set, members.size)}`);
  for (const [element, extras] of members) lines.push(`add ${set.name} ${element}${extras}`);
}

function renderOptions(set: IpSet, size: number): string {
  const { options = {}, type, family } = set;
  const words: string[] = [];
  const add = (word: string, value: string | number | undefined): void => {
    if (value !== undefined) words.push(`${word} ${value}`);
  };
  if (type.startsWith('hash:')) {
    if (family !== undefined) add('family', family === 4 ? 'inet' : 'inet6');
    add('hashsize', options.hashSize ?? 1024);
    add('maxelem', options.maxElements ?? maxelem(size));
  } else if (type === 'list:set') add('size', options.size ?? 8);
  else add('range', renderRange(set));
  add('netmask', options.netmask);
  if (options.bitmask !== undefined) add('bitmask', renderStoredAddress(options.bitmask));
  if (options.markMask !== undefined) add('markmask', renderHex(options.markMask));
  add('timeout', options.timeoutSeconds);
  for (const flag of ['counters', 'comment', 'skbinfo'] as const)
    if (options[flag]) words.push(flag);
  if (options.forceAdd) words.push('forceadd');
  add('bucketsize', options.bucketSize);
  if (options.initialValue !== undefined) {
    add('initval', `0x${options.initialValue.toString(16).padStart(8, '0')}`);
  }
  return words.map((word) => ` ${word}`).join('');
}

function renderRange({ type, options }: IpSet): string | undefined {
  const range: IpSetOptions['range'] = options?.range;
  if (range === undefined) return undefined;
  const text = (value: number): string =>
    type === 'bitmap:port' ? String(value) : renderStoredAddress(ipv4(value));
  return `${text(range.first)}-${text(range.last)}`;
}

function maxelem(count: number): number {
  let limit = DEFAULT_MAXELEM;
  while (limit < count) limit *= 2;
  return limit;
}

/** An element as ipset takes it, without what it carries; a single address without its length. */
export function renderElement(member: IpSetMember): string {
  switch (member.kind) {
    case 'net':
      return renderPart(member);
    case 'address-port':
      return `${renderStoredAddress(member.address)},${renderPort(member)}`;
    case 'element':
      return member.parts
        .map(renderPart)
        .filter((text) => text !== '')
        .join(',');
  }
}

function renderPart(part: ElementPart): string {
  switch (part.kind) {
    case 'net': {
      const { cidr } = part;
      const isHost = cidr.prefixLength === (cidr.network.family === 4 ? 32 : 128);
      return isHost ? renderStoredAddress(cidr.network) : renderStoredCidr(cidr);
    }
    case 'port':
      return part.protocol === 0 ? String(part.port) : renderPort(part);
    case 'interface':
      return part.physical ? `physdev:${part.name}` : part.name;
    case 'mark':
      return renderHex(part.mark);
    case 'mac':
      return part.mac ?? '';
    case 'set':
      return part.name;
  }
}

/** ICMP has type and code where others have a port. */
function renderPort({
  protocol,
  port,
}: {
  readonly protocol: number;
  readonly port: number;
}): string {
  const name = protocol === IP_PROTOCOL.icmpv6 ? 'icmpv6' : renderProtocol(protocol);
  return isIcmp(protocol) ? `${name}:${port >> 8}/${port & 255}` : `${name}:${port}`;
}

function renderExtras(extras: MemberExtras | undefined): string {
  if (extras === undefined) return '';
  const words: string[] = [];
  const add = (word: string, value: string | number | undefined): void => {
    if (value !== undefined) words.push(`${word} ${value}`);
  };
  if (extras.nomatch) words.push('nomatch');
  add('timeout', extras.timeoutSeconds);
  add('packets', extras.packets && LARGE_NUMBER.render(extras.packets, 4));
  add('bytes', extras.bytes && LARGE_NUMBER.render(extras.bytes, 4));
  add('comment', extras.comment === undefined ? undefined : `"${extras.comment}"`);
  add('skbmark', extras.skbmark && MASKED.render(extras.skbmark, 4));
  add('skbprio', extras.skbprio);
  add('skbqueue', extras.skbqueue);
  return words.map((word) => ` ${word}`).join('');
}
