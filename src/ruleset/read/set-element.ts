import { type Cidr, cidrOf } from '../../address/cidr.ts';
import type { IpAddress } from '../../address/ip-address.ts';
import type { ElementPart, IpSet, IpSetMember, MemberExtras } from '../ip-set.ts';
import { MAC, maskAddress, maskOfLength } from '../option/address-codecs.ts';
import { RefusedRule } from '../option/given-options.ts';
import { isInterfacePattern } from '../option/interface-codec.ts';
import { parseUnsigned } from '../option/number-codecs.ts';
import { renderStoredAddress } from '../stored-address.ts';
import { kindOfMembers } from '../validate-ip-set.ts';
import { expandAddresses, expandNets } from './expand-addresses.ts';
import { DIMENSIONS, type Dimension } from './ip-set-types.ts';
import { expandPorts } from './set-port.ts';

/** Of a set, what says how its elements are written. */
export type ElementForm = Pick<IpSet, 'type' | 'family' | 'options'>;

/**
 * The elements that the text of one `add` stands for: ranges and blocks of addresses, and ranges of ports, are many.
 *
 * @throws RefusedRule for text that ipset would not take, and for more than `most` elements; `at` is the word's number.
 */
export function expandElement(
  text: string,
  form: ElementForm,
  { at, most }: { readonly at: number; readonly most: number },
): readonly (readonly ElementPart[])[] {
  const dimensions = DIMENSIONS[form.type];
  const words = text.includes(',') ? splitElement(text, dimensions.length) : [text];
  const isBitmapMac = form.type === 'bitmap:ip,mac';
  if (words.length > dimensions.length || (words.length < dimensions.length && !isBitmapMac)) {
    throw new RefusedRule(`an element of ${form.type} has ${dimensions.length} parts`, at);
  }
  const parts = dimensions.map((dimension, i) =>
    readDimension(words[i], dimension, form, { at, most }),
  );
  const count = parts.reduce((product, { length }) => product * length, 1);
  if (count > most) throw tooMany(most, at);
  if (count === 1) return [parts.flat()];
  return parts.reduce<readonly (readonly ElementPart[])[]>(
    (elements, more) => elements.flatMap((element) => more.map((part) => [...element, part])),
    [[]],
  );
}

/** An element as the kind of member that its set has. */
export function memberOf(
  parts: readonly ElementPart[],
  form: ElementForm,
  extras: MemberExtras | undefined,
): IpSetMember {
  const more = extras === undefined ? {} : { extras };
  const [first, second] = parts;
  switch (kindOfMembers(form)) {
    case 'net':
      if (first?.kind === 'net') return { kind: 'net', cidr: first.cidr, ...more };
      break;
    case 'address-port':
      if (first?.kind === 'net' && second?.kind === 'port') {
        const { protocol, port } = second;
        return { kind: 'address-port', address: first.cidr.network, protocol, port, ...more };
      }
      break;
    default:
  }
  return { kind: 'element', parts, ...more };
}

/** Parts are parted by commas; an IPv6 address may stand in brackets. */
function splitElement(text: string, count: number): readonly string[] {
  const words = text.split(',').map((word) => word.replace(/^\[(.*)\]/, '$1'));
  return count === 1 ? [words.join(',')] : words;
}

function readDimension(
  word: string | undefined,
  dimension: Dimension,
  form: ElementForm,
  { at, most }: { readonly at: number; readonly most: number },
): readonly ElementPart[] {
  const family = form.family ?? 4;
  switch (dimension) {
    case 'ip':
      return readAddresses(word, form, { at, most });
    case 'net':
      return readNets(word, form, at);
    case 'port': {
      const plain = form.type === 'bitmap:port';
      return known(expandPorts(word ?? '', { family, plain }), word, 'a port', at);
    }
    case 'mark': {
      const mark = known(parseUnsigned(word ?? ''), word, 'a mark', at);
      return [{ kind: 'mark', mark: (mark & (form.options?.markMask ?? 0xffffffff)) >>> 0 }];
    }
    case 'interface': {
      const physical = word?.startsWith('physdev:') === true;
      const name = physical ? word.slice('physdev:'.length) : (word ?? '');
      const isName = isInterfacePattern(name);
      return [
        {
          kind: 'interface',
          name: known(isName ? name : undefined, word, 'an interface', at),
          physical,
        },
      ];
    }
    case 'mac': {
      if (word === undefined) return [{ kind: 'mac', mac: undefined }];
      return [{ kind: 'mac', mac: known(MAC.parse(word, family), word, 'a MAC address', at) }];
    }
    case 'set':
      return [{ kind: 'set', name: word ?? '' }];
  }
}

/** Addresses, cut as the set cuts them. */
function readAddresses(
  word: string | undefined,
  { type, family = 4, options }: ElementForm,
  { at, most }: { readonly at: number; readonly most: number },
): readonly ElementPart[] {
  const length = options?.netmask ?? (family === 4 ? 32 : 128);
  const blocks = expandAddresses(word ?? '', { family, length, most });
  if (blocks === 'too many') throw tooMany(most, at);
  const found = known(blocks, word, 'an address', at).map((cidr) => masked(cidr, options?.bitmask));
  if (type === 'hash:ip' && found.some(({ network: n }) => (n.w0 | n.w1 | n.w2 | n.w3) === 0)) {
    throw new RefusedRule('ipset cannot hold the address of zeros', at);
  }
  if (options?.bitmask === undefined) return found.map((cidr) => ({ kind: 'net', cidr }));
  // Addresses that the mask makes one are one element.
  const different = new Map(found.map((cidr) => [renderStoredAddress(cidr.network), cidr]));
  return [...different.values()].map((cidr) => ({ kind: 'net', cidr }));
}

function readNets(
  word: string | undefined,
  { family = 4, type, options }: ElementForm,
  at: number,
): readonly ElementPart[] {
  const blocks = known(expandNets(word ?? '', family), word, 'a block of addresses', at);
  if (type !== 'hash:net,iface' && blocks.some((cidr) => cidr.prefixLength === 0)) {
    throw new RefusedRule('ipset cannot hold a block of every address', at, 'Use its two halves.');
  }
  const { netmask, bitmask } = options ?? {};
  const mask = netmask === undefined ? bitmask : maskOfLength(netmask, family);
  return blocks.map((cidr) => ({ kind: 'net', cidr: masked(cidr, mask) }));
}

function masked(cidr: Cidr, mask: IpAddress | undefined): Cidr {
  return mask === undefined ? cidr : cidrOf(maskAddress(cidr.network, mask), cidr.prefixLength);
}

function known<Value>(
  value: Value | undefined,
  word: string | undefined,
  what: string,
  at: number,
): Value {
  if (value === undefined)
    throw new RefusedRule(`\`${word ?? ''}\` is not ${what} that ipset takes here`, at);
  return value;
}

function tooMany(most: number, at: number): RefusedRule {
  return new RefusedRule(
    `the set is full: it takes no more than ${most} elements`,
    at,
    'Raise its maxelem.',
  );
}
