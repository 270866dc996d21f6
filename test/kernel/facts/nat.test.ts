import { describeFacts, type FactRow } from '../../support/facts.ts';
import { testHost } from '../../support/hosts.ts';

// netfilter-facts section 4. The host is 192.0.2.1 towards the clients (eth0) and 198.51.100.1 outside (eth1); workloads are behind cali0.

const CLIENT = '192.0.2.10:1000';
const BACKEND = '203.0.113.10:80';
const TO_SERVICE = `tcp ${CLIENT} -> 192.0.2.1:8080 in=eth0`;
const FROM_BACKEND = `tcp ${BACKEND} -> ${CLIENT} in=cali0`;

const DNAT = '-p tcp --dport 8080 -j DNAT --to-destination 203.0.113.10:80';
const SERVICE = `
  *nat
  :PREROUTING ACCEPT
  -A PREROUTING ${DNAT}`;
const MASQUERADE = `
  *nat
  :POSTROUTING ACCEPT
  -A POSTROUTING -o eth1 -j MASQUERADE`;

const bit = (match: string, value: number): string =>
  `${match} -j MARK --set-xmark 0x${value.toString(16)}/0x0`;

const GENERAL: readonly FactRow[] = [
  {
    row: 'nat chains are looked up once per connection; later packets, replies and RELATED errors never see them',
    rules: `
      *nat
      :PREROUTING ACCEPT
      -A PREROUTING ${bit('', 1)}
      -A PREROUTING ${DNAT}
      :POSTROUTING ACCEPT
      -A POSTROUTING ${bit('', 2)}`,
    packets: [
      [`${TO_SERVICE} flags=S`, 'new accept cali0 mark=0x3 dst=203.0.113.10 dport=80'],
      [`${FROM_BACKEND} flags=SA`, 'established accept eth0 mark=0x0 src=192.0.2.1 sport=8080'],
      [`${TO_SERVICE} flags=A`, 'established accept cali0 mark=0x0 dst=203.0.113.10 dport=80'],
      [
        `icmp 203.0.113.10 -> 192.0.2.10 in=cali0 type=3 code=3 quoted=tcp ${CLIENT} -> ${BACKEND}`,
        'related accept eth0 mark=0x0',
      ],
    ],
  },
  {
    row: 'order: mangle PRE old destination, DNAT, filter FORWARD new destination, mangle POST old source, SNAT',
    rules: `
      *raw
      :PREROUTING ACCEPT
      -A PREROUTING ${bit('-d 192.0.2.1', 1)}
      *mangle
      :PREROUTING ACCEPT
      -A PREROUTING ${bit('-d 192.0.2.1', 2)}
      :FORWARD ACCEPT
      -A FORWARD ${bit('-d 203.0.113.10', 4)}
      :POSTROUTING ACCEPT
      -A POSTROUTING ${bit('-s 192.0.2.10 -d 203.0.113.10', 8)}
      *nat
      :PREROUTING ACCEPT
      -A PREROUTING ${DNAT}
      :POSTROUTING ACCEPT
      -A POSTROUTING -o cali0 -j SNAT --to-source 203.0.113.1
      *filter
      :FORWARD ACCEPT
      -A FORWARD ${bit('-s 192.0.2.10 -d 203.0.113.10', 16)}`,
    packets: [[TO_SERVICE, 'accept cali0 mark=0x1f src=203.0.113.1 dst=203.0.113.10']],
  },
  {
    row: 'replies: un-SNAT after mangle PRE; un-DNAT after mangle POST. So filter sees the backend address',
    rules: `
      *mangle
      :PREROUTING ACCEPT
      -A PREROUTING ${bit('-s 203.0.113.10 -d 203.0.113.1', 1)}
      :POSTROUTING ACCEPT
      -A POSTROUTING ${bit('-s 203.0.113.10 -d 192.0.2.10', 2)}
      *nat
      :PREROUTING ACCEPT
      -A PREROUTING ${DNAT}
      :POSTROUTING ACCEPT
      -A POSTROUTING -o cali0 -j SNAT --to-source 203.0.113.1
      *filter
      :FORWARD ACCEPT
      -A FORWARD ${bit('-s 203.0.113.10 -d 192.0.2.10', 4)}`,
    packets: [
      [TO_SERVICE, 'new'],
      [
        `tcp ${BACKEND} -> 203.0.113.1:1000 in=cali0 flags=SA`,
        'established accept eth0 mark=0x7 src=192.0.2.1 sport=8080 dst=192.0.2.10',
      ],
    ],
  },
  {
    row: '-j ACCEPT or RETURN in nat = no NAT',
    rules: `
      *nat
      :PREROUTING ACCEPT
      -A PREROUTING -s 192.0.2.11 -j ACCEPT
      -A PREROUTING -s 192.0.2.12 -j RETURN
      -A PREROUTING ${DNAT}
      -A PREROUTING -p tcp --dport 8080 -j DNAT --to-destination 203.0.113.11:81`,
    packets: [
      ['tcp 192.0.2.11:1 -> 192.0.2.1:8080 in=eth0', 'accept local dst=192.0.2.1 dport=8080'],
      ['tcp 192.0.2.12:1 -> 192.0.2.1:8080 in=eth0', 'accept local dst=192.0.2.1 dport=8080'],
      ['tcp 192.0.2.13:1 -> 192.0.2.1:8080 in=eth0', 'accept cali0 dst=203.0.113.10 dport=80'],
    ],
  },
  {
    row: 'nat on INPUT with SNAT rewrites the source seen by the local socket',
    rules: `
      *nat
      :INPUT ACCEPT
      -A INPUT -p tcp --dport 22 -j SNAT --to-source 192.0.2.99`,
    packets: [
      ['tcp 192.0.2.10:1 -> 192.0.2.1:22 in=eth0', 'new accept local src=192.0.2.99'],
      [
        'tcp 192.0.2.1:22 -> 192.0.2.99:1 in=local flags=SA',
        'established accept eth0 dst=192.0.2.10',
      ],
    ],
  },
];

describeFacts('4.1: NAT in general', GENERAL);

/** The mark tells which matched: 1 DNAT, 2 NEW,DNAT, 4 SNAT. */
describeFacts('4.2: conntrack match with NAT', [
  {
    row: '--ctstate DNAT, NEW,DNAT and SNAT on first packet, reply and later',
    rules: `${SERVICE}
      *filter
      :FORWARD ACCEPT
      -A FORWARD ${bit('-m conntrack --ctstate DNAT', 1)}
      -A FORWARD ${bit('-m conntrack --ctstate NEW,DNAT', 2)}
      -A FORWARD ${bit('-m conntrack --ctstate SNAT', 4)}`,
    packets: [
      [TO_SERVICE, 'new mark=0x3'],
      [`${FROM_BACKEND} flags=SA`, 'established mark=0x3'],
      [`${TO_SERVICE} flags=A`, 'established mark=0x3'],
    ],
  },
]);

const OUT = `udp ${CLIENT} -> 198.51.100.9:53 in=eth0`;

describeFacts('4.3: choice of address and port', [
  {
    row: 'MASQUERADE, source port free: port kept, address of the interface it leaves by',
    rules: MASQUERADE,
    packets: [
      [OUT, 'new accept eth1 src=198.51.100.1 sport=1000'],
      [
        'udp 198.51.100.9:53 -> 198.51.100.1:1000 in=eth1',
        'established accept eth0 dst=192.0.2.10 dport=1000',
      ],
    ],
  },
  {
    row: 'port taken: another, pseudo-random',
    rules: MASQUERADE,
    packets: [
      [OUT, 'new accept eth1 sport=1000'],
      ['udp 192.0.2.11:1000 -> 198.51.100.9:53 in=eth0', 'undetermined new accept eth1'],
    ],
  },
  {
    row: '--to-source ip:port of another flow: dropped silently at confirm',
    rules: `
      *nat
      :POSTROUTING ACCEPT
      -A POSTROUTING -p udp -o eth1 -j SNAT --to-source 198.51.100.1:5000`,
    packets: [
      [OUT, 'new accept eth1 sport=5000'],
      ['udp 192.0.2.11:1000 -> 198.51.100.9:53 in=eth0', 'new drop'],
    ],
  },
  {
    row: 'same source port to different destinations keeps the same port',
    rules: MASQUERADE,
    packets: [
      [OUT, 'accept eth1 sport=1000'],
      ['udp 192.0.2.11:1000 -> 198.51.100.8:53 in=eth0', 'accept eth1 sport=1000'],
    ],
  },
  {
    row: 'ICMP echo id: kept if free',
    rules: MASQUERADE,
    packets: [
      ['icmp 192.0.2.10 -> 198.51.100.9 in=eth0 id=7', 'new accept eth1 src=198.51.100.1'],
      [
        'icmp 198.51.100.9 -> 198.51.100.1 in=eth1 type=0 id=7',
        'established accept eth0 dst=192.0.2.10',
      ],
    ],
  },
  {
    row: 'ICMP echo id: else changed',
    rules: MASQUERADE,
    packets: [
      ['icmp 192.0.2.10 -> 198.51.100.9 in=eth0 id=7', 'new accept eth1'],
      ['icmp 192.0.2.11 -> 198.51.100.9 in=eth0 id=7', 'undetermined new accept eth1'],
    ],
  },
  {
    // Not in the sheet, found by random packets: the identifier is of both sides, so that it is the destination that is translated.
    row: "ICMP echo id of the host's own packet: changed before OUTPUT is filtered, as by DNAT",
    rules: `${MASQUERADE}
      *filter
      :OUTPUT ACCEPT
      -A OUTPUT -m conntrack --ctstate DNAT -j DROP`,
    packets: [
      ['icmp 192.0.2.10 -> 198.51.100.9 in=eth0 id=7', 'new accept eth1'],
      ['icmp 198.51.100.1 -> 198.51.100.9 in=local id=8', 'new accept eth1'],
      ['icmp 198.51.100.1 -> 198.51.100.9 in=local id=7', 'undetermined new drop at=output'],
    ],
  },
  {
    row: 'a locally generated packet whose tuple is in use by a masqueraded flow: its port is changed',
    rules: MASQUERADE,
    packets: [
      [OUT, 'accept eth1 src=198.51.100.1 sport=1000'],
      ['udp 198.51.100.1:1000 -> 198.51.100.9:53 in=local', 'undetermined new accept eth1'],
    ],
  },
  {
    row: 'a flow whose tuple would collide after DNAT gets its source port changed',
    rules: SERVICE,
    packets: [
      [`tcp ${CLIENT} -> ${BACKEND} in=eth0`, 'accept cali0 sport=1000'],
      [TO_SERVICE, 'undetermined new accept cali0 dst=203.0.113.10 dport=80'],
    ],
  },
]);

describeFacts('4.4: ICMP errors', [
  {
    row: 'error about a SNATed flow, addressed to the SNAT address',
    rules: MASQUERADE,
    packets: [
      [OUT, 'new src=198.51.100.1'],
      [
        'icmp 198.51.100.200 -> 198.51.100.1 in=eth1 type=11 quoted=udp 198.51.100.1:1000 -> 198.51.100.9:53',
        'related accept eth0 src=198.51.100.200 dst=192.0.2.10',
      ],
    ],
  },
  {
    row: 'error about a DNATed flow from the backend: outer source rewritten',
    rules: SERVICE,
    packets: [
      [TO_SERVICE, 'new'],
      [
        `icmp 203.0.113.10 -> 192.0.2.10 in=cali0 type=3 code=3 quoted=tcp ${CLIENT} -> ${BACKEND}`,
        'related accept eth0 src=192.0.2.1 dst=192.0.2.10',
      ],
    ],
  },
  {
    row: 'error about a DNATed flow from any router behind it: outer source rewritten',
    rules: SERVICE,
    packets: [
      [TO_SERVICE, 'new'],
      [
        `icmp 203.0.113.11 -> 192.0.2.10 in=cali0 type=11 quoted=tcp ${CLIENT} -> ${BACKEND}`,
        'related accept eth0 src=192.0.2.1 dst=192.0.2.10',
      ],
    ],
  },
]);

const FROM_HOST = 'udp 192.0.2.1:1000 -> 192.0.2.50:53 in=local';
const REROUTE_HOST = testHost({
  routes: ['default via 198.51.100.254 dev eth1', '203.0.113.10/32 dev cali0'],
});

describeFacts(
  '4.5: OUTPUT, hairpin, loopback',
  [
    {
      row: 'OUTPUT DNAT: OUTPUT rules after nat see the old oif, POST the new; source is not re-chosen',
      rules: `
      *nat
      :OUTPUT ACCEPT
      -A OUTPUT -p udp -j DNAT --to-destination 198.51.100.9
      *mangle
      :POSTROUTING ACCEPT
      -A POSTROUTING ${bit('-o eth1', 2)}
      *filter
      :OUTPUT ACCEPT
      -A OUTPUT ${bit('-o eth0', 1)}`,
      packets: [[FROM_HOST, 'new accept eth1 mark=0x3 src=192.0.2.1 dst=198.51.100.9']],
    },
    {
      row: 'OUTPUT DNAT to an own address: POST -o lo, then PRE/INPUT on lo',
      rules: `
      *nat
      :OUTPUT ACCEPT
      -A OUTPUT -p udp -j DNAT --to-destination 198.51.100.1
      *mangle
      :PREROUTING ACCEPT
      -A PREROUTING ${bit('-i lo', 2)}
      :POSTROUTING ACCEPT
      -A POSTROUTING ${bit('-o lo', 1)}
      *filter
      :INPUT ACCEPT
      -A INPUT ${bit('-i lo', 4)}`,
      packets: [[FROM_HOST, 'new accept local mark=0x7 dst=198.51.100.1']],
    },
    {
      row: 'local to local: a nat PREROUTING -i lo DNAT rule does nothing (1.2)',
      rules: `
      *nat
      :PREROUTING ACCEPT
      -A PREROUTING -i lo -p udp -j DNAT --to-destination 203.0.113.10`,
      packets: [
        ['udp 192.0.2.1:1000 -> 198.51.100.1:53 in=local', 'new accept local dst=198.51.100.1'],
      ],
    },
    {
      row: 'hairpin DNAT back out of the same interface: forwarded -i eth0 -o eth0',
      rules: `
      *nat
      :PREROUTING ACCEPT
      -A PREROUTING -p udp --dport 53 -j DNAT --to-destination 192.0.2.77
      *filter
      :FORWARD DROP
      -A FORWARD -i eth0 -o eth0 -j ACCEPT`,
      packets: [['udp 192.0.2.10:1000 -> 192.0.2.1:53 in=eth0', 'new accept eth0 dst=192.0.2.77']],
    },
    {
      row: 'DNAT to 127.0.0.1 from outside, route_localnet=0: dropped after PRE, before INPUT',
      rules: `
      *nat
      :PREROUTING ACCEPT
      -A PREROUTING -p udp --dport 53 -j DNAT --to-destination 127.0.0.1`,
      packets: [['udp 192.0.2.10:1000 -> 192.0.2.1:53 in=eth0', 'new drop at=prerouting']],
    },
    {
      row: 'OUTPUT DNAT 127.0.0.1 -> outside host, source 127.0.0.1: dropped after OUTPUT, before POST',
      rules: `
      *nat
      :OUTPUT ACCEPT
      -A OUTPUT -p udp -j DNAT --to-destination 198.51.100.9`,
      packets: [['udp 127.0.0.1:1000 -> 127.0.0.1:53 in=local', 'at=output']],
    },
    {
      row: 'unrelated host sending to a masquerade port: NEW, INPUT of the host; not translated',
      rules: MASQUERADE,
      packets: [
        [OUT, 'new src=198.51.100.1 sport=1000'],
        ['udp 198.51.100.8:53 -> 198.51.100.1:1000 in=eth1', 'new accept local dst=198.51.100.1'],
      ],
    },
  ],
  { host: REROUTE_HOST },
);

describeFacts(
  '4.5: route_localnet',
  [
    {
      row: 'route_localnet=1 on the input interface: delivered',
      rules: `
      *nat
      :PREROUTING ACCEPT
      -A PREROUTING -p udp --dport 53 -j DNAT --to-destination 127.0.0.1`,
      packets: [
        ['udp 192.0.2.10:1000 -> 192.0.2.1:53 in=eth0', 'new accept local dst=127.0.0.1'],
        ['udp 198.51.100.9:1000 -> 198.51.100.1:53 in=eth1', 'new drop'],
      ],
    },
  ],
  { host: testHost({ sysctls: { 'net.ipv4.conf.eth0.route_localnet': 1 } }) },
);
