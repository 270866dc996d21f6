import type { IpFamily } from '../../address/ip-address.ts';
import { IP_PROTOCOL } from '../../address/protocol.ts';

/** What connection tracking makes of an ICMP or ICMPv6 message, by its type. */
export type IcmpKind =
  /** May open an entry: echo, timestamp, information and address mask request; node information query in v6. */
  | 'query'
  /** Belongs to the entry of its query or to none. */
  | 'answer'
  /** Belongs to the flow that it quotes, or to none. */
  | 'error'
  /** Neighbour discovery and multicast listener messages: never tracked. */
  | 'untracked'
  | 'other';

const V4_ANSWER_OF: ReadonlyMap<number, number> = new Map([
  [8, 0],
  [13, 14],
  [15, 16],
  [17, 18],
]);
const V6_ANSWER_OF: ReadonlyMap<number, number> = new Map([
  [128, 129],
  [139, 140],
]);
const V4_ERRORS: readonly number[] = [3, 4, 5, 11, 12];
const V6_UNTRACKED: readonly number[] = [130, 131, 132, 133, 134, 135, 136, 143];

function kindsOf(family: IpFamily): readonly IcmpKind[] {
  const kinds = new Array<IcmpKind>(256).fill('other');
  for (const [query, answer] of family === 4 ? V4_ANSWER_OF : V6_ANSWER_OF) {
    kinds[query] = 'query';
    kinds[answer] = 'answer';
  }
  if (family === 4) for (const type of V4_ERRORS) kinds[type] = 'error';
  else {
    // Every type below 128 is an error message in ICMPv6, assigned or not.
    kinds.fill('error', 0, 128);
    for (const type of V6_UNTRACKED) kinds[type] = 'untracked';
  }
  return kinds;
}

/** The type of the opposite direction; 0 where there is none, which no caller asks for. */
function inverseOf(family: IpFamily): Uint8Array {
  const inverse = new Uint8Array(256);
  for (const [query, answer] of family === 4 ? V4_ANSWER_OF : V6_ANSWER_OF) {
    inverse[query] = answer;
    inverse[answer] = query;
  }
  return inverse;
}

const V4_KINDS = kindsOf(4);
const V6_KINDS = kindsOf(6);
const V4_INVERSE = inverseOf(4);
const V6_INVERSE = inverseOf(6);

/** Source: nf_conntrack_proto_icmp.c and nf_conntrack_proto_icmpv6.c, the tables of invertible and of new types (Linux 6.18). HOT */
export function icmpKind(family: IpFamily, type: number): IcmpKind {
  return (family === 4 ? V4_KINDS : V6_KINDS)[type] as IcmpKind;
}

/** Whether the protocol is the ICMP of its family (ICMP in IPv6 and ICMPv6 in IPv4 are not tracked). HOT */
export function isTrackedIcmp(family: IpFamily, protocol: number): boolean {
  return protocol === (family === 4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.icmpv6);
}

/** `type << 8 | code` of the other direction. HOT */
export function invertedIcmpKey(family: IpFamily, key: number): number {
  return ((family === 4 ? V4_INVERSE : V6_INVERSE)[key >>> 8]! << 8) | (key & 255);
}
