import { describe, expect, test } from 'vitest';
import type { Table } from '../../src/ruleset/ruleset.ts';
import { validateCalls } from '../../src/ruleset/validate-calls.ts';
import { rules } from '../support/rules.ts';

const problem = (text: string): string | undefined => validateCalls(rules(text).tables[0] as Table);

describe('how chains are reached', () => {
  test.each([
    ['a chain that calls itself', '*filter\n:INPUT ACCEPT\n-A INPUT -j a\n-A a -j a', 'loop'],
    ['a loop of two', '*filter\n:INPUT ACCEPT\n-A INPUT -g a\n-A a -j b\n-A b -j a', 'loop'],
    [
      'a translation of the source before routing',
      '*nat\n:PREROUTING ACCEPT\n-A PREROUTING -j a\n-A a -j SNAT --to-source 192.0.2.1',
      'snat cannot be met at prerouting',
    ],
    [
      'a translation of the destination after routing',
      '*nat\n:POSTROUTING ACCEPT\n-A POSTROUTING -j DNAT --to-destination 192.0.2.1',
      'dnat cannot be met at postrouting',
    ],
    ['MASQUERADE at INPUT', '*nat\n:INPUT ACCEPT\n-A INPUT -j MASQUERADE', 'masquerade'],
    ['-o at INPUT', '*filter\n:INPUT ACCEPT\n-A INPUT -o eth0 -j DROP', 'no such interface'],
    ['-i at OUTPUT', '*filter\n:OUTPUT ACCEPT\n-A OUTPUT -i eth0 -j DROP', 'no such interface'],
  ])('%s is refused', (_what, text, wanted) => {
    expect(problem(text)).toContain(wanted);
  });

  test.each([
    ['a loop that nothing reaches', '*filter\n:INPUT ACCEPT\n-A a -j a'],
    ['a chain called twice', '*filter\n:INPUT ACCEPT\n-A INPUT -j a\n-A INPUT -j a\n-A a -j DROP'],
    [
      '-i in a chain that OUTPUT calls',
      '*filter\n:OUTPUT ACCEPT\n-A OUTPUT -j a\n-A a -i b -j DROP',
    ],
    ['SNAT at INPUT', '*nat\n:INPUT ACCEPT\n-A INPUT -j SNAT --to-source 192.0.2.1'],
    ['-i and -o at FORWARD', '*filter\n:FORWARD ACCEPT\n-A FORWARD -i a -o b -j DROP'],
  ])('%s is taken', (_what, text) => {
    expect(problem(text)).toBeUndefined();
  });
});
