import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PacketResult } from '../../src/simulate/packet-result.ts';
import { packet } from '../support/packets.ts';
import { rules } from '../support/rules.ts';
import { simulator } from '../support/simulations.ts';

/** Criteria that look at headers, at mark, state and interfaces, and at what only a match itself can say. */
const criterion = fc.constantFrom(
  '-p tcp',
  '-p udp',
  '-p tcp --dport 80',
  '-p tcp --dport 80:90',
  '-s 192.0.2.0/28',
  '-s 192.0.2.10',
  '-d 203.0.113.0/24',
  '-m set --match-set s src',
  '-m mark --mark 0x1/0x1',
  '-m mark --mark 0x0/0x2',
  '-m mark --mark 0x3/0x3',
  '-m conntrack --ctstate NEW',
  '-m conntrack --ctstate ESTABLISHED',
  '-i eth0',
  '-o cali0',
  '! -s 192.0.2.10',
);

const harmless = fc.constantFrom(
  '-j MARK --set-xmark 0x1/0x1',
  '-j MARK --set-xmark 0x0/0x1',
  '-j MARK --set-xmark 0x2/0x3',
  '-m comment --comment "allow" -j MARK --set-xmark 0x1/0x1',
  '-j RETURN',
  '',
);
const ending = fc.constantFrom('-j ACCEPT', '-m comment --comment "deny" -j DROP');

const CHAINS = ['FORWARD', 'a', 'b', 'c', 'd', 'e', 'f'];

/** Rules of one chain, which lead to later ones alone; those of FORWARD mostly do. */
function rulesOf(chain: number): fc.Arbitrary<string[]> {
  const later = CHAINS.slice(chain + 1);
  const leading =
    later.length === 0
      ? harmless
      : fc
          .tuple(fc.constantFrom('-j', '-j', '-j', '-g'), fc.constantFrom(...later))
          .map((words) => words.join(' '));
  const does = fc.oneof(
    { weight: chain === 0 ? 12 : 1, arbitrary: leading },
    { weight: 6, arbitrary: harmless },
    { weight: 1, arbitrary: ending },
  );
  const rule = fc
    .tuple(fc.uniqueArray(criterion, { maxLength: 2 }), does)
    .map(([asked, then]) => `-A ${CHAINS[chain]} ${[...asked, then].join(' ')}`);
  return fc.array(rule, { minLength: 1, maxLength: chain === 0 ? 16 : 5 });
}

const filterTable = fc
  .tuple(...CHAINS.map((_, chain) => rulesOf(chain)))
  .map((chains) =>
    ['create s hash:net', 'add s 192.0.2.8/30', '*filter', ...chains.flat()].join('\n'),
  );

const packetLine = fc
  .record({
    protocol: fc.constantFrom('tcp', 'udp'),
    source: fc.constantFrom('192.0.2.10', '192.0.2.12', '192.0.2.200'),
    sourcePort: fc.integer({ min: 40_000, max: 40_003 }),
    destination: fc.constantFrom('198.51.100.10', '203.0.113.10'),
    port: fc.constantFrom(80, 85, 443),
    mark: fc.constantFrom('', ' mark=0x1', ' mark=0x2'),
  })
  .map(
    ({ protocol, source, sourcePort, destination, port, mark }) =>
      `${protocol} ${source}:${sourcePort} -> ${destination}:${port} in=eth0${mark}`,
  );

const MEANINGS = {
  allow: {
    kind: 'policy',
    policy: 'p',
    tier: 'default',
    direction: 'ingress',
    ruleIndex: 0,
    action: 'allow',
  },
  deny: {
    kind: 'policy',
    policy: 'p',
    tier: 'default',
    direction: 'ingress',
    ruleIndex: 1,
    action: 'deny',
  },
} as const;
const OWNER = { endpoint: 'eth0', type: 'normal', direction: 'ingress' } as const;

function summary(result: PacketResult): unknown {
  const { verdict, delivered, mark, hops, decision, decisions } = result;
  const steps = result.steps.filter(({ kind }) => kind !== 'passed-over');
  return { verdict, delivered, mark, hops, decision, decisions, steps };
}

test('a packet goes the same way whether each rule is walked or not', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(filterTable, fc.array(packetLine, { maxLength: 12 }), (text, lines) => {
      // When explaining, the walker looks at every rule.
      const details = { meanings: MEANINGS, owners: { a: OWNER, c: OWNER, e: OWNER } };
      const ruleset = [rules(text, 4, details)];
      const quick = simulator(ruleset);
      const thorough = simulator(ruleset);
      const results = lines.map((line) => quick.run(packet(line)));
      const wanted = lines.map((line) => summary(thorough.run(packet(line), { explain: true })));
      // Read after all have run: what a result says must not change with later packets.
      expect(results.map(summary)).toEqual(wanted);
    }),
    { numRuns: 500 },
  );
});

test('results outlive the packets that come after them', () => {
  const on = simulator(
    '*filter\n-A a -p tcp --dport 1 -j DROP\n-A a -j MARK --set-xmark 0x1/0x1\n-A FORWARD -j a\n-A FORWARD -p udp -j DROP',
  );
  const line = (port: number): string =>
    `${port % 2 === 0 ? 'tcp' : 'udp'} 192.0.2.10:${40_000 + port} -> 198.51.100.10:${port} in=eth0`;
  const results = Array.from({ length: 3000 }, (_, port) => on.run(packet(line(port + 2))));
  const effects = (result: PacketResult): string[] => result.hops.map(({ effect }) => effect);
  for (const [at, result] of results.entries()) {
    const dropped = at % 2 === 0 ? [] : ['drop'];
    expect(effects(result)).toEqual(['jump a', 'mark 0x1', ...dropped]);
  }
});

test('marks without end are walked rule by rule once no more calls are kept', () => {
  const body = Array.from({ length: 600 }, () => '-A a -j MARK --set-xmark 0x0/0x1').join('\n');
  const on = simulator(`*filter\n${body}\n-A FORWARD -j a\n-A FORWARD -j DROP`);
  for (let mark = 0; mark < 2000; mark += 1) {
    const result = on.run(
      packet(`tcp 192.0.2.10:40000 -> 198.51.100.10:80 in=eth0 mark=0x${(mark * 2).toString(16)}`),
    );
    expect(result.verdict).toBe('drop');
    if (mark % 500 === 499) expect(result.hops).toHaveLength(602);
  }
});
