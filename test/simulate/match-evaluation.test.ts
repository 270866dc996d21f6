import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cidrOf } from '../../src/address/cidr.ts';
import { ipv4, ipv6 } from '../../src/address/ip-address.ts';
import type { Match } from '../../src/ruleset/match/match.ts';
import type { Ruleset } from '../../src/ruleset/ruleset.ts';
import { Assumptions } from '../../src/simulate/assumptions.ts';
import { ChangedSets } from '../../src/simulate/changed-sets.ts';
import { Choices } from '../../src/simulate/choices.ts';
import { ConnectionTracker } from '../../src/simulate/conntrack/connection-tracker.ts';
import { DoubtfulMatches } from '../../src/simulate/doubtful-matches.ts';
import { Journal } from '../../src/simulate/journal.ts';
import { matches } from '../../src/simulate/match-evaluation.ts';
import { PacketInFlight } from '../../src/simulate/packet-in-flight.ts';
import { RareTargets } from '../../src/simulate/rare-targets.ts';
import { Router } from '../../src/simulate/routing/router.ts';
import { RuleProgram } from '../../src/simulate/rule-program.ts';
import { ChainWalker } from '../../src/simulate/traverse.ts';
import { testHost } from '../support/hosts.ts';
import { packet } from '../support/packets.ts';
import { rules } from '../support/rules.ts';
import { outcome, run, simulator, way } from '../support/simulations.ts';

const TCP = 'tcp 192.0.2.10:40000 -> 198.51.100.10:80 in=eth0';
const UDP = 'udp 192.0.2.10:40000 -> 198.51.100.10:53 in=eth0';
const PING = 'icmp 192.0.2.10 -> 198.51.100.10 type=8 in=eth0';
const ESP = '50 192.0.2.10 -> 198.51.100.10 in=eth0';
const SETS = `
  create nets hash:net
  add nets 198.51.100.0/28
  add nets 198.51.100.8/30
  add nets 203.0.113.0/24
  create ports hash:ip,port
  add ports 198.51.100.10,tcp:80
  add ports 192.0.2.10,tcp:80
  add ports 198.51.100.10,icmp:2048
  add ports 198.51.100.10,50:0`;

/** What a rule of FORWARD matches. Source: netfilter-facts 6. */
const facts: readonly [match: string, line: string, matched: boolean][] = [
  ['-p 6', TCP, true],
  ['! -p tcp', UDP, true],
  ['-p 0', ESP, true],
  ['-s 192.0.2.77/24', TCP, true],
  ['-d 198.51.100.11', TCP, false],
  ['! -s 0.0.0.0/0', TCP, false],
  ['-i eth+', TCP, true],
  ['-i eth', TCP, false],
  ['-i +', TCP, true],
  ['! -i nosuch', TCP, true],
  ['! -i +', TCP, false],
  ['-o eth1', TCP, true],
  ['-o eth0+', TCP, false],
  ['-p tcp -m tcp --dport 80:82', TCP, true],
  ['-p tcp -m tcp --dport 81:82', TCP, false],
  ['-p tcp -m tcp ! --dport 81:82', TCP, true],
  ['-p tcp -m tcp --sport 40000 --dport 80', TCP, true],
  ['-p tcp -m multiport --dports 22,79:81', TCP, true],
  ['-p tcp -m multiport ! --dports 22,79:81', TCP, false],
  ['-p tcp -m multiport --dports 80 -m multiport ! --sports 40000', TCP, false],
  ['-p icmp -m icmp --icmp-type 8', PING, true],
  ['-p icmp -m icmp --icmp-type 8/0', PING, true],
  ['-p icmp -m icmp --icmp-type 8/5', PING, false],
  ['-p icmp -m icmp ! --icmp-type 8', PING, false],
  ['-p icmp -m icmp --icmp-type 255', PING, true],
  ['-m set --match-set nets dst', TCP, true],
  ['-m set --match-set nets src', TCP, false],
  ['-m set ! --match-set nets src', TCP, true],
  ['-m set --match-set nets dst,src', TCP, true],
  ['-m set --match-set ports dst,dst', TCP, true],
  ['-m set --match-set ports src,dst', TCP, true],
  ['-m set --match-set ports dst,src', TCP, false],
  ['-m set --match-set ports dst', TCP, false],
  ['-m set ! --match-set ports dst', TCP, true],
  ['-m set --match-set ports dst,dst', UDP, false],
  ['-m set --match-set ports dst,src', PING, true],
  ['-m set --match-set ports dst,dst', ESP, true],
  ['-m conntrack --ctstate NEW,ESTABLISHED', TCP, true],
  ['-m conntrack ! --ctstate NEW', TCP, false],
  ['-m conntrack --ctstate INVALID', `${TCP} flags=SA`, true],
  ['-m conntrack --ctstate UNTRACKED', `${TCP} state=untracked`, true],
  ['-m conntrack --ctstate INVALID', `${TCP} state=untracked`, false],
  ['-m conntrack ! --ctstate NEW,ESTABLISHED', `${TCP} state=untracked`, true],
  ['-m addrtype --src-type LOCAL', TCP, false],
  ['-m addrtype ! --dst-type LOCAL', TCP, true],
];

test.each(facts)('%s, packet %s: %s', (match, line, matched) => {
  const on = simulator(`*filter\n:FORWARD DROP\n-A FORWARD ${match} -j ACCEPT\n${SETS}`);
  const result = run(on, line);
  expect(outcome(result), way(result)).toBe(matched ? 'accept eth1' : 'drop');
});

test('type 255 is a type of its own in ICMPv6', () => {
  const text = '*filter\n:FORWARD DROP\n-A FORWARD -p icmpv6 -m icmp6 --icmpv6-type 255 -j ACCEPT';
  const line = 'icmpv6 [2001:db8:0:2::10] -> [2001:db8:0:100::10] type=128 in=eth0';
  expect(outcome(run(simulator([rules(text, 6)]), line))).toBe('drop');
});

const someAddress = fc.constantFrom(0xc000020a, 0xc0000201, 0xc6336401, 0xc633640a, 0x0a000001);
const negated = fc.boolean();
const ranges = fc
  .tuple(fc.nat(4), fc.nat(4))
  .map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) }));
const side = fc.constantFrom('source' as const, 'destination' as const);

function someMatch(family: 4 | 6): fc.Arbitrary<Match> {
  const address = (value: number) =>
    family === 4 ? ipv4(value) : ipv6(0x20010db8, value & 3, 0, value);
  return fc.oneof(
    fc.record({
      kind: fc.constant('protocol' as const),
      protocol: fc.constantFrom(0, 1, 6, 17, 58),
      negated: fc.constant(false),
    }),
    fc.record({
      kind: fc.constant('protocol' as const),
      protocol: fc.constantFrom(1, 6, 17, 58),
      negated,
    }),
    fc.record({
      kind: fc.constant('address' as const),
      side,
      cidr: fc
        .tuple(someAddress, fc.nat(family === 4 ? 32 : 128))
        .map(([a, n]) => cidrOf(address(a), n)),
      negated,
    }),
    fc.record({
      kind: fc.constant('interface' as const),
      direction: fc.constantFrom('in' as const, 'out' as const),
      name: fc.constantFrom('', 'e', 'eth0', 'eth1'),
      prefix: fc.boolean(),
      negated,
    }),
    fc.record({ kind: fc.constant('ports' as const), side, range: ranges, negated }),
    fc.record({
      kind: fc.constant('multiport' as const),
      side,
      ranges: fc.array(ranges, { minLength: 1, maxLength: 3 }),
      negated,
    }),
    fc.record({
      kind: fc.constant('conntrack-state' as const),
      states: fc.uniqueArray(
        fc.constantFrom('NEW', 'INVALID', 'UNTRACKED', 'DNAT', 'ESTABLISHED'),
        { minLength: 1 },
      ),
      negated,
    }),
    fc.record({
      kind: fc.constant('mark' as const),
      value: fc.nat(3),
      mask: fc.constantFrom(0, 1, 3, 0xffffffff),
      negated,
    }),
    fc.record({
      kind: fc.constant('set' as const),
      set: fc.constant('s'),
      directions: fc.array(fc.constantFrom('src' as const, 'dst' as const), {
        minLength: 1,
        maxLength: 2,
      }),
      negated,
    }),
    fc.record({
      kind: fc.constant('icmp' as const),
      type: fc.constantFrom(0, 8, 128, 255),
      code: fc.constantFrom(undefined, 0),
      negated,
    }),
  ) as fc.Arbitrary<Match>;
}

test.each([4, 6] as const)('the words of the program decide as the matches do, IPv%i', (family) => {
  const address = (value: number) =>
    family === 4 ? ipv4(value) : ipv6(0x20010db8, value & 3, 0, value);
  const router = new Router(testHost());
  const base = packet(family === 4 ? TCP : 'tcp [2001:db8::1]:1 -> [2001:db8::2]:2 in=eth0');
  fc.assert(
    fc.property(
      fc.array(someMatch(family), { minLength: 1, maxLength: 4 }),
      someAddress,
      someAddress,
      fc.constantFrom(1, 6, 17, 58, 50),
      fc.nat(4),
      fc.nat(4),
      fc.nat(4),
      fc.constantFrom('new' as const, 'invalid' as const, 'untracked' as const, undefined),
      (criteria, source, destination, protocol, sourcePort, destinationPort, mark, state) => {
        const ported = protocol === 6 || protocol === 17;
        const flight = new PacketInFlight(
          {
            ...base,
            protocol,
            source: address(source),
            destination: address(destination),
            sourcePort: ported ? sourcePort : 0,
            destinationPort: ported ? destinationPort : 0,
            icmpType: ported ? 0 : 8,
            mark,
          },
          'eth0',
        );
        flight.state = state;
        flight.outInterface = 'eth1';
        const ruleset = oneRule(family, criteria);
        const program = new RuleProgram(ruleset);
        const context = {
          router,
          sets: program.sets,
          changedSets: new ChangedSets(),
          assumptions: Assumptions.none,
          clock: { nowMs: 0 },
        };
        const choices = new Choices();
        const journal = new Journal(program);
        const tracker = new ConnectionTracker(new Map());
        const doubtful = new DoubtfulMatches(context, Assumptions.none, choices);
        const { listsOf } = program;
        const altering = { ...context, tracker, journal, listsOf };
        const rare = new RareTargets(altering, Assumptions.none, choices);
        const walker = new ChainWalker(program, context, journal, doubtful, rare);
        const wanted = criteria.every((one) => matches(one, flight, context));
        const end = walker.walk(program.baseChain('filter', 'forward'), flight);
        expect(end).toBe(wanted ? 'accept' : 'drop');
      },
    ),
    { numRuns: 2000 },
  );
});

/** FORWARD with policy DROP and one rule that accepts. */
function oneRule(family: 4 | 6, criteria: readonly Match[]): Ruleset {
  const empty = rules('*filter\n:FORWARD DROP\n-A FORWARD -j ACCEPT', family);
  const member = family === 4 ? '192.0.2.0/28' : '2001:db8::/33';
  return {
    ...empty,
    ipSets: rules(`create s hash:net\nadd s ${member}`, family).ipSets,
    tables: empty.tables.map((table) => ({
      ...table,
      chains: table.chains.map((chain) => ({
        ...chain,
        rules: chain.rules.map((rule) => ({ ...rule, matches: criteria })),
      })),
    })),
  };
}
