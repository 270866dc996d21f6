import type { Random } from '../random.ts';
import { withoutUndefined } from './json-document.ts';
import { NODE, type Workload, type World } from './world.ts';

const ETH0 = { v4: ['192.0.2.10/24', '192.0.2.11/24'], v6: ['2001:db8::10/64', '2001:db8::11/64'] };
const ETH1 = { v4: ['10.0.0.1/24', '10.0.1.1/25'], v6: ['2001:db8:a::1/64', 'fd00:a::1/48'] };
const ETH2 = {
  v4: ['172.16.0.9/30', '172.16.5.1/32'],
  v6: ['2001:db8:c::1/126', '2001:db8:d::1/128'],
};

const WORKLOADS: readonly Workload[] = [
  { interfaceName: 'cali1', v4: '10.65.0.2', v6: 'fd00:65::2' },
  { interfaceName: 'cali2', v4: '10.65.0.3', v6: 'fd00:65::3' },
  { interfaceName: 'cali3', v4: '10.65.0.4', v6: 'fd00:65::4' },
];

const OTHER_ADDRESSES = {
  4: [
    '192.0.2.1',
    '192.0.2.7',
    '192.0.2.255',
    '10.0.0.20',
    '10.0.0.127',
    '10.0.0.128',
    '10.0.1.127',
    '10.65.0.2',
    '10.65.0.3',
    '10.65.0.4',
    '10.65.0.9',
    '10.96.0.1',
    '10.96.0.10',
    '172.16.0.10',
    '198.51.100.0',
    '198.51.100.7',
    '198.51.100.255',
    '198.51.101.0',
    '203.0.113.0',
    '203.0.113.7',
    '203.0.113.8',
    '127.255.255.255',
    '128.0.0.0',
  ],
  6: [
    '2001:db8::1',
    '2001:db8::7',
    '2001:db8:a::20',
    'fd00:65::2',
    'fd00:65::3',
    'fd00:65::4',
    'fd00:65::9',
    'fd00:96::1',
    'fd00:96::10',
    '2001:db8:c::2',
    '2001:db8:ffff::7',
    '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
    '2001:db9::',
    '2001:db8:fffe::7',
    '8000::1',
  ],
} as const;

const NETS = {
  4: [
    '10.0.0.0/25',
    '198.51.100.0/24',
    '192.0.2.0/24',
    '192.0.2.10/32',
    '10.65.0.2/31',
    '10.65.0.0/16',
    '0.0.0.0/1',
    '203.0.113.7/32',
    '203.0.113.0/29',
  ],
  6: [
    '2001:db8:ffff::/48',
    '2001:db8:a::/64',
    'fd00:65::2/127',
    '2001:db8::/127',
    '2001:db8::10/128',
    '8000::/1',
  ],
} as const;

/** Routes of every type; the first word of each says where they are. */
const EXTRA_ROUTES: readonly Readonly<Record<string, unknown>>[] = [
  { to: '198.51.100.0/24', type: 'blackhole' },
  { to: '198.51.100.0/25', type: 'unreachable' },
  { to: '198.51.101.0/24', type: 'prohibit' },
  { to: '203.0.113.0/24', type: 'throw' },
  { to: '203.0.113.8/32', type: 'local' },
  { to: '203.0.113.0/24', dev: 'eth1' },
  { to: '203.0.113.0/25', via: '192.0.2.1', dev: 'eth0', metric: 50 },
  { to: '198.51.100.7/32', dev: 'eth0', src: '192.0.2.10' },
  { to: '2001:db8:ffff::/48', type: 'unreachable' },
  { to: '2001:db8:fffe::/48', type: 'prohibit' },
  { to: '2001:db8:fffe::/48', type: 'blackhole' },
  { to: '2001:db8:ffff::/64', dev: 'eth1', metric: 10 },
];

const RULES: readonly Readonly<Record<string, unknown>>[] = [
  { priority: 100, from: '10.0.0.0/24', table: '100', family: 4 },
  { priority: 101, to: '203.0.113.0/29', table: '100', family: 4 },
  { priority: 102, iif: 'eth0', table: '101', family: 4 },
  { priority: 103, from: '203.0.113.7', action: 'prohibit', family: 4 },
  { priority: 104, from: '2001:db8:a::/64', table: '100', family: 6 },
  { priority: 105, to: '2001:db8:ffff::/64', action: 'unreachable', family: 6 },
  { priority: 106, fwmark: '0x10000/0x10000', table: '100', family: 4 },
];

const SYSCTLS: readonly (readonly [name: string, values: readonly number[], percent: number])[] = [
  ['net.ipv4.ip_forward', [0], 10],
  ['net.ipv6.conf.all.forwarding', [0], 10],
  ['net.ipv4.conf.all.rp_filter', [0, 1, 2], 50],
  ['net.ipv4.conf.eth0.rp_filter', [0, 1, 2], 40],
  ['net.ipv4.conf.cali1.rp_filter', [1], 20],
  ['net.ipv4.conf.eth0.forwarding', [0], 6],
  ['net.ipv4.conf.all.accept_local', [1], 8],
  ['net.ipv4.conf.all.route_localnet', [1], 6],
  ['net.ipv4.conf.all.src_valid_mark', [1], 10],
  ['net.netfilter.nf_conntrack_tcp_loose', [0], 10],
  ['net.netfilter.nf_conntrack_tcp_be_liberal', [1], 10],
];

/** A random machine with two to four interfaces, addresses of both families, routes, policy routing now and then, and sysctls. */
export function randomWorld(random: Random): World {
  const workloads = WORKLOADS.slice(0, 1 + random.below(3));
  const links = [
    {
      name: 'eth0',
      addresses: [
        ...ETH0.v4.slice(0, 1 + random.below(2)),
        ...ETH0.v6.slice(0, 1 + random.below(2)),
      ],
    },
    { name: 'eth1', addresses: [...random.some(ETH1.v4, 1, 2), ...random.some(ETH1.v6, 0, 2)] },
    ...(random.chance(30)
      ? [
          {
            name: 'eth2',
            addresses: [...random.some(ETH2.v4, 0, 2), ...random.some(ETH2.v6, 0, 2)],
          },
        ]
      : []),
  ];
  const own = links
    .flatMap(({ addresses }) => addresses)
    .map((text) => text.split('/')[0] as string);
  const of = (family: 4 | 6): readonly string[] =>
    own.filter((address) => address.includes(':') === (family === 6));
  const policyRouting = random.chance(20);
  return {
    host: {
      apiVersion: 'hepsim/v1',
      kind: 'Host',
      metadata: { name: NODE },
      spec: withoutUndefined({
        interfaces: [...links, ...workloads.map(({ interfaceName }) => ({ name: interfaceName }))],
        routes: distinct([
          ...(random.chance(85) ? [{ to: 'default', via: '192.0.2.1', dev: 'eth0' }] : []),
          ...(random.chance(85) ? [{ to: 'default', via: '2001:db8::1', dev: 'eth0' }] : []),
          ...(random.chance(20) ? [{ to: 'default', dev: 'eth1', metric: 2000 }] : []),
          ...workloads.flatMap(({ interfaceName, v4, v6 }) => [
            { to: `${v4}/32`, dev: interfaceName },
            { to: `${v6}/128`, dev: interfaceName },
          ]),
          ...random.some(EXTRA_ROUTES, 0, 3),
          ...(policyRouting ? TABLE_ROUTES : []),
        ]),
        rules: policyRouting ? random.some(RULES, 1, 3) : undefined,
        sysctls: Object.fromEntries(
          SYSCTLS.filter(([, , percent]) => random.chance(percent)).map(([name, values]) => [
            name,
            random.pick(values),
          ]),
        ),
      }),
    },
    uplinks: links.map(({ name }) => name),
    workloads,
    own: { 4: of(4), 6: of(6) },
    addresses: {
      4: [...of(4), ...OTHER_ADDRESSES[4]],
      6: [...of(6), ...OTHER_ADDRESSES[6]],
    },
    nets: NETS,
  };
}

const TABLE_ROUTES: readonly Readonly<Record<string, unknown>>[] = [
  { to: 'default', via: '192.0.2.254', dev: 'eth0', table: '100' },
  { to: '198.51.100.0/24', type: 'unreachable', table: '101' },
  { to: 'default', dev: 'eth1', table: '101' },
];

/** The kernel takes one route to a destination with a metric in a table. */
function distinct(
  routes: readonly Readonly<Record<string, unknown>>[],
): readonly Readonly<Record<string, unknown>>[] {
  const keyOf = ({ to, via, metric, table }: Readonly<Record<string, unknown>>): string =>
    `${to} ${to === 'default' ? `${String(via ?? '').includes(':')}` : ''} ${metric ?? 0} ${table ?? 'main'}`;
  return [...new Map(routes.map((route) => [keyOf(route), route])).values()];
}
