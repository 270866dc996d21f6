import { describe, expect, test } from 'vitest';
import { renderIpAddress } from '../../src/address/ip-address.ts';
import type { PacketResult } from '../../src/simulate/packet-result.ts';
import { testHost } from '../support/hosts.ts';
import { rules } from '../support/rules.ts';
import { outcome, run, simulator, way } from '../support/simulations.ts';

const ALL_TABLES = `
  *raw
  -A PREROUTING -j LOG
  -A OUTPUT -j LOG
  *mangle
  -A PREROUTING -j LOG
  -A INPUT -j LOG
  -A FORWARD -j LOG
  -A OUTPUT -j LOG
  -A POSTROUTING -j LOG
  *nat
  -A PREROUTING -j LOG
  -A INPUT -j LOG
  -A OUTPUT -j LOG
  -A POSTROUTING -j LOG
  -A POSTROUTING -s 10.9.9.9 -j MASQUERADE
  *filter
  -A INPUT -j LOG
  -A FORWARD -j LOG
  -A OUTPUT -j LOG`;

/** Where a packet met rules, in order: `raw prerouting`. */
function places(result: PacketResult): readonly string[] {
  return result.hops.map((hop) => `${hop.table} ${hop.hook}`);
}

/** Source and destination at the end. */
function final(result: PacketResult): string {
  const { source, sourcePort, destination, destinationPort } = result.final;
  return `${renderIpAddress(source)}:${sourcePort} ${renderIpAddress(destination)}:${destinationPort}`;
}

describe('tables in kernel order (netfilter-facts 1.2)', () => {
  test('for a packet to the host', () => {
    const result = run(simulator(ALL_TABLES), 'tcp 192.0.2.10:1000 -> 192.0.2.1:22 in=eth0');
    expect(places(result)).toEqual([
      'raw prerouting',
      'mangle prerouting',
      'nat prerouting',
      'mangle input',
      'filter input',
      'nat input',
    ]);
    expect(outcome(result)).toBe('accept local');
  });

  test('for a forwarded packet; the second one of its connection meets no nat chain', () => {
    const on = simulator(ALL_TABLES);
    const line = 'udp 192.0.2.10:1000 -> 198.51.100.10:53 in=eth0';
    const wanted = [
      'raw prerouting',
      'mangle prerouting',
      'nat prerouting',
      'mangle forward',
      'filter forward',
      'mangle postrouting',
      'nat postrouting',
    ];
    expect(places(run(on, line))).toEqual(wanted);
    expect(places(run(on, line))).toEqual(wanted.filter((place) => !place.startsWith('nat')));
  });

  test('for a packet of a local process', () => {
    const result = run(simulator(ALL_TABLES), 'tcp 198.51.100.1:1000 -> 198.51.100.10:80 in=local');
    expect(places(result)).toEqual([
      'raw output',
      'mangle output',
      'nat output',
      'filter output',
      'mangle postrouting',
      'nat postrouting',
    ]);
    expect(outcome(result)).toBe('accept eth1');
  });

  test('from the host to itself: out by lo and in again, nat only on the way out, new in all hooks', () => {
    const result = run(simulator(ALL_TABLES), 'tcp 192.0.2.1:1000 -> 198.51.100.1:80 in=local');
    expect(places(result)).toEqual([
      'raw output',
      'mangle output',
      'nat output',
      'filter output',
      'mangle postrouting',
      'nat postrouting',
      'raw prerouting',
      'mangle prerouting',
      'mangle input',
      'filter input',
    ]);
    const hooks = result.steps.flatMap((step) => (step.kind === 'hook' ? [step] : []));
    expect(hooks.map((step) => [step.hook, step.inInterface, step.outInterface])).toEqual([
      ['output', '', 'lo'],
      ['postrouting', '', 'lo'],
      ['prerouting', 'lo', ''],
      ['input', 'lo', ''],
    ]);
    expect([outcome(result), result.state]).toEqual(['accept local', 'new']);
  });
});

test('IPv6 refuses what comes back by lo from a multicast source, after its connection is made', () => {
  const line = 'udp [ff0e::1]:1000 -> [2001:db8:0:100::1]:53 in=local';
  const result = run(simulator([rules('*filter', 6)]), line);
  expect(outcome(result), way(result)).toBe('drop');
  const hooks = result.steps.flatMap((step) => (step.kind === 'hook' ? [step.hook] : []));
  expect(hooks).toEqual(['output', 'postrouting']);
});

describe('UDP-Lite', () => {
  test.each([
    ['136 192.0.2.10:1000 -> 198.51.100.10:80 in=eth0', 1, 'invalid'],
    ['136 192.0.2.10:1000 -> 192.0.2.1:80 in=eth0', 1, 'invalid'],
    ['136 192.0.2.1:1000 -> 192.0.2.10:80 in=local', 1, 'new'],
    ['136 192.0.2.10:1000 -> 198.51.100.10:80 in=eth0', 0, 'new'],
  ])('%s with nf_conntrack_checksum=%i is %s', (line, checksum, state) => {
    const host = testHost({ sysctls: { 'net.netfilter.nf_conntrack_checksum': checksum } });
    const result = run(simulator('', host), line);
    expect(result.state, way(result)).toBe(state);
  });
});

test.each([
  ['tcp 192.0.2.1:80 -> 192.0.2.1:53 in=local flags=SA', 'untracked'],
  ['tcp 192.0.2.1:80 -> 192.0.2.1:53 in=local flags=S', 'new'],
])('NOTRACK on lo takes a packet without a connection: %s is %s', (line, state) => {
  const on = simulator(`
    *raw
    -A PREROUTING -i lo -j CT --notrack
    -A PREROUTING -m conntrack --ctstate UNTRACKED -j MARK --set-xmark 0x1/0x1`);
  const result = run(on, line);
  expect([outcome(result), result.state], way(result)).toEqual(['accept local', state]);
  expect(result.mark).toBe(state === 'untracked' ? 1 : 0);
});

describe('connections', () => {
  const REPLY_ONLY = `
    *filter
    :FORWARD DROP
    -A FORWARD -i eth0 -p tcp -m tcp --dport 80 -j ACCEPT
    -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT`;

  test('an answer is established once the question was let through', () => {
    const on = simulator(REPLY_ONLY);
    const answer = 'tcp 198.51.100.10:80 -> 192.0.2.10:1000 in=eth1 flags=SA';
    expect(outcome(run(on, answer))).toBe('drop');
    expect(outcome(run(on, 'tcp 192.0.2.10:1000 -> 198.51.100.10:80 in=eth0'))).toBe('accept eth1');
    const result = run(on, answer);
    expect([outcome(result), result.state], way(result)).toEqual(['accept eth0', 'established']);
  });

  test('a first packet that is dropped leaves no connection behind', () => {
    const on = simulator(REPLY_ONLY);
    run(on, 'tcp 192.0.2.10:1000 -> 198.51.100.10:81 in=eth0');
    const result = run(on, 'tcp 198.51.100.10:81 -> 192.0.2.10:1000 in=eth1 flags=SA');
    expect([outcome(result), result.state]).toEqual(['drop', 'invalid']);
  });

  test('reset forgets connections and time', () => {
    const on = simulator(REPLY_ONLY);
    run(on, 'tcp 192.0.2.10:1000 -> 198.51.100.10:80 in=eth0 time=50');
    on.reset();
    expect(run(on, 'tcp 198.51.100.10:80 -> 192.0.2.10:1000 in=eth1 flags=SA').state).toBe(
      'invalid',
    );
  });

  test('a packet has the time of the one before unless it says its own', () => {
    const on = simulator(REPLY_ONLY);
    run(on, 'tcp 192.0.2.10:1000 -> 198.51.100.10:80 in=eth0 time=5');
    expect(run(on, 'tcp 198.51.100.10:80 -> 192.0.2.10:1000 in=eth1 flags=SA').state).toBe(
      'established',
    );
    // The answered connection is forgotten 60 seconds after the SYN-ACK.
    const late = 'tcp 198.51.100.10:80 -> 192.0.2.10:1000 in=eth1 flags=SA time=66';
    expect(run(on, late).state).toBe('invalid');
  });

  test('NOTRACK packets are untracked, not invalid, and meet no nat chain', () => {
    const on = simulator(`
      *raw
      -A PREROUTING -j CT --notrack
      *nat
      -A PREROUTING -p tcp -j DNAT --to-destination 203.0.113.10:80
      *filter
      :FORWARD DROP
      -A FORWARD -m conntrack --ctstate INVALID -j DROP
      -A FORWARD -m conntrack --ctstate UNTRACKED -j ACCEPT`);
    const result = run(on, 'tcp 192.0.2.10:1000 -> 198.51.100.10:80 in=eth0');
    expect([outcome(result), result.state], way(result)).toEqual(['accept eth1', 'untracked']);
  });

  test('in the second half of a packet to the host itself NOTRACK has no effect', () => {
    const on = simulator(
      '*raw\n-A PREROUTING -j CT --notrack\n*nat\n-A OUTPUT -d 10.9.9.9 -j DNAT --to-destination 10.9.9.8',
    );
    expect(run(on, 'tcp 192.0.2.1:1000 -> 192.0.2.1:80 in=local').state).toBe('new');
  });

  test.each(['new', 'established', 'related', 'invalid', 'untracked'] as const)(
    'a packet that is said to be %s is so for rules',
    (state) => {
      const on = simulator(
        `*filter\n:FORWARD DROP\n-A FORWARD -m conntrack --ctstate ${state.toUpperCase()} -j ACCEPT`,
      );
      const result = run(on, `tcp 192.0.2.10:1000 -> 198.51.100.10:80 in=eth0 state=${state}`);
      expect([outcome(result), result.state], way(result)).toEqual(['accept eth1', state]);
    },
  );

  test('a packet that table raw drops ends before connection tracking', () => {
    const on = simulator('*raw\n-A PREROUTING -j DROP');
    expect(run(on, 'tcp 192.0.2.10:1000 -> 198.51.100.10:80 in=eth0').state).toBeNull();
  });
});

describe('translation', () => {
  const DNAT = `
    *mangle
    -A PREROUTING -d 203.0.113.10 -j DROP
    *nat
    -A PREROUTING -d 192.0.2.1 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 203.0.113.10:80
    -A POSTROUTING -o cali0 -j SNAT --to-source 203.0.113.1
    *filter
    :FORWARD DROP
    -A FORWARD -s 192.0.2.10 -d 203.0.113.10 -p tcp -m tcp --dport 80 -j ACCEPT
    -A FORWARD -s 203.0.113.10 -d 192.0.2.10 -m conntrack --ctstate DNAT -j ACCEPT`;

  test('filter sees the new destination and the old source, in both directions', () => {
    const on = simulator(DNAT);
    const result = run(on, 'tcp 192.0.2.10:1000 -> 192.0.2.1:8080 in=eth0');
    expect([outcome(result), final(result)], way(result)).toEqual([
      'accept cali0',
      '203.0.113.1:1000 203.0.113.10:80',
    ]);
    const answer = run(on, 'tcp 203.0.113.10:80 -> 203.0.113.1:1000 in=cali0 flags=SA');
    expect([outcome(answer), final(answer)], way(answer)).toEqual([
      'accept eth0',
      '192.0.2.1:8080 192.0.2.10:1000',
    ]);
  });

  test('MASQUERADE takes the address of the interface it leaves by', () => {
    const on = simulator('*nat\n-A POSTROUTING -o eth1 -j MASQUERADE');
    const result = run(on, 'udp 192.0.2.10:1000 -> 198.51.100.10:53 in=eth0');
    expect(final(result), way(result)).toBe('198.51.100.1:1000 198.51.100.10:53');
  });

  test('rules of OUTPUT behind DNAT see the old interface, POSTROUTING the new one', () => {
    const on = simulator(`
      *nat
      -A OUTPUT -d 198.51.100.10 -p tcp -j DNAT --to-destination 192.0.2.20:80
      *filter
      -A OUTPUT -o eth0 -j DROP
      *mangle
      -A POSTROUTING -o eth1 -j DROP`);
    const result = run(on, 'tcp 198.51.100.1:1000 -> 198.51.100.10:80 in=local');
    expect([outcome(result), final(result)], way(result)).toEqual([
      'accept eth0',
      '198.51.100.1:1000 192.0.2.20:80',
    ]);
  });

  test('DNAT in OUTPUT to an address of the host goes on by lo', () => {
    const on = simulator(
      '*nat\n-A OUTPUT -d 198.51.100.10 -p tcp -j DNAT --to-destination 192.0.2.1:80',
    );
    const result = run(on, 'tcp 198.51.100.1:1000 -> 198.51.100.10:80 in=local');
    expect(outcome(result), way(result)).toBe('accept local');
  });
});

test("the host's own nat rules may translate, and so are asked although nothing else tracks connections", () => {
  const on = simulator('*nat\n:PREROUTING ACCEPT\n-A PREROUTING -j OPAQUE');
  expect(run(on, 'tcp 192.0.2.10:1 -> 198.51.100.10:22 in=eth0').verdict).toBe('undetermined');
});

describe('REJECT', () => {
  const REJECTS = '*filter\n-A FORWARD -j REJECT --reject-with icmp-port-unreachable';
  const RESETS = '*filter\n-A FORWARD -p tcp -j REJECT --reject-with tcp-reset';

  test.each([
    [REJECTS, 'tcp 192.0.2.10:1000 -> 198.51.100.10:80 in=eth0', 'reject'],
    [REJECTS, 'tcp 192.0.2.10:1000 -> 198.51.100.10:80 in=eth0 flags=R', 'reject'],
    [REJECTS, 'icmp 192.0.2.10 -> 198.51.100.10 type=8 in=eth0', 'reject'],
    [REJECTS, 'icmp 192.0.2.10 -> 198.51.100.10 type=3 in=eth0', 'drop'],
    [REJECTS, '112 192.0.2.10 -> 198.51.100.10 in=eth0', 'drop'],
    [REJECTS, '50 192.0.2.10 -> 198.51.100.10 in=eth0', 'reject'],
    [RESETS, 'tcp 192.0.2.10:1000 -> 198.51.100.10:80 in=eth0 flags=A', 'reject'],
    [RESETS, 'tcp 192.0.2.10:1000 -> 198.51.100.10:80 in=eth0 flags=R', 'drop'],
  ])('%s of %s: %s', (text, line, wanted) => {
    const result = run(simulator(text), line);
    expect(outcome(result), way(result)).toBe(wanted);
  });

  test('is a drop where there is no route back to the source', () => {
    const host = testHost({ routes: ['203.0.113.10/32 dev cali0'] });
    const result = run(simulator(REJECTS, host), 'tcp 10.1.1.1:1 -> 198.51.100.10:80 in=eth0');
    expect(outcome(result), way(result)).toBe('drop');
  });

  test('is a drop for a broadcast', () => {
    const on = simulator('*filter\n-A INPUT -j REJECT --reject-with icmp-port-unreachable');
    expect(outcome(run(on, 'udp 192.0.2.10:67 -> 192.0.2.255:68 in=eth0'))).toBe('drop');
  });
});

describe('where a packet begins', () => {
  test.each([
    ['tcp 192.0.2.10:1 -> 192.0.2.1:22', 'eth0'],
    ['tcp 8.8.8.8:1 -> 192.0.2.1:22', 'eth1'],
    ['tcp 203.0.113.10:1 -> 192.0.2.1:22', 'cali0'],
    ['tcp 192.0.2.1:1 -> 198.51.100.10:22', 'local'],
  ])('%s arrives by the route back: %s', (line, from) => {
    expect(run(simulator(''), line).packet.in).toBe(from);
  });

  test.each([
    ['198.51.100.10', '198.51.100.1'],
    ['192.0.2.10', '192.0.2.1'],
    ['203.0.113.10', '203.0.113.1'],
    ['192.0.2.1', '192.0.2.1'],
    ['8.8.8.8', '198.51.100.1'],
    ['192.0.2.255', '192.0.2.1'],
    ['255.255.255.255', '198.51.100.1'],
    ['224.0.0.5', '198.51.100.1'],
    ['0.0.0.0', '127.0.0.1'],
  ])('a local process that leaves its source open to %s sends from %s', (destination, source) => {
    const result = run(simulator(''), `udp 0.0.0.0:1000 -> ${destination}:53 in=local`);
    expect(final(result), way(result)).toBe(`${source}:1000 ${destination}:53`);
    expect(renderIpAddress(result.packet.source)).toBe(source);
  });

  test('without a route there is no source to give either', () => {
    const on = simulator('', testHost({ routes: [] }));
    expect(outcome(run(on, 'udp 0.0.0.0:1000 -> 8.8.8.8:53 in=local'))).toBe('reject');
  });

  test('an interface that the host does not have is an error with the nearest name', () => {
    expect(() => run(simulator(''), 'tcp 192.0.2.10:1 -> 192.0.2.1:22 in=eth7')).toThrow(
      expect.objectContaining({
        name: 'PacketPathError',
        message: 'the host has no interface `eth7`',
        hint: 'Did you mean `eth0`?',
      }),
    );
  });

  test('a source without a route back must say where it arrives', () => {
    const on = simulator('', testHost({ routes: [] }));
    expect(() => run(on, 'tcp 10.1.1.1:1 -> 192.0.2.1:22')).toThrow(/no route back to 10\.1\.1\.1/);
  });
});

test('what rules of one family say does not concern the other', () => {
  const on = simulator([rules('*filter\n-A FORWARD -j DROP', 6)]);
  expect(outcome(run(on, 'tcp 192.0.2.10:1 -> 198.51.100.10:22 in=eth0'))).toBe('accept eth1');
  const line = 'tcp [2001:db8:0:2::10]:1 -> [2001:db8:0:100::10]:22 in=eth0';
  expect(outcome(run(on, line))).toBe('drop');
});

test('which direction a known connection from a port to itself is found in is chance', () => {
  const on = simulator('*filter\n-A INPUT -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n');
  const line = 'tcp 192.0.2.1:999 -> 192.0.2.1:999 in=local';
  expect(run(on, line).verdict).toBe('accept');
  expect(run(on, `${line} flags=A`).verdict).toBe('undetermined');
});
