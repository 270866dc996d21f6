import fc from 'fast-check';
import { type IpAddress, ipv4, ipv6 } from '../../src/address/ip-address.ts';

/** Words with many zero and one bits at their ends, where masks go wrong. */
const word = fc.oneof(
  fc.nat({ max: 0xffffffff }),
  fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff),
);

export const ipv4Arbitrary: fc.Arbitrary<IpAddress> = word.map(ipv4);

export const ipv6Arbitrary: fc.Arbitrary<IpAddress> = fc
  .tuple(word, word, word, word)
  .map((words) => ipv6(...words));

export const addressArbitrary: fc.Arbitrary<IpAddress> = fc.oneof(ipv4Arbitrary, ipv6Arbitrary);
