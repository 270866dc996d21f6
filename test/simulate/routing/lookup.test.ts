import { describe, expect, test } from 'vitest';
import type { HostWords } from '../../host/host-document.ts';
import { address, inFlight, lab, type PacketWords, route, routerOf } from './routed-packet.ts';

type Case = readonly [name: string, packet: PacketWords, wanted: string, host: HostWords];

const CLIENT = '192.0.2.10';

function check(cases: readonly Case[]): void {
  test.each(cases)('%s', (_name, packet, wanted, host) => {
    expect(route(routerOf(host), packet)).toBe(wanted);
  });
}

// Expectations: netfilter-facts 5.4.
describe('within a table', () => {
  const nested = lab({
    routes: [
      { to: '10.0.0.0/8', dev: 'eth1' },
      { to: '10.1.0.0/16', dev: 'cali0' },
      { to: '10.1.2.3/32', type: 'blackhole' },
    ],
  });
  const metrics = lab({
    routes: [
      { to: '10.0.0.0/8', dev: 'eth1', metric: 200 },
      { to: '10.0.0.0/8', dev: 'cali0', metric: 100 },
    ],
  });
  check([
    ['the longest prefix wins', { src: CLIENT, dst: '10.1.9.9' }, 'forward cali0', nested],
    ['a shorter one has the rest', { src: CLIENT, dst: '10.2.9.9' }, 'forward eth1', nested],
    ['a single address is the longest', { src: CLIENT, dst: '10.1.2.3' }, 'drop', nested],
    [
      'of equal prefixes the lowest metric wins',
      { src: CLIENT, dst: '10.1.1.1' },
      'forward cali0',
      metrics,
    ],
    [
      'a throw lets a shorter prefix of the table be',
      { src: CLIENT, dst: '10.1.1.1' },
      'reject',
      lab({
        routes: [
          { to: '10.1.0.0/16', type: 'throw' },
          { to: '10.0.0.0/8', dev: 'cali0' },
        ],
      }),
    ],
    [
      'table default comes after main',
      { src: CLIENT, dst: '10.1.1.1' },
      'forward cali0',
      { ...lab(), routes: [{ to: '10.0.0.0/8', dev: 'cali0', table: 'default' }] },
    ],
    [
      'table default does not overrule a blackhole',
      { src: CLIENT, dst: '10.1.1.1' },
      'drop',
      lab({
        routes: [
          { to: '10.0.0.0/8', type: 'blackhole' },
          { to: '10.1.0.0/16', dev: 'cali0', table: 'default' },
        ],
      }),
    ],
    [
      'of equal IPv6 routes the one by the input interface wins',
      { in: 'cali0', src: '2001:db8:203::10', dst: 'fd00:8::1' },
      'forward cali0',
      lab({
        routes: [
          { to: 'fd00:8::/32', dev: 'eth1' },
          { to: 'fd00:8::/32', dev: 'cali0' },
        ],
      }),
    ],
    [
      'equal IPv6 gateways share the flows, nobody knows how',
      { src: '2001:db8:2::10', dst: 'fd00:8::1' },
      'undetermined',
      lab({
        routes: [
          { to: 'fd00:8::/32', via: '2001:db8:2::fe' },
          { to: 'fd00:8::/32', via: '2001:db8:100::fd' },
        ],
      }),
    ],
  ]);
});

describe('rules', () => {
  const tables = [
    { to: 'default', dev: 'cali0', via: '192.0.2.99', table: '100' },
    { to: '10.7.0.0/16', type: 'throw' as const, table: '100' },
    { to: 'default', via: '2001:db8:2::99', dev: 'cali0', table: '100' },
  ];
  const withRule = (rule: NonNullable<HostWords['rules']>[number]): HostWords =>
    lab({ routes: tables, rules: [{ priority: 100, table: '100', ...rule }] });
  const marked = withRule({ fwmark: '0x10/0xf0' });
  check([
    [
      'by mark choose the table',
      { src: CLIENT, dst: '8.8.8.8', mark: 0x1f },
      'forward cali0',
      marked,
    ],
    [
      'by mark look only at the mask',
      { src: CLIENT, dst: '8.8.8.8', mark: 0x20 },
      'forward eth1',
      marked,
    ],
    [
      'by mark are for IPv6 too',
      { src: '2001:db8:2::10', dst: 'fd00::8', mark: 0x10 },
      'forward cali0',
      marked,
    ],
    [
      'cannot take the host’s own addresses',
      { src: CLIENT, dst: '198.51.100.1', mark: 0x10 },
      'local',
      marked,
    ],
    [
      'a throw goes on to the next rule',
      { src: CLIENT, dst: '10.7.1.1', mark: 0x10 },
      'forward eth1',
      marked,
    ],
    [
      'of one family leave the other alone',
      { src: '2001:db8:2::10', dst: 'fd00::8' },
      'forward eth1',
      withRule({ family: 4 }),
    ],
    [
      'by source',
      { src: CLIENT, dst: '8.8.8.8' },
      'forward cali0',
      withRule({ from: '192.0.2.0/24' }),
    ],
    [
      'by another source',
      { in: 'eth1', src: '198.51.100.9', dst: '8.8.8.8' },
      'forward eth1',
      withRule({ from: '192.0.2.0/24' }),
    ],
    [
      'by destination',
      { src: CLIENT, dst: '8.8.8.8' },
      'forward cali0',
      withRule({ to: '8.0.0.0/8' }),
    ],
    [
      'not by destination',
      { src: CLIENT, dst: '8.8.8.8' },
      'forward eth1',
      withRule({ to: '8.0.0.0/8', not: true }),
    ],
    [
      'by input interface',
      { src: CLIENT, dst: '8.8.8.8' },
      'forward cali0',
      withRule({ iif: 'eth0' }),
    ],
    [
      'by another input interface',
      { src: CLIENT, dst: '8.8.8.8' },
      'forward eth1',
      withRule({ iif: 'eth1' }),
    ],
    [
      'by iif lo are for the host’s own packets',
      { in: 'local', src: '192.0.2.1', dst: '8.8.8.8' },
      'forward cali0',
      withRule({ iif: 'lo' }),
    ],
    [
      'by iif lo are not for others',
      { src: CLIENT, dst: '8.8.8.8' },
      'forward eth1',
      withRule({ iif: 'lo' }),
    ],
    [
      'by protocol',
      { src: CLIENT, dst: '8.8.8.8', protocol: 17 },
      'forward cali0',
      withRule({ protocol: 17 }),
    ],
    [
      'by another protocol',
      { src: CLIENT, dst: '8.8.8.8', protocol: 6 },
      'forward eth1',
      withRule({ protocol: 17 }),
    ],
    [
      'prohibit',
      { src: CLIENT, dst: '8.8.8.8' },
      'reject',
      withRule({ to: '8.0.0.0/8', action: 'prohibit' }),
    ],
    [
      'unreachable',
      { src: CLIENT, dst: '8.8.8.8' },
      'reject',
      withRule({ to: '8.0.0.0/8', action: 'unreachable' }),
    ],
    [
      'blackhole',
      { src: CLIENT, dst: '8.8.8.8' },
      'drop',
      withRule({ to: '8.0.0.0/8', action: 'blackhole' }),
    ],
    [
      'suppress a default route',
      { src: CLIENT, dst: '8.8.8.8' },
      'forward eth1',
      withRule({ suppressPrefixLength: 0 }),
    ],
    [
      'lower priorities come first',
      { src: CLIENT, dst: '8.8.8.8' },
      'drop',
      lab({
        routes: tables,
        rules: [
          { priority: 200, table: '100', family: 4 },
          { priority: 100, to: '8.0.0.0/8', action: 'blackhole' },
        ],
      }),
    ],
  ]);

  // Observed on Linux 6.18: the answer's source is the input interface's address.
  test.each([
    ['may forbid the answer', '2001:db8:2::/64', false, 'drop'],
    ['may spare the answer', '2001:db8:2::/64', true, 'reject'],
  ])('by source %s to an unroutable IPv6 packet', (_name, from, not, wanted) => {
    const host = lab({ rules: [{ priority: 100, from, not, action: 'prohibit' }] });
    const packet = not
      ? { src: 'fd00::9', dst: 'fd00:8::1' }
      : { src: '2001:db8:2::9', dst: 'fd00:8::1' };
    expect(route(routerOf(host), packet)).toBe(wanted);
  });

  test('local and main are one table until a rule of one’s own parts them', () => {
    const routes = [
      { to: '10.9.0.0/16', type: 'local' as const },
      { to: '10.9.1.0/24', dev: 'cali0' },
    ];
    const packet = { src: CLIENT, dst: '10.9.1.1' };
    expect(route(routerOf(lab({ routes })), packet)).toBe('forward cali0');
    const rules = [{ priority: 100, fwmark: '0x1', table: '100', family: 4 as const }];
    expect(route(routerOf(lab({ routes, rules })), packet)).toBe('local');
  });
});

describe('what the router knows of addresses', () => {
  const router = routerOf(lab({ routes: [{ to: '10.3.0.0/16', type: 'blackhole' }] }));

  test.each([
    ['192.0.2.1', true],
    ['198.51.100.1', true],
    ['127.0.0.1', true],
    ['127.8.8.8', true],
    ['192.0.2.10', false],
    ['192.0.2.255', false],
    ['0.0.0.0', false],
    ['224.0.0.1', false],
    ['::1', true],
    ['2001:db8:100::1', true],
    ['2001:db8:100::', false],
    ['2001:db8:100::9', false],
  ])('whether %s is LOCAL: %s', (text, wanted) => {
    expect(router.isLocalAddress(address(text))).toBe(wanted);
  });

  test.each([
    ['192.0.2.10', 'eth0'],
    ['8.8.8.8', 'eth1'],
    ['203.0.113.10', 'cali0'],
    ['198.51.100.1', 'local'],
    ['127.0.0.1', 'local'],
    ['10.3.1.1', undefined],
    ['2001:db8:203::10', 'cali0'],
    ['fd00::1', 'eth1'],
    ['fe80::1', undefined],
  ])('packets from %s come by %s', (text, wanted) => {
    expect(router.interfaceTowards(address(text))).toBe(wanted);
  });
});

describe('a link-local address is sent to by the interface of the source', () => {
  const sent = { in: 'local', src: '2001:db8:2::1', dst: 'fe80::77' };

  test('which has the route for it', () => {
    const own = { name: 'eth0', addresses: ['2001:db8:2::1/64', 'fe80::1/64'] };
    const interfaces = [own, { name: 'eth1' }, { name: 'cali0' }];
    expect(route(routerOf(lab({ interfaces })), sent)).toBe('forward eth0');
  });

  test('unless nobody says which the interface itself has', () => {
    expect(route(routerOf(lab()), sent)).toBe('undetermined');
    expect(route(routerOf(lab()), { ...sent, dst: 'fe80:1::77' })).toBe('reject');
  });

  test('unless it makes no link-local address of its own and so has no route', () => {
    const sysctls = { 'net.ipv6.conf.default.addr_gen_mode': 1 };
    expect(route(routerOf(lab({ sysctls })), sent)).toBe('reject');
    expect(route(routerOf(lab({ sysctls })), { ...sent, dst: 'ff02::1' })).toBe('forward eth0');
  });
});

describe('MASQUERADE', () => {
  const router = routerOf(
    lab({
      interfaces: [
        {
          name: 'eth0',
          addresses: ['192.0.2.1/24', '192.0.2.7/24', '10.3.3.3/16', '2001:db8:2::1/64'],
        },
        { name: 'eth1', addresses: ['198.51.100.1/24', 'fd00:1::1/64', '2001:db8:100::1/64'] },
        { name: 'cali0' },
      ],
    }),
  );
  // Source: inet_select_addr and ipv6_dev_get_saddr (Linux 6.18).
  test.each([
    ['takes the primary address of the subnet', 'eth0', '192.0.2.9', '192.0.2.1'],
    ['takes the address in the subnet of the destination', 'eth0', '10.3.9.9', '10.3.3.3'],
    ['takes the first where none is near', 'eth0', '8.8.8.8', '192.0.2.1'],
    ['takes the address near the gateway', 'eth1', '8.8.8.8', '198.51.100.1'],
    ['borrows where the interface has none', 'cali0', '203.0.113.10', '192.0.2.1'],
    ['takes the interface’s IPv6 address', 'eth0', '2001:db8:9::9', '2001:db8:2::1'],
    ['takes the IPv6 address of the destination’s kind', 'eth1', 'fd00:9::9', 'fd00:1::1'],
    ['takes the IPv6 address of the world’s kind', 'eth1', '2001:db8:9::9', '2001:db8:100::1'],
  ])('%s', (_name, dev, destination, wanted) => {
    const to = address(destination);
    expect(router.masqueradeAddress(dev, to.family, to)).toEqual(address(wanted));
  });

  test.each([0, 1])('never takes 127/8, also with route_localnet=%i', (routeLocalnet) => {
    const sysctls = { 'net.ipv4.conf.all.route_localnet': routeLocalnet };
    const local = address('198.51.100.1');
    expect(routerOf(lab({ sysctls })).masqueradeAddress('lo', 4, local)).toEqual(
      address('192.0.2.1'),
    );
  });

  test('has nothing to take on a host without addresses', () => {
    const bare = routerOf({ interfaces: [{ name: 'eth0' }] });
    expect(bare.masqueradeAddress('eth0', 4, address('8.8.8.8'))).toBeUndefined();
  });
});

describe('masters', () => {
  const host = lab({
    interfaces: [
      { name: 'eth0', master: 'br0' },
      { name: 'br0', addresses: ['192.0.2.1/24'] },
      { name: 'eth1', addresses: ['198.51.100.1/24'], master: 'blue' },
      { name: 'blue' },
      { name: 'eth2', master: 'gone' },
      { name: 'cali0' },
    ],
    routes: [],
  });
  const router = routerOf({ ...host, routes: [{ to: 'default', via: '192.0.2.254' }] });

  test('a packet on a bridge’s port arrives on the bridge', () => {
    expect(router.arrivalInterface('eth0')).toBe('br0');
    expect(router.arrivalInterface('br0')).toBe('br0');
    expect(route(router, { in: 'br0', src: CLIENT, dst: '8.8.8.8' })).toBe('forward br0');
  });

  test('a member of a VRF is not modelled, on the way in and out', () => {
    expect(router.arrivalInterface('eth1')).toBe('eth1');
    expect(route(router, { in: 'eth1', src: '198.51.100.9', dst: '8.8.8.8' })).toBe('undetermined');
    expect(route(router, { in: 'br0', src: CLIENT, dst: '198.51.100.9' })).toBe('undetermined');
  });

  test('a master that the document does not list is not guessed at', () => {
    expect(route(router, { in: 'eth2', src: CLIENT, dst: '8.8.8.8' })).toBe('undetermined');
  });
});

describe('routing again after OUTPUT', () => {
  test('keeps 127/8 in the host unless route_localnet lets it out', () => {
    const sent = inFlight({ in: 'local', src: '127.0.0.1', dst: '127.0.0.1' });
    sent.destination = address(CLIENT);
    expect(routerOf(lab()).routeOutput(sent).kind).toBe('reject');
    const open = lab({ sysctls: { 'net.ipv4.conf.eth0.route_localnet': 1 } });
    expect(routerOf(open).routeOutput(sent).kind).toBe('forward');
  });

  test('follows the new mark', () => {
    const host = lab({
      routes: [{ to: 'default', via: '192.0.2.99', table: '100' }],
      rules: [{ fwmark: '0x1', table: '100', family: 4 }],
    });
    const sent = inFlight({ in: 'local', src: '192.0.2.1', dst: '8.8.8.8' });
    expect(routerOf(host).routeOutput(sent)).toMatchObject({ outInterface: 'eth1' });
    sent.mark = 1;
    expect(routerOf(host).routeOutput(sent)).toMatchObject({ outInterface: 'eth0' });
  });
});
