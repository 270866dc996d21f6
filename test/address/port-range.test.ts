import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  parsePort,
  parsePortRange,
  portRangeContains,
  renderPortRange,
} from '../../src/address/port-range.ts';

test.each([
  ['0', 0, 0],
  ['80', 80, 80],
  ['65535', 65535, 65535],
  ['1000:2000', 1000, 2000],
  ['80:80', 80, 80],
  ['0:65535', 0, 65535],
])('%s is the ports from %i to %i', (text, first, last) => {
  expect(parsePortRange(text)).toEqual({ first, last });
});

test.each([
  ...['', ':', '80:', ':80', '65536', '0:65536', '90:80', '80-90', '1:2:3', '-1', '+1', '1.5'],
  ...[' 80', '80 ', '0x50', 'http', '1e3', '000080'],
])('`%s` is no port range', (text) => {
  expect(parsePortRange(text)).toBeUndefined();
});

test.each([
  ['22', 22],
  ['65535', 65535],
  ['65536', undefined],
  ['22:23', undefined],
  ['', undefined],
  ['ssh', undefined],
])('the port `%s` is %s', (text, wanted) => {
  expect(parsePort(text)).toBe(wanted);
});

test('a range holds both its ends and nothing beside them', () => {
  const range = { first: 80, last: 90 };
  expect([79, 80, 85, 90, 91].map((port) => portRangeContains(range, port))).toEqual([
    ...[false, true, true, true, false],
  ]);
});

test('a printed range gives the range back', () => {
  const port = fc.nat({ max: 65535 });
  fc.assert(
    fc.property(port, port, (a, b) => {
      const range = { first: Math.min(a, b), last: Math.max(a, b) };
      expect(parsePortRange(renderPortRange(range))).toEqual(range);
    }),
  );
});
