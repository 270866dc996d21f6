import { cidrOf, parseCidr, parseInterfaceAddress } from '../../src/address/cidr.ts';
import { ipv4, ipv6, parseIpAddress } from '../../src/address/ip-address.ts';
import { defaultRoutingRules } from '../../src/host/build-rules.ts';
import type { Host, HostInterface, Route } from '../../src/host/host.ts';

/** A machine in few words. Routes are `10.0.0.0/8 via 192.0.2.1 dev eth0`, `default via ... dev ...`, or `blackhole 10.0.0.0/8`. */
export interface HostFields {
  readonly interfaces?: Readonly<Record<string, readonly string[]>>;
  readonly routes?: readonly string[];
  readonly sysctls?: Readonly<Record<string, number>>;
}

/**
 * The machine that the kernel experiments use: eth0 192.0.2.1/24 towards clients, eth1 198.51.100.1/24 with the default
 * route, cali0 with the workload 203.0.113.10; forwarding on for both families.
 */
export function testHost(fields: HostFields = {}): Host {
  const interfaces = fields.interfaces ?? {
    eth0: ['192.0.2.1/24', '2001:db8:0:2::1/64'],
    eth1: ['198.51.100.1/24', '2001:db8:0:100::1/64'],
    cali0: ['203.0.113.1/32'],
  };
  const routes = fields.routes ?? [
    'default via 198.51.100.254 dev eth1',
    'default via 2001:db8:0:100::fe dev eth1',
    '203.0.113.10/32 dev cali0',
    '203.0.113.11/32 dev cali0',
  ];
  return {
    name: 'test',
    interfaces: [
      makeInterface('lo', ['127.0.0.1/8', '::1/128']),
      ...Object.entries(interfaces).map(([name, addresses]) => makeInterface(name, addresses)),
    ],
    routes: routes.map(makeRoute),
    rules: [...defaultRoutingRules(4), ...defaultRoutingRules(6)],
    sysctls: new Map(
      Object.entries({
        'net.ipv4.ip_forward': 1,
        'net.ipv6.conf.all.forwarding': 1,
        ...fields.sysctls,
      }),
    ),
    iptables: undefined,
    ip6tables: undefined,
    ipsets: undefined,
    connections: undefined,
    derivedRoutes: true,
    notModelled: [],
    derived: false,
  };
}

function makeInterface(name: string, addresses: readonly string[]): HostInterface {
  return {
    name,
    addresses: addresses.map((text) => known(parseInterfaceAddress(text), text)),
    mac: undefined,
    up: true,
    master: undefined,
    type: undefined,
  };
}

function makeRoute(text: string): Route {
  const words = text.split(' ');
  const type = words[0] === 'blackhole' || words[0] === 'unreachable' || words[0] === 'prohibit';
  const to = words[type ? 1 : 0] as string;
  const after = (word: string): string | undefined =>
    words.includes(word) ? words[words.indexOf(word) + 1] : undefined;
  const gateway = after('via');
  const via = gateway === undefined ? undefined : known(parseIpAddress(gateway), text);
  const everything = via?.family === 6 ? cidrOf(ipv6(0, 0, 0, 0), 0) : cidrOf(ipv4(0), 0);
  const block = to === 'default' ? everything : known(parseCidr(to), text);
  return {
    family: block.network.family,
    type: type ? (words[0] as Route['type']) : 'unicast',
    to: block,
    via,
    dev: after('dev'),
    metric: 0,
    table: 'main',
    src: undefined,
    notModelled: [],
  };
}

function known<T>(value: T | undefined, text: string): T {
  if (value === undefined) throw new Error(`a test host cannot be made of ${text}`);
  return value;
}
