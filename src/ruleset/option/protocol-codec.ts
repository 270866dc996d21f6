import type { Codec } from './codec.ts';
import { parseUnsigned } from './number-codecs.ts';

/** Names of protocols and their numbers, as machines' /etc/protocols have them. Source: IANA protocol numbers. */
const PROTOCOLS = `
ip 0 hopopt 0 icmp 1 igmp 2 ggp 3 ipencap 4 ipv4 4 st 5 tcp 6 cbt 7 egp 8 igp 9 pup 12 argus 13 udp 17 hmp 20 xns-idp 22 rdp 27 iso-tp4 29
dccp 33 3pc 34 idpr 35 xtp 36 ddp 37 idpr-cmtp 38 ipv6 41 sdrp 42 ipv6-route 43 ipv6-frag 44 idrp 45 rsvp 46 gre 47 dsr 48 bna 49 esp 50
ipv6-crypt 50 ipsec-esp 50 ah 51 ipv6-auth 51 ipsec-ah 51 swipe 53 narp 54 mobile 55 skip 57 ipv6-icmp 58 icmpv6 58 icmp6 58 ipv6-nonxt 59
ipv6-opts 60 rspf 73 vmtp 81 eigrp 88 ospf 89 ospfigp 89 ax.25 93 ipip 94 etherip 97 encap 98 pim 103 ipcomp 108 vrrp 112 l2tp 115 isis 124
sctp 132 fc 133 mobility-header 135 mh 135 ipv6-mh 135 udplite 136 mpls-in-ip 137 manet 138 hip 139 shim6 140 wesp 141 rohc 142 ethernet 143
`;

let numbers: ReadonlyMap<string, number> | undefined;

/** The number of a protocol by its number or name; 0, `ip` and `all` mean every protocol. Undefined for one that is not known here. */
export function parseProtocolWord(text: string): number | undefined {
  numbers ??= new Map(
    [...PROTOCOLS.matchAll(/(\S+) (\d+)\s/g)].map(([, name, value]) => [
      name as string,
      Number(value),
    ]),
  );
  const known = numbers.get(text);
  if (known !== undefined) return known;
  const name = text.toLowerCase();
  return name === 'all' ? 0 : (numbers.get(name) ?? parseUnsigned(text, 255));
}

/** A protocol other than 0, printed as its number. */
export const PROTOCOL_NUMBER: Codec<number> = {
  parse: (text) => {
    const number = parseProtocolWord(text);
    return number === 0 ? undefined : number;
  },
  render: (protocol) => String(protocol),
  wanted: 'a protocol',
};
