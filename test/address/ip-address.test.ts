import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareIpAddresses,
  type IpAddress,
  ipv4,
  ipv6,
  parseIpAddress,
  renderIpAddress,
  sameIpAddress,
} from '../../src/address/ip-address.ts';
import { addressArbitrary } from './address-arbitrary.ts';

describe('an address is four words, most significant first', () => {
  test.each<[string, IpAddress]>([
    ['0.0.0.0', ipv4(0)],
    ['10.0.0.1', { family: 4, w0: 0, w1: 0, w2: 0, w3: 0x0a000001 }],
    ['192.0.2.255', ipv4(0xc00002ff)],
    ['255.255.255.255', ipv4(0xffffffff)],
    ['::', ipv6(0, 0, 0, 0)],
    ['::1', { family: 6, w0: 0, w1: 0, w2: 0, w3: 1 }],
    ['2001:db8::10', ipv6(0x20010db8, 0, 0, 0x10)],
    ['2001:DB8:0:1:2:3:4:5', ipv6(0x20010db8, 0x00000001, 0x00020003, 0x00040005)],
    ['fe80::8000:0:0:1', ipv6(0xfe800000, 0, 0x80000000, 1)],
    ['::192.0.2.1', ipv6(0, 0, 0, 0xc0000201)],
    ['64:ff9b::192.0.2.33', ipv6(0x0064ff9b, 0, 0, 0xc0000221)],
    ['1:2:3:4:5:6:7::', ipv6(0x00010002, 0x00030004, 0x00050006, 0x00070000)],
    ['::ffff:192.0.2.1', ipv6(0, 0, 0xffff, 0xc0000201)],
    [
      'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
      ipv6(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff),
    ],
  ])('%s', (text, wanted) => {
    expect(parseIpAddress(text)).toEqual(wanted);
  });
});

test.each([
  ...['', ' ', '1', '10.0.0', '10.0.0.0.1', '10.0.0.256', '10.0.0.01', '010.0.0.1', '10.0.0.-1'],
  ...['0x0a.0.0.1', '10.0.0.1 ', ' 10.0.0.1', '10.0.0.1/32', '10.0.0.1:80', '1e1.0.0.1', '10..0.1'],
  ...[':', ':::', '1::2::3', '2001:db8', '2001:db8::g', 'fe80::1%eth0', '[::1]', '::1/128'],
  ...[
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7',
    '12345::',
    '::10.0.0.256',
    '::10.0.0.01',
    '1:2:3:4:5:6:7:8::',
    '1:2:3:4::5:6:7:8',
  ],
  ...['::1.2.3.4:5', '1.2.3.4::', ':1::', '::1:', '1:::2', '::-1'],
  ...['::1 ', 'localhost'],
])('`%s` is no address', (text) => {
  expect(parseIpAddress(text)).toBeUndefined();
});

test.each([
  ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:DB8::ABCD', '2001:db8::abcd'],
  ['0:0:0:0:0:0:0:0', '::'],
  ['1:0:0:0:0:0:0:0', '1::'],
  ['2001:0:0:1:0:0:1:1', '2001::1:0:0:1:1'],
  ['192.0.2.1', '192.0.2.1'],
])('%s is printed as RFC 5952 says: %s', (text, wanted) => {
  const address = parseIpAddress(text);
  expect(address && renderIpAddress(address)).toBe(wanted);
});

test('0.0.0.1 and ::1 have the same words and are not the same', () => {
  expect(sameIpAddress(ipv4(1), ipv6(0, 0, 0, 1))).toBe(false);
  expect(sameIpAddress(ipv4(1), ipv4(1))).toBe(true);
});

describe('properties', () => {
  test('a printed address gives the address back', () => {
    fc.assert(
      fc.property(addressArbitrary, (address) => {
        const text = renderIpAddress(address);
        expect(isIP(text)).toBe(address.family);
        expect(parseIpAddress(text)).toEqual(address);
      }),
    );
  });

  test('what is taken for an address is one for the system too', () => {
    const almost = fc
      .array(fc.constantFrom('0', '1', '25', '255', '256', 'ff', 'g', '.', ':', '::'), {
        maxLength: 16,
      })
      .map((parts) => parts.join(''));
    const texts = fc.oneof(almost, fc.ipV4(), fc.ipV6(), fc.ipV4Extended(), fc.string());
    fc.assert(
      fc.property(texts, (text) => {
        expect(parseIpAddress(text)?.family ?? 0).toBe(isIP(text));
      }),
      { numRuns: 1000 },
    );
  });

  test('the order is by family, then by number', () => {
    const number = ({ w0, w1, w2, w3 }: IpAddress): bigint =>
      (BigInt(w0) << 96n) | (BigInt(w1) << 64n) | (BigInt(w2) << 32n) | BigInt(w3);
    fc.assert(
      fc.property(addressArbitrary, addressArbitrary, (a, b) => {
        const byNumber = number(a) < number(b) ? -1 : number(a) > number(b) ? 1 : 0;
        const wanted = a.family === b.family ? byNumber : a.family < b.family ? -1 : 1;
        expect(Math.sign(compareIpAddresses(a, b))).toBe(wanted);
        expect(sameIpAddress(a, b)).toBe(wanted === 0);
      }),
    );
  });
});
