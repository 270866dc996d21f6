import type { Extension } from '../extension.ts';
import { addressTypeExtension } from './address-types.ts';
import { commentMatch } from './comment.ts';
import { connlimitMatch } from './connlimit.ts';
import { connmarkMatch } from './connmark.ts';
import { conntrackExtension } from './conntrack.ts';
import { stateExtension } from './conntrack-state.ts';
import { dscpMatch } from './dscp.ts';
import { hashlimitMatch } from './hashlimit.ts';
import { hlExtension, ttlExtension } from './hop-limit.ts';
import { icmp6Extension, icmpExtension } from './icmp-extension.ts';
import { iprangeMatch } from './iprange.ts';
import { lengthMatch } from './length.ts';
import { limitExtension } from './limit.ts';
import { macMatch } from './mac.ts';
import { markExtension } from './mark.ts';
import type { Match } from './match.ts';
import { multiportExtension } from './multiport-extension.ts';
import { nfacctMatch } from './nfacct.ts';
import { ownerMatch } from './owner.ts';
import { physdevMatch } from './physdev.ts';
import { pkttypeMatch } from './pkttype.ts';
import { policyMatch } from './policy.ts';
import { recentExtension } from './recent.ts';
import { rpfilterExtension } from './rpfilter.ts';
import { setExtension } from './set.ts';
import { socketMatch } from './socket.ts';
import { statisticExtension } from './statistic.ts';
import { stringMatch } from './string.ts';
import { tcpmssMatch } from './tcpmss.ts';
import { timeMatch } from './time.ts';
import { tosMatch } from './tos.ts';
import {
  dccpExtension,
  sctpExtension,
  tcpExtension,
  udpExtension,
} from './transport-extensions.ts';
import { u32Match } from './u32.ts';

/** What can stand behind `-m`, the one list of what has a kind of its own. */
const EXTENSIONS: readonly Extension<Match>[] = [
  tcpExtension,
  udpExtension,
  sctpExtension,
  dccpExtension,
  multiportExtension,
  icmpExtension,
  icmp6Extension,
  addressTypeExtension,
  conntrackExtension,
  stateExtension,
  limitExtension,
  markExtension,
  recentExtension,
  rpfilterExtension,
  setExtension,
  statisticExtension,
  ttlExtension,
  hlExtension,
  commentMatch,
  connlimitMatch,
  connmarkMatch,
  dscpMatch,
  hashlimitMatch,
  iprangeMatch,
  lengthMatch,
  macMatch,
  nfacctMatch,
  ownerMatch,
  physdevMatch,
  pkttypeMatch,
  policyMatch,
  socketMatch,
  stringMatch,
  tcpmssMatch,
  timeMatch,
  tosMatch,
  u32Match,
];

const BY_NAME: ReadonlyMap<string, Extension<Match>> = new Map(
  EXTENSIONS.map((extension) => [extension.name, extension]),
);

/** How the options behind `-m NAME` are read; undefined for an extension that is not known here. */
export function findMatchExtension(name: string): Extension<Match> | undefined {
  return BY_NAME.get(name);
}
