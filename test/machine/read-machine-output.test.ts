import { expect, test } from 'vitest';
import type { RemarkSpec } from '../../src/machine/host-spec.ts';
import { renderHostYaml } from '../../src/machine/host-yaml.ts';
import { readInterfaces } from '../../src/machine/read-interfaces.ts';
import { readRoutes } from '../../src/machine/read-routes.ts';
import { readRoutingRules } from '../../src/machine/read-routing-rules.ts';
import { readSysctls } from '../../src/machine/read-sysctls.ts';
import { readResources } from '../../src/resources/read-resources.ts';

const UP = ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'];
const ETHER = { link_type: 'ether', address: '02:00:00:00:00:01' };

// As iproute2 6.1 prints them, cut to what matters; kernels without these links cannot make them.
const LINKS = [
  {
    ...{ ifname: 'lo', link_type: 'loopback', address: '00:00:00:00:00:00', flags: ['UP'] },
    addr_info: [{ family: 'inet', local: '127.0.0.1', prefixlen: 8 }],
  },
  {
    ...{ ifname: 'eth0', flags: UP, operstate: 'UP', master: 'bond0', ...ETHER },
    linkinfo: { info_slave_kind: 'bond', info_slave_data: { state: 'ACTIVE' } },
    addr_info: [],
  },
  {
    ...{ ifname: 'bond0', flags: UP, operstate: 'UP', ...ETHER },
    linkinfo: { info_kind: 'bond', info_data: { mode: '802.3ad' } },
    addr_info: [{ family: 'inet', local: '192.0.2.10', prefixlen: 24 }],
  },
  {
    ...{ ifname: 'bond0.100', link: 'bond0', flags: UP, operstate: 'UP', ...ETHER },
    linkinfo: { info_kind: 'vlan', info_data: { protocol: '802.1Q', id: 100 } },
    addr_info: [{ family: 'inet6', local: '2001:db8::1', prefixlen: 64 }],
  },
  {
    ...{ ifname: 'wg0', link_type: 'none', flags: ['POINTOPOINT', 'NOARP'], operstate: 'DOWN' },
    linkinfo: { info_kind: 'wireguard' },
    addr_info: [{ family: 'inet', local: '10.8.0.1', address: '10.8.0.2', prefixlen: 32 }],
  },
  {
    ...{ ifname: 'eth1', flags: UP, operstate: 'UP', xdp: { mode: 1 }, ...ETHER },
    addr_info: [],
  },
];

test('bonds, VLANs and wireguard links are told with their masters, parents and states', () => {
  const remarks: RemarkSpec[] = [];
  expect(readInterfaces(LINKS, remarks)).toEqual([
    { name: 'eth0', master: 'bond0', mac: '02:00:00:00:00:01', addresses: [] },
    { name: 'bond0', type: 'bond', mac: '02:00:00:00:00:01', addresses: ['192.0.2.10/24'] },
    {
      ...{ name: 'bond0.100', type: 'vlan', parent: 'bond0', vlan: 100 },
      ...{ mac: '02:00:00:00:00:01', addresses: ['2001:db8::1/64'] },
    },
    { name: 'wg0', type: 'wireguard', up: false, state: 'DOWN', addresses: ['10.8.0.1/32'] },
    { name: 'eth1', mac: '02:00:00:00:00:01', addresses: [] },
  ]);
  expect(remarks).toEqual([{ what: 'an XDP program on eth1' }]);
});

test('routes that the kernel passes over are left out, and what routing does not know is kept', () => {
  const routes = [
    { type: 'unicast', dst: 'default', gateway: '192.0.2.1', dev: 'eth0', flags: ['linkdown'] },
    { type: 'unicast', dst: '10.1.0.0/16', gateway: '192.0.2.2', dev: 'eth0', flags: ['dead'] },
    { type: 'unicast', dst: '10.2.0.0/16', dev: 'eth1', flags: ['linkdown'] },
    { type: 'unicast', dst: '10.3.0.0/16', nhid: 7, flags: [] },
    {
      ...{ type: 'unicast', dst: '10.4.0.0/16', dev: 'eth1', flags: [] },
      encap: { encap_type: 'mpls', dst: 100 },
    },
    { type: 'multicast', dst: 'ff00::/8', dev: 'eth0', table: 'local', flags: [] },
  ];
  expect(readRoutes(routes, 4, { ignoresLinkDown: (dev) => dev === 'eth1' })).toEqual([
    { to: 'default', via: '192.0.2.1', dev: 'eth0' },
    { to: '10.3.0.0/16', nhid: 7 },
    { to: '10.4.0.0/16', dev: 'eth1', encap: 'encap_type mpls dst 100' },
  ]);
});

test('the kernel’s own routing rules need not be told, but a removed one must', () => {
  const own = [
    { priority: 0, src: 'all', table: 'local' },
    { priority: 32766, src: 'all', table: 'main' },
  ];
  const remarks: RemarkSpec[] = [];
  expect(readRoutingRules(own, 6, remarks)).toEqual([]);
  expect(remarks).toEqual([]);
  readRoutingRules(own.slice(0, 1), 6, remarks);
  expect(remarks).toEqual([
    { what: "the kernel's routing rule for table main has been removed (IPv6)", family: 6 },
  ]);
});

test('a sysctl of an interface is told only where the others do not let expect it', () => {
  const values: Readonly<Record<string, string>> = {
    'net/ipv4/ip_forward': '1\n',
    'net/ipv4/conf/all/forwarding': '1\n',
    'net/ipv4/conf/default/forwarding': '0\n',
    'net/ipv4/conf/eth0.5/forwarding': '1\n',
    'net/ipv4/conf/eth1/forwarding': '0\n',
    'net/ipv4/conf/all/rp_filter': '0\n',
    'net/ipv4/conf/default/rp_filter': '2\n',
    'net/ipv4/conf/eth0.5/rp_filter': '1\n',
    'net/ipv4/conf/eth1/rp_filter': '2\n',
  };
  const read = (path: string): string | undefined => values[path.replace('/proc/sys/', '')];
  expect(readSysctls(['eth0.5', 'eth1'], read)).toEqual({
    'net.ipv4.ip_forward': 1,
    'net.ipv4.conf.all.forwarding': 1,
    'net.ipv4.conf.default.forwarding': 0,
    'net.ipv4.conf.eth1.forwarding': 0,
    'net.ipv4.conf.all.rp_filter': 0,
    'net.ipv4.conf.default.rp_filter': 2,
    'net.ipv4.conf.eth0/5.rp_filter': 1,
  });
});

test('text of tools survives the document, and words of the machine stay within their comments', () => {
  const iptables =
    '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m comment --comment "a: #b \\" c  " -j DROP\nCOMMIT\n\n';
  const yaml = renderHostYaml(
    {
      apiVersion: 'hepsim/v1',
      kind: 'Host',
      metadata: { name: 'node1' },
      spec: { interfaces: readInterfaces(LINKS, []), routes: [], sysctls: {}, iptables },
    },
    [{ what: 'ipsets', why: 'ipset needs root\nkind: Evil' }],
  );
  expect(yaml).toContain('# Missing: ipsets (ipset needs root kind: Evil).\n');
  const [host] = readResources([{ file: 'host.yaml', text: yaml }]).hosts;
  expect(host?.iptables?.text).toBe(iptables);
  expect(host?.interfaces.map(({ name }) => name)).toContain('bond0.100');
});
