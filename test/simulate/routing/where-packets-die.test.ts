import { describe, expect, test } from 'vitest';
import type { HostWords } from '../../host/host-document.ts';
import { lab, type PacketWords, route, routerOf } from './routed-packet.ts';

type Case = readonly [name: string, packet: PacketWords, wanted: string, host?: HostWords];

const CLIENT = '192.0.2.10';
const PEER = '198.51.100.10';
const CLIENT6 = '2001:db8:2::10';
const PEER6 = '2001:db8:100::10';

function check(cases: readonly Case[]): void {
  const complete = cases.map(
    ([name, packet, wanted, host]) => [name, packet, wanted, host ?? lab()] as const,
  );
  test.each(complete)('%s', (_name, packet, wanted, host) => {
    expect(route(routerOf(host), packet)).toBe(wanted);
  });
}

const TYPES: HostWords = {
  routes: [
    { to: '10.1.0.0/16', type: 'unreachable' },
    { to: '10.2.0.0/16', type: 'prohibit' },
    { to: '10.3.0.0/16', type: 'blackhole' },
    { to: 'fd00:1::/32', type: 'unreachable' },
    { to: 'fd00:2::/32', type: 'prohibit' },
    { to: 'fd00:3::/32', type: 'blackhole' },
  ],
};
const WITHOUT_DEFAULT: HostWords = {
  interfaces: [
    { name: 'eth0', addresses: ['192.0.2.1/24', '2001:db8:2::1/64'] },
    { name: 'eth1', addresses: ['198.51.100.1/24', '2001:db8:100::1/64'] },
  ],
  ...TYPES,
};
const forwarding = (words: HostWords, on: number): HostWords => ({
  ...words,
  sysctls: { 'net.ipv4.ip_forward': on, 'net.ipv6.conf.all.forwarding': on },
});

// Expectations: netfilter-facts 5.1 and the contract's routing paragraph.
describe('forwarding', () => {
  check([
    ['is on when nothing says otherwise', { src: CLIENT, dst: PEER }, 'forward eth1'],
    ['is on for IPv6 too', { src: CLIENT6, dst: PEER6 }, 'forward eth1'],
    ['off drops IPv4 transit', { src: CLIENT, dst: PEER }, 'drop', forwarding(lab(), 0)],
    ['off drops IPv6 transit', { src: CLIENT6, dst: PEER6 }, 'drop', forwarding(lab(), 0)],
    ['off still delivers', { src: CLIENT, dst: '198.51.100.1' }, 'local', forwarding(lab(), 0)],
    [
      'off at the input interface drops',
      { src: CLIENT, dst: PEER },
      'drop',
      lab({ sysctls: { 'net.ipv4.ip_forward': 1, 'net.ipv4.conf.eth0.forwarding': 0 } }),
    ],
    [
      'off at the output interface does not matter',
      { src: CLIENT, dst: PEER },
      'forward eth1',
      lab({ sysctls: { 'net.ipv4.ip_forward': 1, 'net.ipv4.conf.eth1.forwarding': 0 } }),
    ],
    [
      'of IPv6 is the whole host’s, not the interface’s',
      { src: CLIENT6, dst: PEER6 },
      'forward eth1',
      lab({ sysctls: { 'net.ipv6.conf.eth0.forwarding': 0 } }),
    ],
  ]);
});

describe('TTL', () => {
  check([
    ['1 in transit is answered', { src: CLIENT, dst: PEER, ttl: 1 }, 'reject'],
    ['0 in transit is answered', { src: CLIENT, dst: PEER, ttl: 0 }, 'reject'],
    ['2 in transit goes on', { src: CLIENT, dst: PEER, ttl: 2 }, 'forward eth1'],
    ['1 is delivered', { src: CLIENT, dst: '192.0.2.1', ttl: 1 }, 'local'],
    ['hop limit 1 in transit is answered', { src: CLIENT6, dst: PEER6, ttl: 1 }, 'reject'],
    ['hop limit 1 is delivered', { src: CLIENT6, dst: '2001:db8:2::1', ttl: 1 }, 'local'],
    [
      'is not looked at where forwarding is off',
      { src: CLIENT, dst: PEER, ttl: 1 },
      'drop',
      forwarding(lab(), 0),
    ],
  ]);
});

describe('a destination without a usable route', () => {
  check([
    ['no route', { src: CLIENT, dst: '10.9.9.9' }, 'reject', WITHOUT_DEFAULT],
    ['no route, IPv6', { src: CLIENT6, dst: 'fd00:9::9' }, 'reject', WITHOUT_DEFAULT],
    ['unreachable', { src: CLIENT, dst: '10.1.1.1' }, 'reject', lab(TYPES)],
    ['prohibit', { src: CLIENT, dst: '10.2.1.1' }, 'reject', lab(TYPES)],
    ['blackhole', { src: CLIENT, dst: '10.3.1.1' }, 'drop', lab(TYPES)],
    ['unreachable, IPv6', { src: CLIENT6, dst: 'fd00:1::1' }, 'reject', lab(TYPES)],
    ['prohibit, IPv6', { src: CLIENT6, dst: 'fd00:2::1' }, 'reject', lab(TYPES)],
    ['blackhole, IPv6', { src: CLIENT6, dst: 'fd00:3::1' }, 'drop', lab(TYPES)],
    [
      'throw in table main is no route',
      { src: CLIENT, dst: '10.4.1.1' },
      'reject',
      lab({ routes: [{ to: '10.4.0.0/16', type: 'throw' }] }),
    ],
    [
      'with IPv4 forwarding off: no route',
      { src: CLIENT, dst: '10.9.9.9' },
      'drop',
      forwarding(WITHOUT_DEFAULT, 0),
    ],
    [
      'with IPv4 forwarding off: unreachable',
      { src: CLIENT, dst: '10.1.1.1' },
      'drop',
      forwarding(WITHOUT_DEFAULT, 0),
    ],
    [
      'with IPv4 forwarding off: prohibit',
      { src: CLIENT, dst: '10.2.1.1' },
      'drop',
      forwarding(WITHOUT_DEFAULT, 0),
    ],
    [
      'with IPv6 forwarding off: no route',
      { src: CLIENT6, dst: 'fd00:9::9' },
      'reject',
      forwarding(WITHOUT_DEFAULT, 0),
    ],
    [
      'with IPv6 forwarding off: prohibit',
      { src: CLIENT6, dst: 'fd00:2::1' },
      'reject',
      forwarding(WITHOUT_DEFAULT, 0),
    ],
    [
      'nobody is told who cannot be reached',
      { src: '203.0.113.77', dst: '10.9.9.9' },
      'drop',
      WITHOUT_DEFAULT,
    ],
    [
      'nobody is told about an ICMP error',
      { src: CLIENT, dst: '10.9.9.9', protocol: 1, icmpType: 3 },
      'drop',
      WITHOUT_DEFAULT,
    ],
    [
      'a subnet’s anycast address is not told',
      { src: '2001:db8:2::', dst: 'fd00:9::9' },
      'drop',
      WITHOUT_DEFAULT,
    ],
    [
      'nor a network address where this host is no router',
      { src: '2001:db8:2::', dst: 'fd00:9::9' },
      'drop',
      { ...WITHOUT_DEFAULT, sysctls: { 'net.ipv6.conf.eth0.forwarding': 0 } },
    ],
    [
      'a ping is told',
      { src: CLIENT, dst: '10.9.9.9', protocol: 1, icmpType: 8 },
      'reject',
      WITHOUT_DEFAULT,
    ],
  ]);
});

describe('IPv4 looks up the destination before it judges the source', () => {
  const strict: HostWords = { ...WITHOUT_DEFAULT, sysctls: { 'net.ipv4.conf.all.rp_filter': 1 } };
  check([
    ['own address, no route', { src: '192.0.2.1', dst: '10.9.9.9' }, 'reject', strict],
    ['wrong way, prohibit', { src: '198.51.100.9', dst: '10.2.1.1' }, 'reject', strict],
    ['127/8 as source', { src: '127.0.0.1', dst: '10.9.9.9' }, 'drop', strict],
    ['0.0.0.0 as source', { src: '0.0.0.0', dst: '10.9.9.9' }, 'drop', strict],
    ['224/4 as source', { src: '224.0.0.1', dst: '10.9.9.9' }, 'drop', strict],
    ['255.255.255.255 as source', { src: '255.255.255.255', dst: '10.9.9.9' }, 'drop', strict],
  ]);
});

describe('an interface that is down', () => {
  const down = lab({
    interfaces: [
      { name: 'eth0', addresses: ['192.0.2.1/24', '2001:db8:2::1/64'] },
      { name: 'eth1', addresses: ['198.51.100.1/24', '2001:db8:100::1/64'], up: false },
      { name: 'cali0' },
    ],
  });
  check([
    ['receives nothing', { in: 'eth1', src: PEER, dst: CLIENT }, 'refuse', down],
    ['has no routes', { src: CLIENT, dst: PEER }, 'reject', down],
    ['has no static routes', { src: CLIENT, dst: '8.8.8.8' }, 'reject', down],
    ['has no IPv6 routes', { src: CLIENT6, dst: PEER6 }, 'reject', down],
    ['keeps its IPv4 address', { src: CLIENT, dst: '198.51.100.1' }, 'local', down],
    ['loses its subnet’s broadcast', { src: CLIENT, dst: '198.51.100.255' }, 'reject', down],
  ]);
});

describe('a process on the host', () => {
  const LOCAL = { in: 'local', src: '192.0.2.1' } as const;
  check([
    ['is told of no route', { ...LOCAL, dst: '10.9.9.9' }, 'reject', WITHOUT_DEFAULT],
    ['is told of unreachable', { ...LOCAL, dst: '10.1.1.1' }, 'reject', lab(TYPES)],
    ['is told of prohibit', { ...LOCAL, dst: '10.2.1.1' }, 'reject', lab(TYPES)],
    ['is told of a blackhole', { ...LOCAL, dst: '10.3.1.1' }, 'reject', lab(TYPES)],
    [
      'is told of an IPv6 blackhole',
      { in: 'local', src: '2001:db8:2::1', dst: 'fd00:3::1' },
      'reject',
      lab(TYPES),
    ],
    ['sends by the route', { ...LOCAL, dst: CLIENT }, 'forward eth0'],
    ['sends by the default route', { ...LOCAL, dst: '8.8.8.8' }, 'forward eth1'],
    ['reaches the host by lo', { ...LOCAL, dst: '198.51.100.1' }, 'forward lo'],
    ['reaches 127/8 by lo', { ...LOCAL, dst: '127.3.2.1' }, 'forward lo'],
    [
      'reaches the IPv6 host by lo',
      { in: 'local', src: '::1', dst: '2001:db8:100::1' },
      'forward lo',
    ],
    [
      'may send from a foreign address',
      { in: 'local', src: '203.0.113.77', dst: CLIENT },
      'forward eth0',
    ],
    ['may send from 127/8', { in: 'local', src: '127.0.0.1', dst: CLIENT }, 'forward eth0'],
    [
      'needs no forwarding',
      { ...LOCAL, dst: '8.8.8.8', ttl: 1 },
      'forward eth1',
      forwarding(lab(), 0),
    ],
    ['broadcasts by the subnet', { ...LOCAL, dst: '198.51.100.255' }, 'forward eth1'],
    ['speaks to a group by its source’s interface', { ...LOCAL, dst: '224.0.0.5' }, 'forward eth0'],
    ['leaves open which link it means', { in: 'local', src: '::', dst: 'ff02::1' }, 'undetermined'],
  ]);
});
