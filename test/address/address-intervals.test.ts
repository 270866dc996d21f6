import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AddressIntervals } from '../../src/address/address-intervals.ts';
import { type Cidr, cidrContains, cidrOf, parseCidr } from '../../src/address/cidr.ts';
import { type IpAddress, ipv4, ipv6, renderIpAddress } from '../../src/address/ip-address.ts';

const block = (text: string): Cidr => parseCidr(text)!;
// Few different words, so that blocks and addresses meet.
const word = fc.oneof(
  fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff),
  fc.nat(0xffffffff),
);
const address4 = word.map(ipv4);
const address6 = fc.tuple(word, word, word, word).map((words) => ipv6(...words));
const blocksOf = (address: fc.Arbitrary<IpAddress>, bits: number): fc.Arbitrary<Cidr[]> =>
  fc.array(fc.tuple(address, fc.nat(bits)).map(([one, length]) => cidrOf(one, length)));

describe('address intervals', () => {
  test('without blocks are one', () => {
    const intervals = new AddressIntervals(4, []);
    expect(intervals.count).toBe(1);
    expect(intervals.indexOf4(0xffffffff)).toBe(0);
    expect(intervals.rangeOf(block('0.0.0.0/0'))).toEqual([0, 0]);
  });

  test('begin where a block begins and behind its end', () => {
    const intervals = new AddressIntervals(4, [block('10.0.0.0/8'), block('10.1.0.0/16')]);
    const firsts = Array.from({ length: intervals.count }, (_, i) =>
      renderIpAddress(intervals.firstOf(i)),
    );
    expect(firsts).toEqual(['0.0.0.0', '10.0.0.0', '10.1.0.0', '10.2.0.0', '11.0.0.0']);
    expect(intervals.rangeOf(block('10.0.0.0/8'))).toEqual([1, 3]);
  });

  test('pass over blocks of the other family', () => {
    expect(new AddressIntervals(6, [block('10.0.0.0/8')]).count).toBe(1);
  });

  // So many that tables are made, some blocks of addresses with one of their own; all of one interval must be found in it.
  test('of many blocks hold what lies between where they begin', () => {
    const near = fc
      .tuple(fc.constantFrom(0, 0x0a00_0000, 0xc612_0000, 0xffff_0000), fc.nat(0xffff))
      .map(([upper, lower]) => (upper | lower) >>> 0);
    const address = fc.oneof(near, near, fc.nat(0xffff_ffff)).map(ipv4);
    const blocks = fc.array(
      fc
        .tuple(address, fc.integer({ min: 14, max: 32 }))
        .map(([one, length]) => cidrOf(one, length)),
      { minLength: 40, maxLength: 300 },
    );
    fc.assert(
      fc.property(blocks, fc.array(address, { minLength: 20, maxLength: 50 }), (given, some) => {
        const intervals = new AddressIntervals(4, given);
        const firsts = Array.from({ length: intervals.count }, (_, i) => intervals.firstOf(i).w3);
        const asked = [...firsts, ...firsts.map((one) => Math.max(0, one - 1))];
        for (const one of [...asked, ...some.map(({ w3 }) => w3), 0xffff_ffff]) {
          const next = firsts.findIndex((first) => first > one);
          expect(intervals.indexOf4(one)).toBe(next < 0 ? firsts.length - 1 : next - 1);
        }
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    [4, blocksOf(address4, 32), address4],
    [6, blocksOf(address6, 128), address6],
  ] as const)('of IPv%i hold an address exactly where the blocks do', (family, blocks, address) => {
    fc.assert(
      fc.property(blocks, address, (given, one) => {
        const intervals = new AddressIntervals(family, given);
        const index = intervals.indexOf(one);
        for (const cidr of given) {
          const [first, last] = intervals.rangeOf(cidr);
          expect(index >= first && index <= last).toBe(cidrContains(cidr, one));
        }
      }),
    );
  });
});
