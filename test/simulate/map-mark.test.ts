import { expect, test } from 'vitest';
import { Assumptions } from '../../src/simulate/assumptions.ts';
import { Simulator } from '../../src/simulate/simulator.ts';
import { foreignRules } from '../support/foreign-rules.ts';
import { testHost } from '../support/hosts.ts';
import { run } from '../support/simulations.ts';

const SETS = `create marks hash:net family inet timeout 60 skbinfo
add marks 192.0.2.0/24 timeout 0 skbmark 0x1/0xff
add marks 192.0.2.10 timeout 50 skbmark 0x2/0xff
create list list:set size 8
add list marks`;

const rulesOf = (before: string, set: string, dropped: string): string => `*mangle
:PREROUTING ACCEPT [0:0]
${before}-A PREROUTING -j SET --map-set ${set} src --map-mark
COMMIT
*filter
:FORWARD ACCEPT [0:0]
-A FORWARD -m mark --mark ${dropped} -j DROP
COMMIT`;

const verdict = (
  line: string,
  before = '',
  set = 'marks',
  dropped = '0x2',
  assume: readonly string[] = [],
): string => {
  const rulesets = [foreignRules(rulesOf(before, set, dropped), 4, SETS)];
  const assumptions = new Assumptions(assume);
  const on = new Simulator({ host: testHost(), rulesets, notModelled: [], assumptions });
  return run(on, line).verdict;
};

const FROM = (last: number): string => `udp 192.0.2.${last}:1 -> 198.51.100.9:2 in=eth0`;

test('an element that may be gone gives its mark or what lies behind it does', () => {
  expect(verdict(`${FROM(10)} time=0`)).toBe('drop');
  expect(verdict(`${FROM(10)} time=55`)).toBe('undetermined');
  expect(verdict(`${FROM(10)} time=55`, '', 'marks', '0x7')).toBe('accept');
  // Some elements go, and nobody looks which are left.
  expect(verdict(`${FROM(10)} time=55`, '', 'list')).toBe('undetermined');
});

test('of a set that rules have changed any element’s mark may be given, or none', () => {
  const changed = '-A PREROUTING -p udp -j SET --add-set marks src\n';
  expect(verdict(`${FROM(20)} time=0`, changed)).toBe('undetermined');
  expect(verdict(`${FROM(20)} time=0`, changed, 'list')).toBe('undetermined');
  expect(verdict(`${FROM(20)} time=0`, changed, 'marks', '0x7')).toBe('accept');
});

test('whether a packet is in such a set may be assumed', () => {
  const changed = '-A PREROUTING -p udp -j SET --add-set marks src\n';
  expect(verdict(FROM(20), changed, 'marks', '0x2', ['set:marks=absent'])).toBe('accept');
  // Of two marks that elements carry either may be given.
  expect(verdict(FROM(20), changed, 'marks', '0x2', ['set=member'])).toBe('undetermined');
  expect(verdict(FROM(20), changed, 'marks', '0x0/0xff', ['set=member'])).toBe('accept');
});

test('a list is not known once rules have changed a set in it', () => {
  const rules = `*raw
:PREROUTING ACCEPT [0:0]
-A PREROUTING -j SET --del-set marks src
COMMIT
*filter
:FORWARD ACCEPT [0:0]
-A FORWARD -m set --match-set list src -j DROP
COMMIT`;
  const rulesets = [foreignRules(rules, 4, SETS)];
  const on = new Simulator({ host: testHost(), rulesets, notModelled: [] });
  expect(run(on, FROM(20)).verdict).toBe('undetermined');
});
