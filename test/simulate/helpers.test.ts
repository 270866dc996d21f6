import { expect, test } from 'vitest';
import { Assumptions } from '../../src/simulate/assumptions.ts';
import { Simulator } from '../../src/simulate/simulator.ts';
import { foreignRules } from '../support/foreign-rules.ts';
import { testHost } from '../support/hosts.ts';
import { run } from '../support/simulations.ts';

const CONTROL = 'tcp 192.0.2.10:1000 -> 198.51.100.9:21 in=eth0';
const DATA = 'tcp 198.51.100.9:20 -> 192.0.2.10:5000 in=eth1';

const RULES = `*raw
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp
COMMIT
*filter
:FORWARD DROP [0:0]
-A FORWARD -i eth0 -j ACCEPT
-A FORWARD -m conntrack --ctstate RELATED --ctstatus EXPECTED -j ACCEPT
COMMIT`;

const simulator = (...assume: string[]): Simulator =>
  new Simulator({
    host: testHost(),
    rulesets: [foreignRules(RULES)],
    notModelled: [],
    assumptions: new Assumptions(assume),
  });

test('what a helper was told to expect is followed both ways, the rule being named', () => {
  const on = simulator();
  expect(run(on, DATA).verdict).toBe('drop');
  run(on, CONTROL);
  const data = run(on, DATA);
  expect(data.verdict).toBe('undetermined');
  expect(data.because?.[0]).toBe(
    'rule 1 of chain PREROUTING in table raw, host.yaml:3 (-p tcp -m tcp --dport 21 -j CT --helper ftp): what it does cannot be known, for whether the helper ftp of another connection expects this one is not known',
  );
});

test('whether it expects the connection may be assumed; an expected one is RELATED, and then a connection like any other', () => {
  const expected = simulator('helper:ftp=expected');
  run(expected, CONTROL);
  expect(run(expected, DATA)).toMatchObject({ verdict: 'accept', state: 'related' });
  const back = 'tcp 192.0.2.10:5000 -> 198.51.100.9:20 in=eth0 flags=SA';
  expect(run(expected, back)).toMatchObject({ verdict: 'accept', state: 'established' });
  const none = simulator('helper=new');
  run(none, CONTROL);
  expect(run(none, DATA)).toMatchObject({ verdict: 'drop', state: 'new' });
});

test.each([
  ['ftp', 'tcp 198.51.100.9:20 -> 192.0.2.10:5000 in=eth1', true],
  ['ftp-2121', 'tcp 192.0.2.10:5000 -> 198.51.100.9:6000 in=eth1', true],
  ['ftp', 'tcp 198.51.100.8:20 -> 192.0.2.10:5000 in=eth1', false],
  ['ftp', 'udp 198.51.100.9:20 -> 192.0.2.10:5000 in=eth1', false],
  ['irc', 'tcp 198.51.100.8:20 -> 192.0.2.10:5000 in=eth1', true],
  ['irc', 'tcp 192.0.2.10:20 -> 198.51.100.8:5000 in=eth1', false],
  ['pptp', '47 198.51.100.9 -> 192.0.2.10 in=eth1', true],
  ['Q.931', 'udp 192.0.2.10:20 -> 198.51.100.8:5000 in=eth1', true],
  ['Q.931', 'udp 192.0.2.11:20 -> 198.51.100.8:5000 in=eth1', false],
])('the helper %s may expect %s: %s', (helper, line, may) => {
  const on = new Simulator({
    host: testHost(),
    rulesets: [foreignRules(RULES.replace('--helper ftp', `--helper ${helper}`))],
    notModelled: [],
  });
  run(on, CONTROL);
  expect(run(on, line).verdict).toBe(may ? 'undetermined' : 'drop');
});
