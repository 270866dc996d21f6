import { expect, test } from 'vitest';
import type { HostWords } from '../../host/host-document.ts';
import { inFlight, lab, type PacketWords, route, routerOf } from './routed-packet.ts';

type Case = readonly [name: string, packet: PacketWords, wanted: string, host: HostWords];

const CLIENT = '192.0.2.10';

const multipath = lab({ routes: [{ to: '10.0.0.0/8', notModelled: ['nexthops'] }] });
const byTos = lab({
  routes: [
    { to: '10.0.0.0/8', dev: 'cali0', metric: 50, notModelled: ['tos'] },
    { to: '10.0.0.0/8', dev: 'eth1' },
    { to: '10.1.0.0/16', dev: 'eth1' },
  ],
});
const byPort = lab({
  rules: [
    {
      priority: 100,
      from: '192.0.2.0/24',
      fwmark: '0x1',
      table: '100',
      notModelled: ['sport_start'],
    },
  ],
  routes: [{ to: '10.0.0.0/8', dev: 'cali0', table: '100' }],
});
const notByPort = lab({
  rules: [{ priority: 100, not: true, fwmark: '0x1', table: '100', notModelled: ['dport_start'] }],
  routes: [{ to: '10.0.0.0/8', dev: 'cali0', table: '100' }],
});
const goto = lab({
  rules: [
    {
      priority: 100,
      family: 4,
      from: '192.0.2.0/24',
      action: 'goto' as const,
      notModelled: ['goto'],
    },
  ],
});
const nop = lab({ rules: [{ priority: 100, family: 4, action: 'nop' as const }] });

const CASES: readonly Case[] = [
  [
    'a route of several next hops is met',
    { src: CLIENT, dst: '10.1.1.1' },
    'undetermined',
    multipath,
  ],
  ['and concerns nothing else', { src: CLIENT, dst: '11.1.1.1' }, 'forward eth1', multipath],
  [
    'whether a route by TOS is a packet’s, nobody knows, whatever its metric',
    { src: CLIENT, dst: '10.2.1.1' },
    'undetermined',
    byTos,
  ],
  ['a longer prefix beats it', { src: CLIENT, dst: '10.1.1.1' }, 'forward eth1', byTos],
  ['a rule by port may match', { src: CLIENT, dst: '10.1.1.1', mark: 1 }, 'undetermined', byPort],
  [
    'a rule by port whose mark differs does not match',
    { src: CLIENT, dst: '10.1.1.1' },
    'forward eth1',
    byPort,
  ],
  [
    'nor does it matter where its table has no route',
    { src: CLIENT, dst: '11.1.1.1', mark: 1 },
    'forward eth1',
    byPort,
  ],
  [
    'nor for an address of the host',
    { src: CLIENT, dst: '198.51.100.1', mark: 1 },
    'local',
    byPort,
  ],
  [
    'a negated rule matches for certain where what is known of it does not',
    { src: CLIENT, dst: '10.1.1.1' },
    'forward cali0',
    notByPort,
  ],
  ['and else may match', { src: CLIENT, dst: '10.1.1.1', mark: 1 }, 'undetermined', notByPort],
  [
    'a rule that goes on elsewhere is unknown',
    { src: CLIENT, dst: '10.1.1.1' },
    'undetermined',
    goto,
  ],
  [
    'for those alone that it matches',
    { src: '203.0.113.10', in: 'cali0', dst: '10.1.1.1' },
    'forward eth1',
    goto,
  ],
  ['a rule that does nothing does nothing', { src: CLIENT, dst: '10.1.1.1' }, 'forward eth1', nop],
];

test.each(CASES)('%s', (_name, packet, wanted, host) => {
  expect(route(routerOf(host), packet)).toBe(wanted);
});

test('a reverse path that nobody knows is a doubt, but not for a packet that is dropped anyway', () => {
  const router = routerOf({ ...multipath, sysctls: { 'net.ipv4.conf.eth0.rp_filter': 1 } });
  const packet = inFlight({ in: 'eth0', src: '10.1.1.1', dst: '192.0.2.1' });
  expect(router.routeInput(packet).kind).toBe('local');
  expect(router.takeDoubts('accept')).toEqual([
    'whether source 10.1.1.1 is good: route 10.0.0.0/8 has `nexthops`, which is not modelled',
  ]);
  expect(router.takeDoubts('accept')).toEqual([]);
  router.routeInput(packet);
  expect(router.takeDoubts('drop')).toEqual([]);
});

test('the interface towards a sender by such a route is not known', () => {
  const { source } = inFlight({ src: '10.1.1.1', dst: '192.0.2.1' });
  expect(routerOf(multipath).interfaceTowards(source)).toBeUndefined();
});

test('routes that are all of them bring the subnets and the local table with them', () => {
  const router = routerOf({
    interfaces: [{ name: 'eth0', addresses: ['192.0.2.1/24'] }, { name: 'eth1' }],
    derivedRoutes: false,
    routes: [
      { to: '192.0.2.1/32', type: 'local', dev: 'eth0', table: 'local' },
      { to: '192.0.2.255/32', type: 'broadcast', dev: 'eth0', table: 'local' },
      { to: '192.0.2.0/25', dev: 'eth1' },
    ],
  });
  const to = (dst: string): string => route(router, { in: 'eth1', src: '192.0.2.9', dst });
  expect([to('192.0.2.1'), to('192.0.2.255'), to('192.0.2.7'), to('192.0.2.200')]).toEqual([
    'local',
    'local',
    'forward eth1',
    'reject',
  ]);
});

test('a port of a VRF is undetermined, a port of a bridge is the bridge', () => {
  const host = (type: string): HostWords => ({
    interfaces: [
      { name: 'm0', addresses: ['192.0.2.1/24'], type },
      { name: 'eth1', master: 'm0' },
    ],
  });
  const packet: PacketWords = { in: 'eth1', src: '192.0.2.9', dst: '192.0.2.1' };
  expect(route(routerOf(host('vrf')), packet)).toBe('undetermined');
  const bridged = routerOf(host('bridge'));
  expect(bridged.arrivalInterface('eth1')).toBe('m0');
  expect(route(bridged, { ...packet, in: 'm0' })).toBe('local');
});
