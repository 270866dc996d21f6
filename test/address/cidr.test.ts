import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Cidr,
  cidrContains,
  cidrOf,
  compareCidrs,
  hostCidr,
  parseCidr,
  parseInterfaceAddress,
  renderCidr,
} from '../../src/address/cidr.ts';
import {
  type IpAddress,
  ipv4,
  ipv6,
  parseIpAddress,
  renderIpAddress,
} from '../../src/address/ip-address.ts';
import { addressArbitrary, ipv4Arbitrary, ipv6Arbitrary } from './address-arbitrary.ts';

function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

function address(text: string): IpAddress {
  const parsed = parseIpAddress(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

test.each([
  ['10.0.0.0/8', '10.0.0.0/8'],
  ['10.1.2.3/8', '10.0.0.0/8'],
  ['10.1.2.3', '10.1.2.3/32'],
  ['10.1.2.3/0', '0.0.0.0/0'],
  ['192.0.2.129/25', '192.0.2.128/25'],
  ['2001:db8::10/64', '2001:db8::/64'],
  ['2001:db8::10', '2001:db8::10/128'],
  ['2001:db8:ffff::/33', '2001:db8:8000::/33'],
  ['::1/0', '::/0'],
])('%s is the block %s', (text, wanted) => {
  expect(renderCidr(cidr(text))).toBe(wanted);
});

test.each([
  ...['', '/', '/8', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/08', '10.0.0.0/8 '],
  ...['10.0.0/8', '10.0.0.0/255.0.0.0', '10.0.0.0/8/8', '10.0.0.0/ 8', '::/129', '::/1e1', '::/+1'],
  ...['default', 'all', '10.0.0.0-10.0.0.9', '10.0.0.0/0x8', 'fe80::%eth0/64'],
])('`%s` is no block', (text) => {
  expect(parseCidr(text)).toBeUndefined();
});

test('an interface address keeps its own bits beside its block', () => {
  const parsed = parseInterfaceAddress('192.0.2.10/24');
  expect(parsed && renderIpAddress(parsed.address)).toBe('192.0.2.10');
  expect(parsed && renderCidr(parsed.cidr)).toBe('192.0.2.0/24');
  expect(parseInterfaceAddress('192.0.2.10/99')).toBeUndefined();
});

test.each([
  ['10.0.0.0/8', '10.255.255.255', true],
  ['10.0.0.0/8', '11.0.0.0', false],
  ['10.0.0.0/8', '9.255.255.255', false],
  ['0.0.0.0/0', '255.255.255.255', true],
  ['0.0.0.0/0', '::', false],
  ['::/0', '0.0.0.0', false],
  ['::/0', 'ffff::', true],
  ['192.0.2.10/32', '192.0.2.10', true],
  ['192.0.2.10/32', '192.0.2.11', false],
  ['128.0.0.0/1', '255.0.0.0', true],
  ['128.0.0.0/1', '127.255.255.255', false],
  ['2001:db8::/33', '2001:db8:7fff:ffff::', true],
  ['2001:db8::/33', '2001:db8:8000::', false],
  ['2001:db8::1/128', '2001:db8::1', true],
  ['::/96', '::192.0.2.1', true],
  ['0.0.0.0/0', '::192.0.2.1', false],
])('whether %s contains %s: %s', (block, text, wanted) => {
  expect(cidrContains(cidr(block), address(text))).toBe(wanted);
});

describe('properties', () => {
  const number = ({ w0, w1, w2, w3 }: IpAddress): bigint =>
    (BigInt(w0) << 96n) | (BigInt(w1) << 64n) | (BigInt(w2) << 32n) | BigInt(w3);
  const cidrArbitrary = fc.oneof(
    fc.tuple(ipv4Arbitrary, fc.nat({ max: 32 })),
    fc.tuple(ipv6Arbitrary, fc.nat({ max: 128 })),
  );

  test('a printed block gives the block back', () => {
    fc.assert(
      fc.property(cidrArbitrary, ([base, length]) => {
        const block = cidrOf(base, length);
        expect(parseCidr(renderCidr(block))).toEqual(block);
        expect(parseCidr(`${renderIpAddress(base)}/${length}`)).toEqual(block);
      }),
    );
  });

  test('containment is what shifting the numbers says', () => {
    fc.assert(
      fc.property(
        cidrArbitrary,
        addressArbitrary,
        fc.nat({ max: 127 }),
        ([base, length], other, bit) => {
          const host = BigInt((base.family === 4 ? 32 : 128) - length);
          // A neighbour of the base, one bit away, is near the block's edge more often than a random address.
          const flipped = number(base) ^ (1n << BigInt(base.family === 4 ? bit % 32 : bit));
          const word = (index: number): number =>
            Number((flipped >> BigInt(96 - 32 * index)) & 0xffffffffn);
          const near = base.family === 4 ? ipv4(word(3)) : ipv6(word(0), word(1), word(2), word(3));
          for (const candidate of [base, near, other]) {
            const wanted =
              candidate.family === base.family &&
              number(candidate) >> host === number(base) >> host;
            expect(cidrContains(cidrOf(base, length), candidate)).toBe(wanted);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('the block of one address contains it and nothing else', () => {
    fc.assert(
      fc.property(addressArbitrary, addressArbitrary, (a, b) => {
        expect(cidrContains(hostCidr(a), a)).toBe(true);
        expect(cidrContains(hostCidr(a), b)).toBe(a.family === b.family && number(a) === number(b));
      }),
    );
  });

  test('blocks compare equal only when they are', () => {
    fc.assert(
      fc.property(cidrArbitrary, cidrArbitrary, ([a, n], [b, m]) => {
        const x = cidrOf(a, n);
        const y = cidrOf(b, m);
        expect(compareCidrs(x, y) === 0).toBe(renderCidr(x) === renderCidr(y));
        expect(Math.sign(compareCidrs(x, y)) + Math.sign(compareCidrs(y, x))).toBe(0);
      }),
    );
  });
});
