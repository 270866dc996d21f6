import { parseCidr } from '../../../src/address/cidr.ts';
import type { Host, Route, RoutingRule } from '../../../src/host/host.ts';
import { describeFacts } from '../../support/facts.ts';
import { testHost } from '../../support/hosts.ts';

const RULES = `
  *nat
  :POSTROUTING ACCEPT
  -A POSTROUTING -j MASQUERADE`;

/** Packets that bear mark 0x10 leave by cali0, others by eth1. */
function markedHost(): Host {
  const host = testHost();
  const [first, ...others] = host.rules as [RoutingRule, ...RoutingRule[]];
  const rule: RoutingRule = {
    ...first,
    priority: 100,
    fwmark: { value: 0x10, mask: 0x10 },
    table: '100',
  };
  const route: Route = {
    ...(host.routes[0] as Route),
    to: parseCidr('0.0.0.0/0') as Route['to'],
    via: undefined,
    dev: 'cali0',
    table: '100',
  };
  return { ...host, routes: [...host.routes, route], rules: [first, rule, ...others] };
}

const UDP = 'udp 192.0.2.10:1000 -> 8.8.8.8:53 in=eth0';
const MARKED = `${UDP} mark=0x10`;
const TCP = 'tcp 192.0.2.10:1000 -> 8.8.8.8:80 in=eth0';

describeFacts(
  '4.3: a masqueraded connection is bound to the interface that it left by',
  [
    {
      row: 'its next packet that would leave by another one is dropped, and the connection is no more',
      rules: RULES,
      packets: [
        [UDP, 'new accept eth1 src=198.51.100.1'],
        [MARKED, 'new drop src=192.0.2.10'],
        [MARKED, 'new accept cali0 src=203.0.113.1'],
      ],
    },
    {
      row: 'established ones as well; replies go on by any interface',
      rules: RULES,
      packets: [
        [TCP, 'new accept eth1 src=198.51.100.1'],
        ['tcp 8.8.8.8:80 -> 198.51.100.1:1000 in=cali0 flags=SA', 'established accept eth0'],
        [`${TCP} flags=A mark=0x10`, 'established drop'],
        ['tcp 8.8.8.8:80 -> 198.51.100.1:1000 in=eth1 flags=A', 'new accept local'],
      ],
    },
    {
      row: 'an ICMP error of the side that began is translated all the same',
      rules: RULES,
      packets: [
        [UDP, 'new accept eth1'],
        ['udp 8.8.8.8:53 -> 198.51.100.1:1000 in=eth1', 'established accept eth0'],
        [
          'icmp 192.0.2.10 -> 8.8.8.8 in=eth0 type=3 code=3 mark=0x10 quoted=udp 8.8.8.8:53 -> 192.0.2.10:1000',
          'related accept cali0 src=198.51.100.1',
        ],
        [UDP, 'established accept eth1'],
      ],
    },
  ],
  { host: markedHost() },
);

const RULES6 = `
  *nat
  :POSTROUTING ACCEPT
  -A POSTROUTING -j MASQUERADE`;

describeFacts(
  '4.3: the IPv6 source that MASQUERADE takes',
  [
    {
      row: 'of equally good ones the first of the interface, as `ip address` lists them',
      rules6: RULES6,
      packets: [
        [
          'udp 2001:db8:0:2::9 -> [2001:db8:0:100::9]:53 in=eth0',
          'accept eth1 src=2001:db8:0:100::1',
        ],
        ['udp 2001:db8:0:2::9 -> [2001:db8:99::9]:53 in=eth0', 'accept eth1 src=2001:db8:0:100::1'],
      ],
    },
    {
      row: 'towards the host itself the address that it is for',
      rules6: RULES6,
      packets: [
        [
          'udp 2001:db8:0:100::1 -> [2001:db8:0:100::2]:53 in=local',
          'accept local src=2001:db8:0:100::2',
        ],
      ],
    },
  ],
  {
    host: testHost({
      interfaces: {
        eth0: ['2001:db8:0:2::1/64'],
        eth1: ['2001:db8:0:100::1/64', '2001:db8:0:100::2/64'],
      },
      routes: ['default via 2001:db8:0:100::fe dev eth1'],
    }),
  },
);

describeFacts(
  '4.3: the IPv6 source that MASQUERADE takes where no address is wide enough',
  [
    {
      row: 'a link-local address that the host does not tell',
      rules6: RULES6,
      packets: [['udp fd00:2::9 -> [fd00:100::9]:53 in=eth0', 'undetermined accept eth1 new']],
    },
  ],
  {
    host: testHost({ interfaces: { eth0: [], eth1: [] }, routes: ['::/0 dev eth1'] }),
  },
);
