import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KernelLab } from '../../../src/lab/kernel-lab.ts';
import { parsePacketLine } from '../../../src/packet/packet-text.ts';
import { checkRuleset } from '../../../src/ruleset/validate-ruleset.ts';
import { describeFacts, describeWithKernel } from '../../support/facts.ts';
import { testHost } from '../../support/hosts.ts';
import { startTestLab } from '../../support/kernel-lab.ts';
import { rules } from '../../support/rules.ts';
import { outcome, run, simulator } from '../../support/simulations.ts';

// Rows of netfilter-facts that the simulator does not model: it says so, where they can be written at all (docs/fidelity.md).

const PACKET = 'tcp 192.0.2.10:1000 -> 198.51.100.9:80 in=eth0';
const AWAY = 'tcp 203.0.113.10:1000 -> 192.0.2.10:80 in=cali0';

describe('packets that the kernel would see and that cannot be written are refused by name', () => {
  test.each([
    ['3.2: TCP of less than 20 bytes', `${PACKET} length=39`, '`length`'],
    ['3.2: UDP of less than 8 bytes', 'udp 1.1.1.1:1 -> 2.2.2.2:2 length=27', '`length`'],
    ['3.2: total length beyond what a packet holds', `${PACKET} length=65536`, '`length`'],
    ['3.2: a bad checksum', `${PACKET} checksum=1`, 'no field `checksum`'],
    ['3.4: a fragment', `${PACKET} fragment=8`, 'no field `fragment`'],
    ['5.1: DF', `${PACKET} df=1`, 'no field `df`'],
    ['5.4: source routing', `${PACKET} options=lsrr`, 'no field `options`'],
    ['3.3: protocol 1 in v6', 'icmp ::1 -> ::2', 'with IPv6 addresses'],
    ['3.3: protocol 58 in v4', 'icmpv6 1.1.1.1 -> 2.2.2.2', 'with IPv4 addresses'],
  ])('%s', (_row, line, wanted) => {
    const parsed = parsePacketLine(line);
    const messages = parsed.kind === 'problems' ? parsed.problems.map((one) => one.message) : [];
    expect(messages.join('\n')).toContain(wanted);
  });
});

describe('what chance decides is followed every way', () => {
  test.each([
    ['2.2 and 6.6: limit', '-m limit --limit 3/hour -j DROP'],
    ['6.6: statistic random', '-m statistic --mode random --probability 0.5 -j DROP'],
  ])('%s', (_row, rule) => {
    const on = simulator(`*filter\n:FORWARD ACCEPT\n-A FORWARD -i eth0 ${rule}`);
    expect(run(on, PACKET).verdict).toBe('undetermined');
    expect(outcome(run(on, AWAY))).toBe('accept eth0');
  });
});

/** Rules that `rules()` can read, and that both loaders and `checkRuleset` must refuse or take. */
const LOADER: readonly (readonly [row: string, table: string, lines: readonly string[]])[] = [
  [
    'REJECT outside filter',
    'mangle',
    ['-A PREROUTING -j REJECT --reject-with icmp-port-unreachable'],
  ],
  ['DNAT outside nat', 'mangle', ['-A PREROUTING -j DNAT --to-destination 10.0.0.1']],
  ['CT outside raw', 'mangle', ['-A PREROUTING -j CT --notrack']],
  ['rpfilter outside raw/mangle', 'nat', ['-A PREROUTING -m rpfilter --invert -j RETURN']],
  ['jump to a missing chain', 'mangle', ['-A PREROUTING -j missing']],
  [
    '--reject-with tcp-reset without -p tcp',
    'filter',
    ['-A INPUT -j REJECT --reject-with tcp-reset'],
  ],
  [
    '16 ports in multiport (6.2)',
    'mangle',
    [
      `-A PREROUTING -p tcp -m multiport --dports ${Array.from({ length: 16 }, (_, i) => i + 1)} -j DROP`,
    ],
  ],
  ['--dport without a protocol (6.2)', 'mangle', ['-A PREROUTING -m tcp --dport 80 -j DROP']],
  ['a missing set (6.5)', 'mangle', ['-A PREROUTING -m set --match-set missing src -j DROP']],
  ['hash:net 0.0.0.0/0 (6.5)', 'mangle', ['create all hash:net', 'add all 0.0.0.0/0']],
  ['-j DROP in nat', 'nat', ['-A PREROUTING -j DROP']],
  ['SNAT in nat PREROUTING', 'nat', ['-A PREROUTING -j SNAT --to-source 192.0.2.1']],
  ['MASQUERADE outside POST', 'nat', ['-A PREROUTING -j MASQUERADE']],
  ['-o in PREROUTING', 'mangle', ['-A PREROUTING -o eth0 -j DROP']],
  ['-i in OUTPUT', 'mangle', [':OUTPUT ACCEPT', '-A OUTPUT -i eth0 -j DROP']],
  [
    'jump loop reachable from a base chain',
    'mangle',
    [':one -', '-A PREROUTING -j one', '-A one -j one'],
  ],
  ['jump to a base chain', 'mangle', [':INPUT ACCEPT', '-A PREROUTING -j INPUT']],
];

describeWithKernel('2.1, 6.2, 6.5: what the loader refuses', () => {
  let lab: KernelLab;
  beforeAll(async () => {
    lab = await startTestLab({ host: testHost(), build: 'legacy' });
  }, 30_000);
  afterAll(() => lab?.stop());

  test.each(LOADER)('%s', async (_row, table, lines) => {
    const base = table === 'filter' ? 'INPUT' : 'PREROUTING';
    const ruleset = rules([`*${table}`, `:${base} ACCEPT`, ...lines].join('\n'));
    expect(() => checkRuleset(ruleset)).toThrow();
    await expect(lab.load([ruleset])).rejects.toThrow();
  });
});

describe('rules that the kernel takes in a sense of their own are refused by name', () => {
  test.each([
    ['6.1: -p 0 is every protocol', '-p 0', 'protocol 0'],
    ['6.1: ! -s 0.0.0.0/0 never matches', '! -s 0.0.0.0/0', 'everything but every address'],
    ['6.1: ! -i + never matches', '! -i +', 'everything but every interface'],
    ['6.4: --icmp-type 255 is any', '-p icmp -m icmp --icmp-type 255', 'ICMP type 255'],
  ])('%s', (_row, match, wanted) => {
    const ruleset = rules(`*filter\n:FORWARD ACCEPT\n-A FORWARD ${match} -j DROP`);
    expect(() => checkRuleset(ruleset)).toThrow(wanted);
  });
});

describeFacts('2.1: what the loader takes', [
  {
    row: 'SNAT in nat INPUT; MARK in filter; -m conntrack in raw; a jump loop that is not reachable',
    rules: `
      *raw
      :PREROUTING ACCEPT
      -A PREROUTING -m conntrack --ctstate INVALID -j MARK --set-xmark 0x1/0x0
      *nat
      :INPUT ACCEPT
      -A INPUT -j SNAT --to-source 192.0.2.99
      *filter
      :INPUT ACCEPT
      :one -
      -A INPUT -j MARK --set-xmark 0x2/0x0
      -A one -j one`,
    packets: [['udp 192.0.2.10:1 -> 192.0.2.1:2 in=eth0', 'accept local mark=0x3 src=192.0.2.99']],
  },
]);
