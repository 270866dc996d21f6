import type { Definition, RuleContext } from '../definition.ts';
import { type AddressMatch, addressMatch } from './address.ts';
import { type AddressTypeMatch, addressTypeMatch } from './address-type.ts';
import { type ConntrackStateMatch, conntrackStateMatch } from './conntrack-state.ts';
import { type IcmpMatch, icmpMatch } from './icmp.ts';
import { type InterfaceMatch, interfaceMatch } from './interface.ts';
import { type LimitMatch, limitMatch } from './limit.ts';
import { type MarkMatch, markMatch } from './mark.ts';
import { type MultiportMatch, multiportMatch } from './multiport.ts';
import { type PortsMatch, portsMatch } from './ports.ts';
import { type ProtocolMatch, protocolMatch } from './protocol.ts';
import { type RecentMatch, recentMatch } from './recent.ts';
import { type RpfilterMatch, rpfilterMatch } from './rpfilter.ts';
import { type SetMatch, setMatch } from './set.ts';
import { type StatisticMatch, statisticMatch } from './statistic.ts';

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
  | LimitMatch;

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
