import type { AddressMatch } from './address.ts';
import type { AddressTypeMatch } from './address-type.ts';
import type { ConntrackStateMatch } from './conntrack-state.ts';
import type { IcmpMatch } from './icmp.ts';
import type { InterfaceMatch } from './interface.ts';
import type { LimitMatch } from './limit.ts';
import type { MarkMatch } from './mark.ts';
import type { MultiportMatch } from './multiport.ts';
import type { PortsMatch } from './ports.ts';
import type { ProtocolMatch } from './protocol.ts';
import type { RecentMatch } from './recent.ts';
import type { RpfilterMatch } from './rpfilter.ts';
import type { SetMatch } from './set.ts';
import type { StatisticMatch } from './statistic.ts';

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
