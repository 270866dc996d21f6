import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasPorts, isIcmp, parseProtocol, renderProtocol } from '../../src/address/protocol.ts';

test.each([
  ['tcp', 6],
  ['TCP', 6],
  ['UDPLite', 136],
  ['ICMPv6', 58],
  ['icmp', 1],
  ['sctp', 132],
  ['udp', 17],
  ['0', 0],
  ['255', 255],
  ['47', 47],
  ['256', undefined],
  ['-1', undefined],
  ['', undefined],
  ['tpc', undefined],
  ['0x6', undefined],
  ['6 ', undefined],
])('the protocol `%s` is %s', (text, wanted) => {
  expect(parseProtocol(text)).toBe(wanted);
});

test('a printed protocol gives the number back', () => {
  fc.assert(
    fc.property(fc.nat({ max: 255 }), (protocol) => {
      expect(parseProtocol(renderProtocol(protocol))).toBe(protocol);
    }),
  );
});

test('protocols with ports and ICMP exclude each other', () => {
  const numbers = Array.from({ length: 256 }, (_, n) => n);
  expect(numbers.filter(hasPorts)).toEqual([6, 17, 33, 132, 136]);
  expect(numbers.filter(isIcmp)).toEqual([1, 58]);
});
