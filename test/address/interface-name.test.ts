import { expect, test } from 'vitest';
import { hasInterfacePrefix, isInterfaceName } from '../../src/address/interface-name.ts';

test.each(['a', 'eth0', 'eth0.100', 'cali12345678901', 'br-lan', 'wg@x', '...', 'lo'])(
  '%s may be an interface',
  (name) => {
    expect(isInterfaceName(name)).toBe(true);
  },
);

test.each([
  ...['', '.', '..', 'a/b', 'a b', 'a\tb', 'a\n', 'eth0:1', 'sixteen-letters-', 'a\u00a0b'],
])('`%s` may not', (name) => {
  expect(isInterfaceName(name)).toBe(false);
});

test('the limit is 15 bytes, not 15 letters', () => {
  expect(isInterfaceName('\u00e4'.repeat(7))).toBe(true);
  expect(isInterfaceName('\u00e4'.repeat(8))).toBe(false);
});

test('any of the prefixes makes a workload interface', () => {
  expect(hasInterfacePrefix('cali1', ['tap', 'cali'])).toBe(true);
  expect(hasInterfacePrefix('eth0', ['tap', 'cali'])).toBe(false);
  expect(hasInterfacePrefix('xcali', ['cali'])).toBe(false);
  expect(hasInterfacePrefix('eth0', [])).toBe(false);
});
