import type { Definition, RuleContext } from '../definition.ts';
import { type AddressMatch, addressMatch } from './address.ts';
import { type AddressTypeMatch, addressTypeMatch } from './address-type.ts';
import { type AddressTypesMatch, addressTypesMatch } from './address-types.ts';
import { type CommentMatch, commentMatch } from './comment.ts';
import { type ConnlimitMatch, connlimitMatch } from './connlimit.ts';
import { type ConnmarkMatch, connmarkMatch } from './connmark.ts';
import { type ConntrackMatch, conntrackMatch } from './conntrack.ts';
import { type ConntrackStateMatch, conntrackStateMatch } from './conntrack-state.ts';
import { type DscpMatch, dscpMatch } from './dscp.ts';
import { type FragmentMatch, fragmentMatch } from './fragment.ts';
import { type HashlimitMatch, hashlimitMatch } from './hashlimit.ts';
import { type HopLimitMatch, hopLimitMatch } from './hop-limit.ts';
import { type IcmpMatch, icmpMatch } from './icmp.ts';
import { type IcmpAnyMatch, icmpAnyMatch } from './icmp-any.ts';
import { type InterfaceMatch, interfaceMatch } from './interface.ts';
import { type IprangeMatch, iprangeMatch } from './iprange.ts';
import { type LengthMatch, lengthMatch } from './length.ts';
import { type LimitMatch, limitMatch } from './limit.ts';
import { type MacMatch, macMatch } from './mac.ts';
import { type MarkMatch, markMatch } from './mark.ts';
import { type MaskedAddressMatch, maskedAddressMatch } from './masked-address.ts';
import { type MultiportMatch, multiportMatch } from './multiport.ts';
import { type MultiportEitherMatch, multiportEitherMatch } from './multiport-either.ts';
import { type NfacctMatch, nfacctMatch } from './nfacct.ts';
import { type OwnerMatch, ownerMatch } from './owner.ts';
import { type PhysdevMatch, physdevMatch } from './physdev.ts';
import { type PkttypeMatch, pkttypeMatch } from './pkttype.ts';
import { type PolicyMatch, policyMatch } from './policy.ts';
import { type PortsMatch, portsMatch } from './ports.ts';
import { type ProtocolMatch, protocolMatch } from './protocol.ts';
import { type RecentMatch, recentMatch } from './recent.ts';
import { type RpfilterMatch, rpfilterMatch } from './rpfilter.ts';
import { type SetMatch, setMatch } from './set.ts';
import { type SocketMatch, socketMatch } from './socket.ts';
import { type StatisticMatch, statisticMatch } from './statistic.ts';
import { type StatisticNthMatch, statisticNthMatch } from './statistic-nth.ts';
import { type StringMatch, stringMatch } from './string.ts';
import { type TcpFlagsMatch, tcpFlagsMatch } from './tcp-flags.ts';
import { type TcpOptionMatch, tcpOptionMatch } from './tcp-option.ts';
import { type TcpmssMatch, tcpmssMatch } from './tcpmss.ts';
import { type TimeMatch, timeMatch } from './time.ts';
import { type TosMatch, tosMatch } from './tos.ts';
import { type TransportHeaderMatch, transportHeaderMatch } from './transport-header.ts';
import { type U32Match, u32Match } from './u32.ts';
import { type UnknownMatch, unknownMatch } from './unknown.ts';

/** What a rule asks of a packet; all of a rule's matches must hold. */
export type Match =
  | ProtocolMatch
  | AddressMatch
  | InterfaceMatch
  | PortsMatch
  | MultiportMatch
  | ConntrackStateMatch
  | MarkMatch
  | SetMatch
  | IcmpMatch
  | AddressTypeMatch
  | RpfilterMatch
  | StatisticMatch
  | RecentMatch
  | LimitMatch
  | AddressTypesMatch
  | CommentMatch
  | ConnlimitMatch
  | ConnmarkMatch
  | ConntrackMatch
  | DscpMatch
  | FragmentMatch
  | HashlimitMatch
  | HopLimitMatch
  | IcmpAnyMatch
  | IprangeMatch
  | LengthMatch
  | MacMatch
  | MaskedAddressMatch
  | MultiportEitherMatch
  | NfacctMatch
  | OwnerMatch
  | PhysdevMatch
  | PkttypeMatch
  | PolicyMatch
  | SocketMatch
  | StatisticNthMatch
  | StringMatch
  | TcpFlagsMatch
  | TcpOptionMatch
  | TcpmssMatch
  | TimeMatch
  | TosMatch
  | TransportHeaderMatch
  | U32Match
  | UnknownMatch;

type Definitions = {
  readonly [Kind in Match['kind']]: Definition<Extract<Match, { kind: Kind }>>;
};

/** The definition of every kind of match; the one list of them. */
const MATCHES: Definitions = {
  protocol: protocolMatch,
  address: addressMatch,
  interface: interfaceMatch,
  ports: portsMatch,
  multiport: multiportMatch,
  'conntrack-state': conntrackStateMatch,
  mark: markMatch,
  set: setMatch,
  icmp: icmpMatch,
  'address-type': addressTypeMatch,
  rpfilter: rpfilterMatch,
  statistic: statisticMatch,
  recent: recentMatch,
  limit: limitMatch,
  'address-types': addressTypesMatch,
  comment: commentMatch,
  connlimit: connlimitMatch,
  connmark: connmarkMatch,
  conntrack: conntrackMatch,
  dscp: dscpMatch,
  fragment: fragmentMatch,
  hashlimit: hashlimitMatch,
  'hop-limit': hopLimitMatch,
  'icmp-any': icmpAnyMatch,
  iprange: iprangeMatch,
  length: lengthMatch,
  mac: macMatch,
  'masked-address': maskedAddressMatch,
  'multiport-either': multiportEitherMatch,
  nfacct: nfacctMatch,
  owner: ownerMatch,
  physdev: physdevMatch,
  pkttype: pkttypeMatch,
  policy: policyMatch,
  socket: socketMatch,
  'statistic-nth': statisticNthMatch,
  string: stringMatch,
  'tcp-flags': tcpFlagsMatch,
  'tcp-option': tcpOptionMatch,
  tcpmss: tcpmssMatch,
  time: timeMatch,
  tos: tosMatch,
  'transport-header': transportHeaderMatch,
  u32: u32Match,
  'unknown-match': unknownMatch,
};

/** What the kernel would refuse about a match in its rule; undefined when nothing. */
export function validateMatch(match: Match, context: RuleContext): string | undefined {
  return definitionOf(match).validate(match, context);
}

/** A match in the stored form that iptables-save prints; empty for one that every packet meets. */
export function renderMatch(match: Match, context: RuleContext): string {
  return definitionOf(match).render(match, context);
}

// The list's type ties each definition to its kind; the compiler cannot follow that through one look-up of a union.
function definitionOf(match: Match): Definition<Match> {
  return MATCHES[match.kind] as Definition<Match>;
}
