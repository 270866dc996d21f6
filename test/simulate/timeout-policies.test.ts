import { expect, test } from 'vitest';
import { Assumptions } from '../../src/simulate/assumptions.ts';
import { Simulator } from '../../src/simulate/simulator.ts';
import { foreignRules } from '../support/foreign-rules.ts';
import { testHost } from '../support/hosts.ts';
import { run } from '../support/simulations.ts';

const OUT = 'udp 192.0.2.10:1 -> 198.51.100.9:2 in=eth0';
const BACK = 'udp 198.51.100.9:2 -> 192.0.2.10:1 in=eth1';

const RULES = `*raw
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p udp -j CT --timeout long
COMMIT
*filter
:FORWARD DROP [0:0]
-A FORWARD -i eth0 -j ACCEPT
-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
COMMIT`;

const simulator = (text = RULES, assume: readonly string[] = []): Simulator =>
  new Simulator({
    host: testHost(),
    rulesets: [foreignRules(text)],
    notModelled: [],
    assumptions: new Assumptions(assume),
  });

test('how long a timeout policy keeps a connection is not known, so that an answer is followed both ways once time has passed', () => {
  const on = simulator();
  run(on, `${OUT} time=0`);
  expect(run(on, `${BACK} time=0`).verdict).toBe('accept');
  // Far beyond what the kernel's own timeouts keep.
  const late = run(on, `${BACK} time=5000`);
  expect(late.verdict).toBe('undetermined');
  expect(late.because?.[0]).toBe(
    'rule 1 of chain PREROUTING in table raw, host.yaml:3 (-p udp -j CT --timeout long): what it does cannot be known, for nobody says how long the timeout policy long keeps a connection',
  );
});

test('a packet that is let pass either way has its verdict', () => {
  const on = simulator();
  run(on, `${OUT} time=0`);
  expect(run(on, `${OUT} time=5000`).verdict).toBe('accept');
});

test('without a policy the kernel’s timeouts hold', () => {
  const on = simulator(RULES.replace('CT --timeout long', 'CT --ctevents new'));
  run(on, `${OUT} time=0`);
  expect(run(on, `${BACK} time=29`).verdict).toBe('accept');
  expect(run(on, `${BACK} time=5000`).verdict).toBe('drop');
});

test('how long a policy keeps a connection may be assumed', () => {
  const verdict = (...assume: string[]): string => {
    const on = simulator(RULES, assume);
    run(on, `${OUT} time=0`);
    return run(on, `${BACK} time=5000`).verdict;
  };
  expect(verdict('timeout=kept')).toBe('accept');
  expect(verdict('timeout:long=forgotten')).toBe('drop');
  expect(verdict('timeout:other=kept')).toBe('undetermined');
});
