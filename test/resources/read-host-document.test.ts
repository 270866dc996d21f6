import { describe, expect, test } from 'vitest';
import type { HostDocument } from '../../src/resources/host-document.ts';
import { readHostDocument } from '../../src/resources/read-host-document.ts';
import type { Problem } from '../../src/source/problem.ts';
import { brief, readDocument } from './read-document.ts';

function host(spec: string): {
  readonly value: HostDocument | undefined;
  readonly problems: readonly Problem[];
} {
  const text = `apiVersion: hepsim/v1\nkind: Host\nmetadata: {name: node1}\nspec:\n${spec}`;
  return readDocument('Host', text, readHostDocument);
}

function good(spec: string): HostDocument {
  const { value, problems } = host(spec);
  expect(problems.map(brief)).toEqual([]);
  if (value === undefined) throw new Error('nothing was read');
  return value;
}

test('the example of the contract is read as written', () => {
  const read = good(`  interfaces:
    - {name: eth0, addresses: [192.0.2.10/24, "2001:db8::10/64"]}
    - {name: cali12345678901, addresses: []}
  routes:
    - {to: default, via: 192.0.2.1, dev: eth0}
    - {to: 10.65.0.2/32, dev: cali12345678901}
    - {to: 198.51.100.0/24, type: blackhole}
  sysctls: {net.ipv4.ip_forward: 1, net.ipv4.conf.all.rp_filter: 0}
  iptables: |
    *nat
    COMMIT
`);
  expect(read.metadata.name).toBe('node1');
  expect(read.interfaces).toMatchObject([
    {
      name: 'eth0',
      addresses: ['192.0.2.10/24', '2001:db8::10/64'],
      up: true,
      mac: undefined,
      master: undefined,
      location: { line: 6, column: 7 },
    },
    { name: 'cali12345678901', addresses: [] },
  ]);
  expect(read.routes).toMatchObject([
    { to: 'default', via: '192.0.2.1', dev: 'eth0', type: 'unicast', metric: undefined },
    { to: '10.65.0.2/32', via: undefined, dev: 'cali12345678901' },
    { to: '198.51.100.0/24', type: 'blackhole', dev: undefined },
  ]);
  expect([...read.sysctls]).toEqual([
    ['net.ipv4.ip_forward', 1],
    ['net.ipv4.conf.all.rp_filter', 0],
  ]);
  expect(read.iptables?.text).toBe('*nat\nCOMMIT\n');
  expect(read.ip6tables).toBeUndefined();
});

test('what routing does not model is read and named, so that only what could meet it is unknown', () => {
  const read = good(`  interfaces: [{name: eth0, type: vlan, parent: eth9, vlan: 5, state: UP}]
  derivedRoutes: false
  routes:
    - {to: 10.0.0.0/8, nexthops: [{via: 192.0.2.1, dev: eth0, weight: 1}]}
    - {to: 10.0.0.255/32, type: broadcast, dev: eth0}
    - {to: 10.1.0.0/16, dev: eth0, via6: fe80::1}
  rules:
    - {sport: 53, table: main}
    - {priority: 1000, l3mdev: null}
    - {priority: 5, goto: 100}
    - {priority: 6, nop: true, realms: 3}
  notModelled:
    - {what: nftables table inet filter, family: inet6}
`);
  expect(read.derivedRoutes).toBe(false);
  expect(read.interfaces[0]).toMatchObject({ type: 'vlan' });
  expect(read.routes.map(({ notModelled }) => notModelled)).toEqual([['nexthops'], [], []]);
  expect(read.rules.map(({ action, notModelled }) => [action, ...notModelled])).toEqual([
    ['lookup', 'sport'],
    ['nop'],
    ['goto', 'goto'],
    ['nop'],
  ]);
  expect(read.notModelled).toMatchObject([{ what: 'nftables table inet filter', family: 6 }]);
});

test('an empty spec is a host with nothing but lo', () => {
  expect(good('  {}')).toMatchObject({ interfaces: [], routes: [], rules: [] });
});

test('every further field of interfaces, routes and rules is read', () => {
  const read = good(`  interfaces:
    - {name: br0, addresses: [10.0.0.1/24], mac: "02:00:00:00:AB:01"}
    - {name: eth1, master: br0, up: false}
    - {name: eth0.100, addresses: [10.1.0.1]}
  routes:
    - {to: 10.9.0.0/16, via: 10.0.0.2, metric: 100, table: 100, src: 10.0.0.1}
    - {to: 10.8.0.0/16, type: local}
    - {to: 10.7.0.0/16, dev: eth1, src: 10.8.0.5, table: vpn}
    - {to: "2001:db8:1::/48", type: unreachable, dev: lo}
  rules:
    - {priority: 100, from: 10.0.0.0/8, to: 192.0.2.1, iif: br0, oif: lo, fwmark: 0x10/0xff, ipproto: udp, table: 100}
    - {priority: 101, not: true, from: all, fwmark: 16, action: blackhole, family: 6}
    - {priority: 102, src: 10.2.0.0, srclen: 16, fwmark: "0x1", fwmask: "0x3", table: main, suppress_prefixlength: 0}
    - {priority: 103, not: null, src: all, table: local, protocol: kernel}
  sysctls:
    net.netfilter.nf_conntrack_udp_timeout: "60"
    net/ipv4/conf/eth0.100/rp_filter: 2
  connections: "tcp 6 1 ESTABLISHED"
`);
  expect(read.interfaces).toMatchObject([
    { mac: '02:00:00:00:ab:01' },
    { name: 'eth1', master: 'br0', up: false, addresses: [] },
    { name: 'eth0.100', addresses: ['10.1.0.1'] },
  ]);
  expect(read.routes).toMatchObject([
    { metric: 100, table: '100', src: '10.0.0.1', dev: undefined },
    { type: 'local' },
    { src: '10.8.0.5', table: 'vpn' },
    { type: 'unreachable', dev: 'lo' },
  ]);
  expect(read.rules.map(({ location: _, ...rule }) => rule)).toEqual([
    {
      priority: 100,
      not: false,
      from: '10.0.0.0/8',
      to: '192.0.2.1',
      iif: 'br0',
      oif: 'lo',
      fwmark: '0x10/0xff',
      protocol: 17,
      action: 'lookup',
      table: '100',
      suppressPrefixLength: undefined,
      family: 4,
      notModelled: [],
    },
    {
      priority: 101,
      not: true,
      from: 'all',
      to: undefined,
      iif: undefined,
      oif: undefined,
      fwmark: '16',
      protocol: undefined,
      action: 'blackhole',
      table: undefined,
      suppressPrefixLength: undefined,
      family: 6,
      notModelled: [],
    },
    {
      priority: 102,
      not: false,
      from: '10.2.0.0/16',
      to: undefined,
      iif: undefined,
      oif: undefined,
      fwmark: '0x1/0x3',
      protocol: undefined,
      action: 'lookup',
      table: 'main',
      suppressPrefixLength: 0,
      family: 4,
      notModelled: [],
    },
    {
      priority: 103,
      not: true,
      from: 'all',
      to: undefined,
      iif: undefined,
      oif: undefined,
      fwmark: undefined,
      protocol: undefined,
      action: 'lookup',
      table: 'local',
      suppressPrefixLength: undefined,
      family: undefined,
      notModelled: [],
    },
  ]);
  expect([...read.sysctls]).toEqual([
    ['net.netfilter.nf_conntrack_udp_timeout', 60],
    ['net.ipv4.conf.eth0/100.rp_filter', 2],
  ]);
  expect(read.connections?.text).toBe('tcp 6 1 ESTABLISHED');
});

describe('what no machine has is refused, with the place', () => {
  const ETH0 = '  interfaces: [{name: eth0, addresses: [192.0.2.10/24, "2001:db8::10/64"]}]\n';
  test.each<[string, string]>([
    ['  interfaces: [{addresses: []}]', '5:16 missing-field: Host.spec.interfaces has no `name`'],
    [
      '  interfaces: [{name: averyverylongname}]',
      '5:23 invalid-name: interface name `averyverylongname` is not valid',
    ],
    [
      '  interfaces: [{name: "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"}]',
      '5:23 invalid-name: interface name `\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4` is not valid',
    ],
    ['  interfaces: [{name: local}]', '5:23 invalid-name: an interface cannot be called `local`'],
    [
      '  interfaces: [{name: a}, {name: a}]',
      '5:34 duplicate-name: the host has two interfaces `a`',
    ],
    [
      '  interfaces: [{name: a, addresses: [10.0.0.1/33]}]',
      '5:38 invalid-value: `10.0.0.1/33` in `addresses` is no interface address',
    ],
    [
      '  interfaces: [{name: a, addresses: [10.0.0.1/24, 10.0.0.1/24]}]',
      '5:51 duplicate-name: the interface has the address `10.0.0.1/24` twice',
    ],
    ['  interfaces: [{name: a, mac: "02:00"}]', '5:31 invalid-value: `mac` is `02:00`'],
    [
      '  interfaces: [{name: a, master: b}]',
      '5:34 unknown-reference: the host has no interface `b`',
    ],
    ['  interfaces: [{name: a, master: a}]', '5:34 invalid-value: `a` is its own master'],
    [
      '  interfaces: [{name: a, mtu: 1500}]',
      '5:26 unknown-field: Host.spec.interfaces has no field `mtu`',
    ],
    ['  interface: []', '5:3 unknown-field: Host.spec has no field `interface`'],
    [`${ETH0}  routes: [{dev: eth0}]`, '6:12 missing-field: Host.spec.routes has no `to`'],
    [
      `${ETH0}  routes: [{to: default}]`,
      '6:12 missing-field: the route has neither `via` nor `dev`',
    ],
    [
      `${ETH0}  routes: [{to: 10.0.0.0/8, dev: eth1}]`,
      '6:34 unknown-reference: the host has no interface `eth1`',
    ],
    [
      `${ETH0}  routes: [{to: 10.0.0.1/8, dev: eth0}]`,
      '6:17 invalid-value: `10.0.0.1/8` is an address within a block, which the kernel refuses as a destination',
    ],
    [
      `${ETH0}  routes: [{to: 10.0.0/8, dev: eth0}]`,
      '6:17 invalid-value: `10.0.0/8` is no destination of a route',
    ],
    [
      `${ETH0}  routes: [{to: 10.0.0.0/8, via: eth0}]`,
      '6:34 invalid-value: `eth0` in `via` is no IP address',
    ],
    [
      `${ETH0}  routes: [{to: 10.0.0.0/8, via: "2001:db8::1"}]`,
      '6:34 invalid-combination: the gateway is IPv6, but the route is IPv4',
    ],
    [
      `${ETH0}  routes: [{to: default, via: 192.0.2.1, src: "2001:db8::10"}]`,
      '6:47 invalid-combination: the source address is IPv6, but the route is IPv4',
    ],
    [
      `${ETH0}  routes: [{to: 10.0.0.0/8, dev: eth0, src: 192.0.2.11}]`,
      '6:45 unknown-reference: the source address of the route is no address of the host',
    ],
    [
      `${ETH0}  routes: [{to: 10.0.0.0/8, type: blackhole, dev: eth0}]`,
      '6:51 invalid-combination: a route of type blackhole cannot have `dev`',
    ],
    [
      `${ETH0}  routes: [{to: 10.0.0.0/8, type: multicast}]`,
      '6:35 invalid-value: `type` is `multicast`',
    ],
    [
      `${ETH0}  routes: [{to: 10.0.0.0/8, dev: eth0, metric: -1}]`,
      '6:48 invalid-value: `metric` is -1',
    ],
    [
      `${ETH0}  routes: [{to: 10.0.0.0/8, dev: eth0, table: "a b"}]`,
      '6:47 invalid-value: `table` is `a b`',
    ],
    ['  rules: [{priority: 1}]', '5:11 missing-field: the routing rule has no `table`'],
    [
      '  rules: [{from: 10.0.0.0/99, table: main}]',
      '5:18 invalid-value: `10.0.0.0/99` in `from` is no address block',
    ],
    [
      '  rules: [{from: 10.0.0.0/8, to: "::/0", table: main}]',
      '5:11 invalid-combination: the routing rule mixes IPv4 and IPv6',
    ],
    [
      '  rules: [{from: 10.0.0.0/8, src: 10.0.0.0/8, table: main}]',
      '5:35 invalid-combination: `from` and `src` are the same',
    ],
    [
      '  rules: [{fwmark: 0x1ffffffff, table: main}]',
      '5:20 invalid-value: `fwmark` is `0x1ffffffff`',
    ],
    ['  rules: [{ipproto: tpc, table: main}]', '5:21 invalid-value: `ipproto` is `tpc`'],
    [
      '  rules: [{protocol: tcp, table: main}]',
      '5:22 invalid-value: `protocol` of a routing rule says who made it, not which packets it is about',
    ],
    ['  rules: [{family: 5, table: main}]', '5:20 invalid-value: `family` is `5`'],
    [
      '  rules: [{iif: eth9, table: main}]',
      '5:17 warning unknown-reference: the host has no interface `eth9`',
    ],
    ['  sysctls: {ip_forward: 1}', '5:13 invalid-name: `ip_forward` is no sysctl'],
    ['  sysctls: {net.ipv4.ip_forward: yes}', '5:34 invalid-value: `net.ipv4.ip_forward` is `yes`'],
    [
      '  sysctls: {net.ipv4.ip_forward: true}',
      '5:34 invalid-value: `net.ipv4.ip_forward` is `true`',
    ],
    ['  sysctls: {net.ipv4.ip_forward: 1.5}', '5:34 invalid-value: `net.ipv4.ip_forward` is `1.5`'],
    ['  sysctls: {net.ipv4.ip_forward: }', '5:13 invalid-value: `net.ipv4.ip_forward` is ``'],
    [
      '  sysctls: {net.ipv4.ip_foward: 1}',
      '5:13 warning invalid-name: sysctl `net.ipv4.ip_foward` is not known here and has no effect',
    ],
    [
      '  sysctls: {net.ipv4.conf.lo.rp_filetr: 1}',
      '5:13 warning invalid-name: sysctl `net.ipv4.conf.lo.rp_filetr` is not known here and has no effect',
    ],
    [
      '  sysctls: {net.ipv4.conf.eth7.rp_filter: 1}',
      '5:13 warning unknown-reference: the host has no interface `eth7`, so that the sysctl has no effect',
    ],
    ['  iptables: [x]', '5:13 wrong-type: `iptables` must be a string, but is a list'],
  ])('%s', (spec, wanted) => {
    expect(host(spec).problems.map(brief)).toEqual([wanted]);
  });

  test('sysctls that bear on nothing here are taken as they are', () => {
    expect(good('  sysctls: {kernel.panic: 0, net.core.somaxconn: 4096}').sysctls.size).toBe(2);
  });

  test('a host without a spec is no host', () => {
    const read = readDocument('Host', 'metadata: {name: a}', readHostDocument);
    expect(read.value).toBeUndefined();
    expect(read.problems.map(brief)).toEqual(['1:1 missing-field: Host has no `spec`']);
  });

  test('all problems come out in one run', () => {
    const { problems } = host(
      '  interfaces: [{name: a, addresses: [x]}]\n  routes: [{to: y, dev: z}]\n  sysctls: {w: 1}',
    );
    expect(problems.map((problem) => problem.location.line)).toEqual([5, 6, 6, 7]);
  });
});
