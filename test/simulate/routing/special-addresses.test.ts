import { describe, expect, test } from 'vitest';
import type { HostWords } from '../../host/host-document.ts';
import { lab, type PacketWords, route, routerOf } from './routed-packet.ts';

type Case = readonly [name: string, packet: PacketWords, wanted: string, host?: HostWords];

const CLIENT = '192.0.2.10';
const PEER = '198.51.100.10';
const OWN = '192.0.2.1';

function check(cases: readonly Case[]): void {
  const complete = cases.map(
    ([name, packet, wanted, host]) => [name, packet, wanted, host ?? lab()] as const,
  );
  test.each(complete)('%s', (_name, packet, wanted, host) => {
    expect(route(routerOf(host), packet)).toBe(wanted);
  });
}

const sysctls = (values: Record<string, number>): HostWords => lab({ sysctls: values });

// Expectations: netfilter-facts 5.2, rows in its order; rp_filter is 0.
describe('an IPv4 source that never comes from a link is dropped', () => {
  check([
    ['127/8', { src: '127.0.0.1', dst: PEER }, 'drop'],
    ['127/8 to the host', { src: '127.9.9.9', dst: OWN }, 'drop'],
    ['0.0.0.0', { src: '0.0.0.0', dst: PEER }, 'drop'],
    ['0.0.0.0 to the host', { src: '0.0.0.0', dst: OWN }, 'drop'],
    ['0.0.0.0 may broadcast', { src: '0.0.0.0', dst: '255.255.255.255' }, 'local'],
    ['255.255.255.255', { src: '255.255.255.255', dst: PEER }, 'drop'],
    ['224/4', { src: '224.0.0.1', dst: OWN }, 'drop'],
    ['239/8', { src: '239.255.0.1', dst: PEER }, 'drop'],
    ['the interface’s own address', { src: OWN, dst: PEER }, 'drop'],
    ['another interface’s own address', { src: '198.51.100.1', dst: PEER }, 'drop'],
    ['an own address to the host', { src: '198.51.100.1', dst: OWN }, 'drop'],
    [
      'an own address passes with accept_local',
      { src: OWN, dst: PEER },
      'forward eth1',
      sysctls({ 'net.ipv4.conf.eth0.accept_local': 1 }),
    ],
    [
      '127/8 even with route_localnet, being an own address',
      { src: '127.0.0.1', dst: PEER },
      'drop',
      sysctls({ 'net.ipv4.conf.eth0.route_localnet': 1 }),
    ],
  ]);
});

describe('an IPv4 source that only looks odd is taken', () => {
  check([
    ['0.1.2.3', { src: '0.1.2.3', dst: PEER }, 'forward eth1'],
    ['240.0.0.1', { src: '240.0.0.1', dst: PEER }, 'forward eth1'],
    ['169.254/16', { src: '169.254.1.1', dst: OWN }, 'local'],
    ['10/8 that only the default route covers', { src: '10.1.2.3', dst: OWN }, 'local'],
    ['source and destination the same', { src: PEER, dst: PEER }, 'forward eth1'],
    ['an own subnet’s broadcast to the host', { src: '192.0.2.255', dst: OWN }, 'local'],
    [
      'an own subnet’s broadcast to another interface',
      { src: '192.0.2.255', dst: PEER },
      'forward eth1',
    ],
    [
      'but not back out of the interface that it came by',
      { src: '192.0.2.255', dst: CLIENT },
      'drop',
    ],
    [
      'which is looked at only while redirects are sent',
      { src: '192.0.2.255', dst: CLIENT },
      'forward eth0',
      sysctls({ 'net.ipv4.conf.all.send_redirects': 0, 'net.ipv4.conf.eth0.send_redirects': 0 }),
    ],
    [
      'nor with rp_filter',
      { src: '192.0.2.255', dst: PEER },
      'drop',
      sysctls({ 'net.ipv4.conf.all.rp_filter': 2 }),
    ],
  ]);
});

describe('IPv4 destinations', () => {
  check([
    ['127/8', { src: CLIENT, dst: '127.0.0.1' }, 'drop'],
    [
      '127/8 with route_localnet on the input interface',
      { src: CLIENT, dst: '127.0.0.1' },
      'local',
      sysctls({ 'net.ipv4.conf.eth0.route_localnet': 1 }),
    ],
    [
      '127/8 with route_localnet on another interface',
      { src: CLIENT, dst: '127.0.0.1' },
      'drop',
      sysctls({ 'net.ipv4.conf.eth1.route_localnet': 1 }),
    ],
    ['0.0.0.0', { src: CLIENT, dst: '0.0.0.0' }, 'drop'],
    ['the address of the input interface', { src: CLIENT, dst: OWN }, 'local'],
    ['the address of another interface', { src: CLIENT, dst: '198.51.100.1' }, 'local'],
    [
      'an address of a local route',
      { src: CLIENT, dst: '10.5.6.7' },
      'local',
      lab({ routes: [{ to: '10.5.0.0/16', type: 'local' }] }),
    ],
    ['255.255.255.255', { src: CLIENT, dst: '255.255.255.255' }, 'local'],
    ['the broadcast of the own subnet', { src: CLIENT, dst: '192.0.2.255' }, 'local'],
    ['the broadcast of another own subnet', { src: CLIENT, dst: '198.51.100.255' }, 'local'],
    ['the network address of a subnet', { src: CLIENT, dst: '192.0.2.0' }, 'forward eth0'],
    ['224.0.0.1', { src: CLIENT, dst: '224.0.0.1' }, 'local'],
    ['224.0.0.5, which nobody joined', { src: CLIENT, dst: '224.0.0.5' }, 'drop'],
    ['239.1.1.1, which nobody joined', { src: CLIENT, dst: '239.1.1.1' }, 'drop'],
    ['240.0.0.1', { src: CLIENT, dst: '240.0.0.1' }, 'forward eth1'],
    ['0.1.2.3', { src: CLIENT, dst: '0.1.2.3' }, 'forward eth1'],
    [
      'a directed broadcast with bc_forwarding',
      { src: CLIENT, dst: '198.51.100.255' },
      'forward eth1',
      sysctls({ 'net.ipv4.conf.all.bc_forwarding': 1, 'net.ipv4.conf.eth0.bc_forwarding': 1 }),
    ],
    [
      'a directed broadcast with bc_forwarding of the interface alone',
      { src: CLIENT, dst: '198.51.100.255' },
      'local',
      sysctls({ 'net.ipv4.conf.eth0.bc_forwarding': 1 }),
    ],
  ]);
});

const CLIENT6 = '2001:db8:2::10';
const PEER6 = '2001:db8:100::10';
const OWN6 = '2001:db8:2::1';

describe('IPv6 addresses', () => {
  const withLinkLocals = lab({
    interfaces: [
      { name: 'eth0', addresses: ['2001:db8:2::1/64', 'fe80::1/64'] },
      { name: 'eth1', addresses: ['2001:db8:100::1/64', 'fe80::2/64'] },
      { name: 'cali0' },
    ],
  });
  check([
    ['source ::1', { src: '::1', dst: OWN6 }, 'refuse'],
    ['destination ::1', { src: CLIENT6, dst: '::1' }, 'refuse'],
    ['a multicast source', { src: 'ff02::1', dst: OWN6 }, 'refuse'],
    ['destination ff01::1', { src: CLIENT6, dst: 'ff01::1' }, 'refuse'],
    ['source :: in transit', { src: '::', dst: PEER6 }, 'drop'],
    ['source :: to the host', { src: '::', dst: OWN6 }, 'local'],
    ['a link-local source in transit', { src: 'fe80::9', dst: PEER6 }, 'reject'],
    ['a link-local source to the host', { src: 'fe80::9', dst: OWN6 }, 'local'],
    ['an own address as source', { src: OWN6, dst: PEER6 }, 'forward eth1'],
    ['an own address as source, to the host', { src: OWN6, dst: '2001:db8:100::1' }, 'local'],
    ['a subnet’s anycast address', { src: CLIENT6, dst: '2001:db8:100::' }, 'local'],
    ['ff02::1', { src: CLIENT6, dst: 'ff02::1' }, 'local'],
    ['ff02::2, the routers', { src: CLIENT6, dst: 'ff02::2' }, 'local'],
    [
      'ff05::2, joined only by interfaces older than forwarding',
      { src: CLIENT6, dst: 'ff05::2' },
      'undetermined',
    ],
    ['ff02::5, which nobody joined', { src: CLIENT6, dst: 'ff02::5' }, 'drop'],
    ['ff0e::1, which nobody joined', { src: CLIENT6, dst: 'ff0e::1' }, 'drop'],
    ['the group of an own address', { src: CLIENT6, dst: 'ff02::1:ff00:1' }, 'local'],
    [
      'ff02::2 where the interface is no router',
      { src: CLIENT6, dst: 'ff02::2' },
      'drop',
      sysctls({ 'net.ipv6.conf.eth0.forwarding': 0 }),
    ],
    [
      'the anycast address where no interface is a router',
      { src: CLIENT6, dst: '2001:db8:100::' },
      'forward eth1',
      sysctls({ 'net.ipv6.conf.eth1.forwarding': 0 }),
    ],
    [
      'anything where IPv6 is off',
      { src: CLIENT6, dst: OWN6 },
      'refuse',
      sysctls({ 'net.ipv6.conf.all.disable_ipv6': 1 }),
    ],
    // Observed on Linux 6.18 with listed link-local addresses.
    ['an own link-local address', { src: CLIENT6, dst: 'fe80::1' }, 'local', withLinkLocals],
    [
      'another interface’s link-local address is only another address of this link',
      { src: CLIENT6, dst: 'fe80::2' },
      'forward eth0',
      withLinkLocals,
    ],
    [
      'a link-local source back out of its own link',
      { src: 'fe80::9', dst: '2001:db8:2::33' },
      'forward eth0',
      withLinkLocals,
    ],
    [
      'a link-local source to another link is answered by a host with a link-local address',
      { src: 'fe80::9', dst: PEER6 },
      'reject',
      withLinkLocals,
    ],
    [
      'a link-local destination where the host’s own is not known',
      { src: CLIENT6, dst: 'fe80::77' },
      'undetermined',
    ],
    [
      'the link-local address that a MAC makes',
      { src: 'fe80::9', dst: 'fe80::ecee:eeff:feee:eeee' },
      'local',
      lab({
        interfaces: [
          { name: 'eth0', mac: 'ee:ee:ee:ee:ee:ee' },
          { name: 'eth1', addresses: ['198.51.100.1/24', '2001:db8:100::1/64'] },
          { name: 'cali0' },
        ],
      }),
    ],
  ]);
});
