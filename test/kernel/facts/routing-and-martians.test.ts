import { parseCidr } from '../../../src/address/cidr.ts';
import type { Host, RoutingRule } from '../../../src/host/host.ts';
import { describeFacts, type FactPacket } from '../../support/facts.ts';
import { testHost } from '../../support/hosts.ts';

// netfilter-facts section 5. Each packet that is answered has a source of its own: the kernel answers one source only so often.

const WORKLOAD = '203.0.113.10/32 dev cali0';
const DEFAULT = 'default via 198.51.100.254 dev eth1';

const from = (source: string, destination: string, link = 'eth0', rest = ''): string => {
  const [one, other] = source.includes(':')
    ? [`[${source}]:1000`, `[${destination}]:53`]
    : [`${source}:1000`, `${destination}:53`];
  return `udp ${one} -> ${other} in=${link} ${rest}`;
};
const each = (
  sources: readonly string[],
  line: (source: string) => string,
  wanted: string,
): readonly FactPacket[] => sources.map((source) => [line(source), wanted]);

const REMOTE = '198.51.100.9';
const HOST = '192.0.2.1';
const AFTER_PRE = 'at=prerouting';

describeFacts('5.1: where a packet dies: TTL', [
  {
    row: 'TTL <= 1, transit: before FORWARD; a FORWARD DROP does not prevent the answer',
    rules: `
      *filter
      :FORWARD DROP`,
    packets: [
      [from('192.0.2.10', REMOTE, 'eth0', 'ttl=1'), `reject ${AFTER_PRE}`],
      [from('192.0.2.11', REMOTE, 'eth0', 'ttl=0'), `reject ${AFTER_PRE}`],
      [from('192.0.2.12', REMOTE, 'eth0', 'ttl=2'), 'drop at=forward'],
    ],
  },
  {
    row: 'TTL 0 or 1, local: delivered',
    packets: [
      [from('192.0.2.10', HOST, 'eth0', 'ttl=1'), 'accept local'],
      [from('192.0.2.10', HOST, 'eth0', 'ttl=0'), 'accept local'],
    ],
  },
]);

for (const sysctl of ['net.ipv4.ip_forward', 'net.ipv4.conf.eth0.forwarding']) {
  describeFacts(
    `5.1: ${sysctl}=0`,
    [
      {
        row: 'only the input interface counts; after PRE, no answer',
        rules: `
      *mangle
      :PREROUTING ACCEPT
      -A PREROUTING -j MARK --set-xmark 0x1/0x0`,
        packets: [
          [from('192.0.2.10', REMOTE), `drop ${AFTER_PRE} mark=0x1`],
          [from('192.0.2.10', HOST), 'accept local'],
          [
            from(REMOTE, '192.0.2.10', 'eth1'),
            sysctl.includes('conf') ? 'accept eth0' : `drop ${AFTER_PRE}`,
          ],
        ],
      },
      {
        row: 'unroutable with forwarding off: IPv4 none, whatever the route type',
        packets: [
          [from('192.0.2.20', '100.64.0.1'), `drop ${AFTER_PRE}`],
          [from('192.0.2.21', '100.65.0.1'), `drop ${AFTER_PRE}`],
          [from('192.0.2.22', '8.8.8.8'), `drop ${AFTER_PRE}`],
        ],
      },
    ],
    {
      host: testHost({
        routes: [WORKLOAD, 'unreachable 100.64.0.0/16', 'prohibit 100.65.0.0/16'],
        sysctls: { [sysctl]: 0 },
      }),
    },
  );
}

describeFacts(
  '5.1: IPv6 with forwarding off',
  [
    {
      row: 'unroutable: 1/0 or 1/1 as with forwarding on; with a usable route none',
      packets: [
        [from('2001:db8:0:2::5', '2001:db8:ffff::1'), `reject ${AFTER_PRE}`],
        [from('2001:db8:0:2::6', '2001:db8:64::1'), `reject ${AFTER_PRE}`],
        [from('2001:db8:0:2::7', '2001:db8:65::1'), `reject ${AFTER_PRE}`],
        [from('2001:db8:0:2::8', '2001:db8:0:100::9'), `drop ${AFTER_PRE}`],
      ],
    },
  ],
  {
    host: testHost({
      routes: [WORKLOAD, 'unreachable 2001:db8:64::/48', 'prohibit 2001:db8:65::/48'],
      sysctls: { 'net.ipv6.conf.all.forwarding': 0 },
    }),
  },
);

const REJECTING = testHost({
  routes: [
    WORKLOAD,
    'unreachable 100.64.0.0/16',
    'prohibit 100.65.0.0/16',
    'blackhole 100.66.0.0/16',
    'unreachable 2001:db8:64::/48',
    'prohibit 2001:db8:65::/48',
    'blackhole 2001:db8:66::/48',
  ],
});

describeFacts(
  '5.1: no route, and routes that reject',
  [
    {
      row: 'no route: answered',
      packets: [
        [from('192.0.2.10', '8.8.8.8'), `reject ${AFTER_PRE}`],
        [from('2001:db8:0:2::5', '2001:db8:ffff::1'), `reject ${AFTER_PRE}`],
      ],
    },
    {
      row: 'route types: unreachable and prohibit are answered, blackhole not',
      packets: [
        [from('192.0.2.11', '100.64.0.1'), `reject ${AFTER_PRE}`],
        [from('192.0.2.12', '100.65.0.1'), `reject ${AFTER_PRE}`],
        [from('192.0.2.13', '100.66.0.1'), `drop ${AFTER_PRE}`],
        [from('2001:db8:0:2::6', '2001:db8:64::1'), `reject ${AFTER_PRE}`],
        [from('2001:db8:0:2::7', '2001:db8:65::1'), `reject ${AFTER_PRE}`],
        [from('2001:db8:0:2::8', '2001:db8:66::1'), `drop ${AFTER_PRE}`],
      ],
    },
    {
      row: 'destination unroutable and source an own address: the answer of the route type is sent',
      packets: [
        [from('192.0.2.1', '100.64.0.1'), `reject ${AFTER_PRE}`],
        [from('198.51.100.1', '8.8.8.8'), `reject ${AFTER_PRE}`],
      ],
    },
    {
      row: 'destination unroutable, source 127/8, 0.0.0.0, 224/4, 255.255.255.255: checked before the lookup, none',
      packets: each(
        ['127.0.0.1', '0.0.0.0', '224.0.0.1', '255.255.255.255'],
        (source) => from(source, '100.64.0.1'),
        `drop ${AFTER_PRE}`,
      ),
    },
    {
      row: 'source without a route back: none is made',
      packets: [
        [from('8.8.4.4', '100.64.0.1'), `drop ${AFTER_PRE}`],
        [from('8.8.4.4', REMOTE, 'eth0', 'ttl=1'), `drop ${AFTER_PRE}`],
      ],
    },
    {
      row: 'local sender: no hook at all',
      packets: [
        [from('192.0.2.1', '8.8.8.8', 'local'), 'reject at=arrival'],
        [from('192.0.2.1', '100.64.0.1', 'local'), 'reject at=arrival'],
        [from('192.0.2.1', '100.65.0.1', 'local'), 'reject at=arrival'],
      ],
    },
  ],
  { host: REJECTING },
);

const STANDARD = testHost();
const DOWN: Host = {
  ...STANDARD,
  interfaces: STANDARD.interfaces.map((one) =>
    one.name === 'cali0' ? { ...one, up: false } : one,
  ),
};

describeFacts(
  '5.1: an interface that is down',
  [
    {
      row: 'route of an interface that is down is gone: the next best is taken',
      packets: [[from('192.0.2.10', '203.0.113.10'), 'accept eth1']],
    },
    {
      row: 'address of a down interface: still local, delivered',
      packets: [[from('192.0.2.10', '203.0.113.1'), 'accept local']],
    },
  ],
  { host: DOWN },
);

const OWN = ['192.0.2.1', '198.51.100.1', '203.0.113.1'];

describeFacts('5.2: special sources, IPv4, rp_filter=0', [
  {
    row: '127/8, 0.0.0.0, 255.255.255.255, 224/4, any own address: dropped after PRE',
    packets: [
      ...each(
        ['127.0.0.1', '127.1.2.3', '0.0.0.0', '255.255.255.255', '224.0.0.1', '239.1.1.1', ...OWN],
        (source) => from(source, HOST),
        `drop ${AFTER_PRE}`,
      ),
      ...each(
        ['127.0.0.1', '0.0.0.0', '255.255.255.255', '224.0.0.1', ...OWN],
        (source) => from(source, '203.0.113.10'),
        `drop ${AFTER_PRE}`,
      ),
    ],
  },
  {
    row: '0.0.0.0 to 255.255.255.255 passes',
    packets: [[from('0.0.0.0', '255.255.255.255'), 'accept local']],
  },
  {
    row: '0.1.2.3, 240.0.0.1, 169.254/16, unroutable 10/8: forwarded / delivered',
    packets: [
      ...each(
        ['0.1.2.3', '240.0.0.1', '169.254.1.1', '10.1.1.1'],
        (source) => from(source, '203.0.113.10'),
        'accept cali0',
      ),
      ...each(
        ['0.1.2.3', '240.0.0.1', '169.254.1.1', '10.1.1.1'],
        (source) => from(source, HOST),
        'accept local',
      ),
    ],
  },
  {
    row: 'subnet broadcast of an own subnet as source: delivered, forwarded to another interface, dropped when it would leave by its own',
    packets: [
      [from('192.0.2.255', HOST), 'accept local'],
      [from('192.0.2.255', '203.0.113.10'), 'accept cali0'],
      [from('192.0.2.255', '192.0.2.77'), `drop ${AFTER_PRE}`],
    ],
  },
  {
    row: 'source = destination (foreign): forwarded',
    packets: [[from('203.0.113.10', '203.0.113.10'), 'accept cali0']],
  },
]);

describeFacts('5.2: special destinations from eth0, IPv4', [
  {
    row: '127/8, 0.0.0.0: dropped after PRE',
    packets: each(
      ['127.0.0.1', '127.9.9.9', '0.0.0.0'],
      (destination) => from('192.0.2.10', destination),
      `drop ${AFTER_PRE}`,
    ),
  },
  {
    row: 'own address of any interface: INPUT, iif = arrival interface (weak host)',
    rules: `
      *filter
      :INPUT DROP
      -A INPUT -i eth0 -j ACCEPT`,
    packets: each(OWN, (destination) => from('192.0.2.10', destination), 'accept local'),
  },
  {
    row: '255.255.255.255, subnet broadcast of any own subnet: INPUT',
    packets: each(
      ['255.255.255.255', '192.0.2.255', '198.51.100.255'],
      (destination) => from('192.0.2.10', destination),
      'accept local',
    ),
  },
  {
    row: 'network address .0 of a subnet: ordinary unicast, forwarded',
    packets: [
      [from('192.0.2.10', '198.51.100.0'), 'accept eth1'],
      [from('192.0.2.10', '192.0.2.0'), 'accept eth0'],
    ],
  },
  {
    row: '224.0.0.1: INPUT; groups without membership: dropped after PRE',
    packets: [
      [from('192.0.2.10', '224.0.0.1'), 'accept local'],
      [from('192.0.2.10', '224.0.0.5'), `drop ${AFTER_PRE}`],
      [from('192.0.2.10', '239.1.1.1'), `drop ${AFTER_PRE}`],
    ],
  },
  {
    row: '240.0.0.1, 0.1.2.3: routed like any other',
    packets: each(
      ['240.0.0.1', '0.1.2.3'],
      (destination) => from('192.0.2.10', destination),
      'accept eth1',
    ),
  },
  {
    row: 'echo request to broadcast/multicast: delivered',
    packets: [
      ['icmp 192.0.2.10 -> 192.0.2.255 in=eth0', 'accept local'],
      ['icmp 192.0.2.10 -> 224.0.0.1 in=eth0', 'accept local'],
    ],
  },
]);

describeFacts(
  '5.2: bc_forwarding=1',
  [
    {
      row: 'directed broadcast with bc_forwarding=1 (all and input if): forwarded',
      packets: [
        [from('192.0.2.10', '198.51.100.255'), 'accept eth1'],
        [from('203.0.113.10', '198.51.100.255', 'cali0'), 'accept local'],
      ],
    },
  ],
  {
    host: testHost({
      sysctls: { 'net.ipv4.conf.all.bc_forwarding': 1, 'net.ipv4.conf.eth0.bc_forwarding': 1 },
    }),
  },
);

const HOST6 = '2001:db8:0:2::1';
const REMOTE6 = '2001:db8:0:100::9';

describeFacts('5.2: special addresses, IPv6', [
  {
    row: 'source or destination ::1 on the wire, multicast source, ff01::1 destination: dropped before PRE',
    packets: [
      [from('::1', HOST6), 'drop at=arrival'],
      [from('2001:db8:0:2::5', '::1'), 'drop at=arrival'],
      [from('ff02::5', HOST6), 'drop at=arrival'],
      [from('2001:db8:0:2::5', 'ff01::1'), 'drop at=arrival'],
    ],
  },
  {
    row: 'source :: transit: dropped after PRE; ::, fe80:: to local: delivered',
    packets: [
      [from('::', REMOTE6), `drop ${AFTER_PRE}`],
      [from('::', HOST6), 'accept local'],
      [from('fe80::5', HOST6), 'accept local'],
    ],
  },
  {
    row: 'source = own address: accepted',
    packets: [
      [from(HOST6, REMOTE6), 'accept eth1'],
      [from(HOST6, HOST6), 'accept local'],
    ],
  },
  {
    row: 'subnet anycast prefix::: local',
    packets: [[from('2001:db8:0:2::5', '2001:db8:0:2::'), 'accept local']],
  },
  {
    // An interface that is made after forwarding was turned on, as the lab's are, does not join ff05::2.
    row: 'ff02::1, ff02::2 (router): INPUT; other groups dropped after PRE; ff05::2 as the past had it',
    packets: [
      [from('2001:db8:0:2::5', 'ff02::1'), 'accept local'],
      [from('2001:db8:0:2::5', 'ff02::2'), 'accept local'],
      [from('2001:db8:0:2::5', 'ff05::2'), `undetermined drop ${AFTER_PRE}`],
      [from('2001:db8:0:2::5', 'ff02::99'), `drop ${AFTER_PRE}`],
      [from('2001:db8:0:2::5', 'ff05::99'), `drop ${AFTER_PRE}`],
    ],
  },
]);

const STANDARD6 = testHost();

describeFacts(
  '5.2: special addresses, IPv6, link-local addresses known',
  [
    {
      // The kernel answers, which the sheet does not say.
      row: 'source fe80:: transit: answered',
      packets: [
        [from('fe80::5', REMOTE6), `reject ${AFTER_PRE}`],
        [from('fe80::5', '2001:db8:0:2::77'), 'accept eth0'],
      ],
    },
  ],
  {
    host: {
      ...STANDARD6,
      interfaces: STANDARD6.interfaces.map((one) =>
        one.name === 'eth0' ? { ...one, mac: '02:00:00:00:77:01' } : one,
      ),
    },
  },
);

const filtering = (
  sysctls: Readonly<Record<string, number>>,
  routes = [DEFAULT, WORKLOAD],
  interfaces?: Readonly<Record<string, readonly string[]>>,
): Host => {
  const full = Object.entries(sysctls).map(([name, value]) => [`net.ipv4.conf.${name}`, value]);
  const base = { routes, sysctls: Object.fromEntries(full) };
  return testHost(interfaces === undefined ? base : { ...base, interfaces });
};

const STRICT: readonly FactPacket[] = [
  [from('192.0.2.10', HOST), 'accept local'],
  [from('203.0.113.10', HOST), `drop ${AFTER_PRE}`],
  [from('8.8.8.8', HOST), `drop ${AFTER_PRE}`],
  [from('8.8.8.8', HOST, 'eth1'), 'accept local'],
  [from('203.0.113.10', HOST, 'cali0'), 'accept local'],
  [from('192.0.2.255', HOST), `drop ${AFTER_PRE}`],
];

describeFacts(
  '5.3: rp_filter 1',
  [
    {
      row: '1: the best route to the source must leave by the input interface; a default route elsewhere is not enough',
      packets: STRICT,
    },
    {
      row: '0.0.0.0 -> 255.255.255.255: passes',
      packets: [[from('0.0.0.0', '255.255.255.255'), 'accept local']],
    },
    {
      row: 'broadcast destination with wrong source: dropped',
      packets: [
        [from('8.8.8.8', '192.0.2.255'), `drop ${AFTER_PRE}`],
        [from('192.0.2.10', '192.0.2.255'), 'accept local'],
      ],
    },
  ],
  { host: filtering({ 'all.rp_filter': 1 }) },
);

describeFacts(
  '5.3: rp_filter 2',
  [
    {
      row: '2: some route to the source must exist, default route counts',
      packets: [
        [from('203.0.113.10', HOST), 'accept local'],
        [from('8.8.8.8', HOST), 'accept local'],
        [from('192.0.2.255', HOST), `drop ${AFTER_PRE}`],
      ],
    },
  ],
  { host: filtering({ 'all.rp_filter': 2 }) },
);

describeFacts(
  '5.3: rp_filter 2 without a default route',
  [
    {
      row: '2, none: dropped',
      packets: [
        [from('203.0.113.10', HOST), 'accept local'],
        [from('8.8.8.8', HOST), `drop ${AFTER_PRE}`],
      ],
    },
  ],
  { host: filtering({ 'all.rp_filter': 2 }, [WORKLOAD]) },
);

describeFacts(
  '5.3: rp_filter 2, input interface without any IPv4 address',
  [
    {
      row: 'as 1: the route to the source must leave by it',
      packets: [
        [from('203.0.113.10', HOST, 'cali0'), 'accept local'],
        [from('192.0.2.10', HOST, 'cali0'), `drop ${AFTER_PRE}`],
        [from('8.8.8.8', HOST, 'cali0'), `drop ${AFTER_PRE}`],
      ],
    },
  ],
  {
    host: filtering({ 'all.rp_filter': 2 }, [DEFAULT, WORKLOAD], {
      eth0: ['192.0.2.1/24'],
      eth1: ['198.51.100.1/24'],
      cali0: [],
    }),
  },
);

describeFacts(
  '5.3: all=1, eth0=2',
  [
    {
      row: '2 (loose)',
      packets: [
        [from('8.8.8.8', HOST), 'accept local'],
        [from('192.0.2.10', HOST, 'eth1'), `drop ${AFTER_PRE}`],
      ],
    },
  ],
  { host: filtering({ 'all.rp_filter': 1, 'eth0.rp_filter': 2 }) },
);

const RULE: RoutingRule = {
  family: 4,
  priority: 100,
  not: false,
  from: undefined,
  to: undefined,
  iif: undefined,
  oif: undefined,
  fwmark: undefined,
  protocol: undefined,
  action: 'lookup',
  table: '100',
  suppressPrefixLength: undefined,
  notModelled: [],
};

/** The test host with more rules behind the kernel's first, and a table 100 that leads everything to cali0. */
function ruled(more: readonly Partial<RoutingRule>[], sysctls: Record<string, number> = {}): Host {
  const host = testHost({ sysctls });
  const table = host.routes
    .filter(({ dev, family }) => dev === 'eth1' && family === 4)
    .map((route) => ({ ...route, table: '100', dev: 'cali0', via: undefined }));
  const [first, ...others] = host.rules;
  const added = more.map((fields, index) => ({ ...RULE, priority: 100 + index, ...fields }));
  return {
    ...host,
    routes: [...host.routes, ...table],
    rules: [...(first === undefined ? [] : [first]), ...added, ...others],
  };
}

const mangle = (hook: string, table = 'mangle'): string => `
      *${table}
      :${hook} ACCEPT
      -A ${hook} -p udp --dport 53 -j MARK --set-xmark 0x31/0xffffffff`;
const BY_MARK = ruled([{ fwmark: { value: 0x10, mask: 0x10 } }]);

describeFacts(
  '5.4: lookup by fwmark',
  [
    {
      row: 'fwmark v/m: (mark & m) == v; fwmark rules cannot take packets for own addresses',
      packets: [
        [from('192.0.2.10', '8.8.8.8', 'eth0', 'mark=0x31'), 'accept cali0'],
        [from('192.0.2.10', '8.8.8.8', 'eth0', 'mark=0x21'), 'accept eth1'],
        [from('192.0.2.10', HOST, 'eth0', 'mark=0x31'), 'accept local'],
      ],
    },
    ...['raw', 'mangle'].map((table) => ({
      row: `the mark set in ${table} PRE is used for input routing`,
      rules: mangle('PREROUTING', table),
      packets: [[from('192.0.2.10', '8.8.8.8'), 'accept cali0']] as const,
    })),
    {
      row: 'set in FORWARD it changes nothing',
      rules: mangle('FORWARD'),
      packets: [[from('192.0.2.10', '8.8.8.8'), 'accept eth1 mark=0x31']],
    },
    {
      row: '4.5: mark set in mangle OUTPUT: rerouted after OUTPUT',
      rules: mangle('OUTPUT'),
      packets: [[from('192.0.2.1', '8.8.8.8', 'local'), 'accept cali0 mark=0x31']],
    },
    ...['raw', 'filter'].map((table) => ({
      row: `4.5: mark set in ${table} OUTPUT: not rerouted`,
      rules: mangle('OUTPUT', table),
      packets: [[from('192.0.2.1', '8.8.8.8', 'local'), 'accept eth1 mark=0x31']] as const,
    })),
  ],
  { host: BY_MARK },
);

const cidr = (text: string): Partial<RoutingRule> => {
  const parsed = parseCidr(text);
  if (parsed === undefined) throw new Error(text);
  return { to: parsed };
};

describeFacts(
  '5.4: rules by iif, from and to with actions',
  [
    {
      row: 'same answers as the route types',
      packets: [
        [from('192.0.2.10', '100.64.0.1'), `reject ${AFTER_PRE}`],
        [from('192.0.2.11', '100.65.0.1'), `reject ${AFTER_PRE}`],
        [from('192.0.2.12', '100.66.0.1'), `drop ${AFTER_PRE}`],
        [from('203.0.113.10', '8.8.8.8', 'cali0'), `reject ${AFTER_PRE}`],
        [from('192.0.2.13', '8.8.8.8'), 'accept eth1'],
      ],
    },
  ],
  {
    host: ruled([
      { action: 'unreachable', ...cidr('100.64.0.0/16') },
      { action: 'prohibit', ...cidr('100.65.0.0/16') },
      { action: 'blackhole', ...cidr('100.66.0.0/16') },
      { action: 'prohibit', iif: 'cali0' },
    ]),
  },
);

describeFacts(
  '5.3: mark in the lookup of rp_filter',
  [
    {
      row: 'used only with src_valid_mark=1: without',
      packets: [
        [from('8.8.8.8', HOST, 'cali0', 'mark=0x10'), `drop ${AFTER_PRE}`],
        [from('8.8.8.8', HOST, 'eth1', 'mark=0x10'), 'accept local'],
      ],
    },
  ],
  { host: ruled([{ fwmark: { value: 0x10, mask: 0x10 } }], { 'net.ipv4.conf.all.rp_filter': 1 }) },
);

describeFacts(
  '5.3: mark in the lookup of rp_filter, src_valid_mark=1',
  [
    {
      row: 'used with src_valid_mark=1',
      packets: [
        [from('8.8.8.8', HOST, 'cali0', 'mark=0x10'), 'accept local'],
        [from('8.8.8.8', HOST, 'eth1', 'mark=0x10'), `drop ${AFTER_PRE}`],
      ],
    },
  ],
  {
    host: ruled([{ fwmark: { value: 0x10, mask: 0x10 } }], {
      'net.ipv4.conf.all.rp_filter': 1,
      'net.ipv4.conf.all.src_valid_mark': 1,
    }),
  },
);

const metrics = testHost();
const [first] = metrics.routes;

describeFacts(
  '5.4: prefixes and metrics',
  [
    {
      row: 'longest prefix inside a table; for equal prefix the lowest metric',
      packets: [
        [from('192.0.2.10', '203.0.113.10'), 'accept cali0'],
        [from('192.0.2.10', '8.8.8.8'), 'accept eth1'],
      ],
    },
  ],
  {
    host: {
      ...metrics,
      routes:
        first === undefined
          ? []
          : [
              ...metrics.routes.slice(1),
              { ...first, metric: 200, via: undefined, dev: 'cali0' },
              { ...first, metric: 100 },
            ],
    },
  },
);

const toLink = (destination: string): string => `udp [${HOST6}]:1 -> [${destination}]:2 in=local`;

describeFacts('5.4: link-local destinations, of which the Host document tells no own one', [
  {
    row: 'what the host sends: undetermined where it may be its own, fe80:: to itself, beyond fe80::/64 no route',
    packets: [
      [toLink('fe80::9'), 'undetermined accept eth0'],
      [toLink('fe80::'), 'accept local'],
      [toLink('fe80:1::9'), 'reject'],
    ],
  },
  {
    row: 'what arrives: the same',
    packets: [
      [from('2001:db8:0:2::5', 'fe80::9'), 'undetermined accept eth0'],
      [from('2001:db8:0:2::5', 'fe80::'), 'accept local'],
    ],
  },
]);

describeFacts(
  '5.4: link-local destinations, of which the Host document tells the own ones',
  [
    {
      row: 'what the host sends: by the interface of the source',
      packets: [
        [toLink('fe80::9'), 'accept eth0'],
        [toLink('fe80::1'), 'accept local'],
        [toLink('fe80::5'), 'accept eth0'],
        [toLink('fe80::'), 'accept local'],
      ],
    },
  ],
  {
    host: testHost({
      interfaces: {
        eth0: ['192.0.2.1/24', `${HOST6}/64`, 'fe80::1/64'],
        eth1: ['198.51.100.1/24', '2001:db8:0:100::1/64', 'fe80::5/64'],
      },
      routes: ['default via 198.51.100.254 dev eth1'],
    }),
  },
);

describeFacts(
  '5.4: link-local destinations of a host that does not forward',
  [
    {
      row: 'fe80:: is no address of its own',
      packets: [[toLink('fe80::'), 'undetermined accept eth0']],
    },
  ],
  { host: testHost({ sysctls: { 'net.ipv6.conf.all.forwarding': 0 } }) },
);
