import { describe, expect, test } from 'vitest';
import { CLIENT, Flows, icmp, packet, SERVER } from './flows.ts';

const C = '192.0.2.10';
const S = '198.51.100.10';
const C6 = '2001:db8:0:2::10';
const S6 = '2001:db8:0:100::10';

describe('UDP', () => {
  const there = packet(CLIENT, SERVER);
  const back = packet(SERVER, CLIENT);

  test('is new until it is answered', () => {
    expect(new Flows().states(there, there, back, there, back)).toEqual([
      'new',
      'new',
      'established',
      'established',
      'established',
    ]);
  });

  test('lives half a minute, and two minutes once it was answered and two seconds have passed', () => {
    const flows = new Flows();
    const leftAt = (nowMs: number, sent: typeof there) => {
      flows.nowMs = nowMs;
      return (flows.send(sent).connection?.expiresAtMs as number) - nowMs;
    };
    expect(leftAt(0, there)).toBe(30_000);
    expect(leftAt(1000, back)).toBe(30_000);
    expect(leftAt(2000, there)).toBe(30_000);
    expect(leftAt(2001, there)).toBe(120_000);
  });

  test('UDP-Lite is a stream from the first answer on', () => {
    const lite = { protocol: 136 };
    const flows = new Flows({ 'net.netfilter.nf_conntrack_checksum': 0 });
    flows.send(packet(CLIENT, SERVER, lite));
    flows.send(packet(SERVER, CLIENT, lite));
    expect(flows.send(packet(CLIENT, SERVER, lite)).connection?.expiresAtMs).toBe(120_000);
  });
});

describe('ICMP', () => {
  test.each([8, 13, 15, 17])('query %i opens an entry', (type) => {
    expect(new Flows().states(icmp(C, S, type))).toEqual(['new']);
  });

  test.each([0, 3, 4, 5, 9, 10, 11, 12, 14, 16, 18, 30, 42, 255])(
    'type %i without an entry is invalid',
    (type) => {
      expect(new Flows().states(icmp(C, S, type))).toEqual(['invalid']);
    },
  );

  test.each([
    [8, 0],
    [13, 14],
    [15, 16],
    [17, 18],
  ])('query %i is answered by %i', (query, answer) => {
    expect(new Flows().states(icmp(C, S, query), icmp(S, C, answer), icmp(C, S, query))).toEqual([
      'new',
      'established',
      'established',
    ]);
  });

  test('an answer with another identifier or code belongs to no query', () => {
    const flows = new Flows();
    flows.send(icmp(C, S, 8, { icmpId: 1, icmpCode: 5 }));
    expect(
      flows.states(
        icmp(S, C, 0, { icmpId: 2, icmpCode: 5 }),
        icmp(S, C, 0, { icmpId: 1, icmpCode: 0 }),
        icmp(S, C, 0, { icmpId: 1, icmpCode: 5 }),
      ),
    ).toEqual(['invalid', 'invalid', 'established']);
  });

  test('an answer of the one who asked is invalid', () => {
    expect(new Flows().states(icmp(C, S, 8), icmp(C, S, 0))).toEqual(['new', 'invalid']);
  });
});

describe('ICMPv6', () => {
  test.each([128, 139])('query %i opens an entry and is answered', (type) => {
    expect(new Flows().states(icmp(C6, S6, type), icmp(S6, C6, type + 1))).toEqual([
      'new',
      'established',
    ]);
  });

  test.each([130, 131, 132, 133, 134, 135, 136, 143])('%i is untracked', (type) => {
    const flight = new Flows().send(icmp(C6, S6, type));
    expect([flight.state, flight.connection]).toEqual(['untracked', undefined]);
  });

  test.each([1, 2, 3, 4, 100, 129, 137, 138, 140, 144, 200])(
    'type %i without an entry is invalid',
    (type) => {
      expect(new Flows().states(icmp(C6, S6, type))).toEqual(['invalid']);
    },
  );

  test.each<[string, ReturnType<typeof packet>]>([
    ['ICMP in IPv6', packet(C6, S6, { protocol: 1, icmpType: 8 })],
    ['ICMPv6 in IPv4', packet(C, S, { protocol: 58, icmpType: 128 })],
    ['IPv6 without a next header', packet(C6, S6, { protocol: 59 })],
  ])('%s is invalid', (_name, sent) => {
    expect(new Flows().states(sent)).toEqual(['invalid']);
  });
});

describe('protocols without ports', () => {
  test.each([0, 2, 4, 33, 41, 47, 50, 51, 59, 89, 103, 112, 115, 253, 255])(
    'protocol %i is tracked by addresses alone',
    (protocol) => {
      const flows = new Flows();
      const there = packet(C, S, { protocol });
      const otherPorts = packet('192.0.2.10:1', '198.51.100.10:2', { protocol });
      expect(flows.states(there, otherPorts, packet(S, C, { protocol }), there)).toEqual([
        'new',
        'new',
        'established',
        'established',
      ]);
    },
  );

  test('they live ten minutes, and GRE half a minute or three', () => {
    const flows = new Flows();
    expect(flows.send(packet(C, S, { protocol: 50 })).connection?.expiresAtMs).toBe(600_000);
    const gre = packet(C, S, { protocol: 47 });
    expect(flows.send(gre).connection?.expiresAtMs).toBe(30_000);
    expect(flows.send(packet(S, C, { protocol: 47 })).connection?.expiresAtMs).toBe(30_000);
    expect(flows.send(gre).connection?.expiresAtMs).toBe(180_000);
  });
});

describe('SCTP', () => {
  const chunk = (way: string, sctpChunk: string) =>
    way === '>'
      ? packet(CLIENT, SERVER, { protocol: 132, sctpChunk })
      : packet(SERVER, CLIENT, { protocol: 132, sctpChunk });
  const follow = (texts: readonly string[]) => {
    const flows = new Flows();
    return texts.map((text) => {
      const [way, name] = text.split(' ') as [string, string];
      const { state, connection } = flows.send(chunk(way, name));
      return [state, connection?.protocolState, (connection?.expiresAtMs ?? 0) / 1000];
    });
  };

  test.each([
    ['INIT', 'CLOSED', 10],
    ['HEARTBEAT', 'HEARTBEAT_SENT', 30],
    ['SHUTDOWN_ACK', 'SHUTDOWN_ACK_SENT', 3],
  ])('%s opens an entry', (name, state, left) => {
    expect(follow([`> ${name}`])).toEqual([['new', state, left]]);
  });

  test.each([
    'DATA',
    'SACK',
    'INIT_ACK',
    'ABORT',
    'SHUTDOWN',
    'ERROR',
    'COOKIE_ECHO',
    'COOKIE_ACK',
    'SHUTDOWN_COMPLETE',
  ])('%s without an entry is invalid', (name) => {
    expect(follow([`> ${name}`])).toEqual([['invalid', undefined, 0]]);
  });

  test('an association is opened, used and closed', () => {
    expect(
      follow(['> INIT', '< INIT_ACK', '> COOKIE_ECHO', '< COOKIE_ACK', '> DATA', '< DATA']),
    ).toEqual([
      ['new', 'CLOSED', 10],
      ['established', 'COOKIE_WAIT', 3],
      ['established', 'COOKIE_ECHOED', 3],
      ['established', 'ESTABLISHED', 210],
      ['established', 'ESTABLISHED', 210],
      ['established', 'ESTABLISHED', 210],
    ]);
  });

  test('an association that ends', () => {
    const opened = ['> INIT', '< INIT_ACK', '> COOKIE_ECHO', '< COOKIE_ACK'];
    const ended = [...opened, '> SHUTDOWN', '< SHUTDOWN_ACK', '> SHUTDOWN_COMPLETE'];
    expect(follow(ended).slice(4)).toEqual([
      ['established', 'SHUTDOWN_SENT', 3],
      ['established', 'SHUTDOWN_ACK_SENT', 3],
      ['established', 'CLOSED', 10],
    ]);
    expect(follow([...opened, '< ABORT']).at(-1)).toEqual(['established', 'CLOSED', 10]);
  });

  test('data before the other side has named its tag is invalid', () => {
    expect(follow(['> INIT', '> DATA']).at(-1)?.[0]).toBe('invalid');
  });

  test('heartbeats alone establish a path', () => {
    expect(follow(['> HEARTBEAT', '< HEARTBEAT_ACK', '> DATA'])).toEqual([
      ['new', 'HEARTBEAT_SENT', 30],
      ['established', 'ESTABLISHED', 210],
      ['established', 'ESTABLISHED', 210],
    ]);
    expect(follow(['> HEARTBEAT', '< INIT']).at(-1)?.[0]).toBe('invalid');
  });
});
