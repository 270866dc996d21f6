import { LOCAL } from '../packet/packet.ts';
import type { MacMatch } from '../ruleset/match/mac.ts';
import type { Owner, OwnerMatch } from '../ruleset/match/owner.ts';
import type { PhysdevMatch } from '../ruleset/match/physdev.ts';
import type { PkttypeMatch } from '../ruleset/match/pkttype.ts';
import type { Negatable } from '../ruleset/option/codec.ts';
import { asAsked, inRange } from './header-matches.ts';
import type { PacketInFlight } from './packet-in-flight.ts';
import type { Router } from './routing/router.ts';

const LOOPBACK = 'lo';

/** `-m mac`: undefined where nobody says which frame brought the packet. Packets without an Ethernet frame do not match. Source: xt_mac.c. */
export function matchesMac(
  match: MacMatch,
  { packet, inInterface }: PacketInFlight,
): boolean | undefined {
  if (inInterface === '' || inInterface === LOOPBACK || packet.in === LOCAL) return false;
  const { mac } = packet;
  return mac === undefined ? undefined : asAsked(match.source, (source) => source === mac);
}

/** `-m owner`: what no process sends has no owner, and fails every option that is not negated. Source: xt_owner.c, owner_mt. */
export function matchesOwner(match: OwnerMatch, { packet }: PacketInFlight): boolean | undefined {
  const { user, group, socketExists } = match;
  if (packet.in !== LOCAL) {
    return socketExists !== true && user?.negated !== false && group?.negated !== false;
  }
  if (socketExists === false) return false;
  const answers = [owns(user, packet.uid), owns(group, packet.gid)];
  // Of the other groups of a process nobody tells.
  if (
    match.supplementaryGroups &&
    group !== undefined &&
    owns({ ...group, negated: false }, packet.gid) !== true
  ) {
    answers[1] = undefined;
  }
  if (answers.includes(false)) return false;
  return answers.includes(undefined) ? undefined : true;
}

/** Names are known to the machine alone. */
function owns(asked: Negatable<Owner> | undefined, id: number | undefined): boolean | undefined {
  if (asked === undefined) return true;
  const { value, negated } = asked;
  if (id === undefined || typeof value === 'string') return undefined;
  return inRange(id, value) !== negated;
}

/**
 * `-m pkttype`: a frame to an address of one host is for this one; whether a broadcast or multicast packet comes in a frame for all is for the
 * sender to know. Source: xt_pkttype.c.
 */
export function matchesPkttype(
  match: PkttypeMatch,
  packet: PacketInFlight,
  router: Router,
): boolean | undefined {
  if (router.isForMany(packet.destination)) return undefined;
  return asAsked(match.type, (type) => type === 'unicast');
}

/**
 * `-m physdev`: what no bridge carries has no port of one. What may have come or may leave by a bridge depends on how that hands packets on, which is not
 * modelled. Source: xt_physdev.c, physdev_mt.
 */
export function matchesPhysdev(
  match: PhysdevMatch,
  packet: PacketInFlight,
  router: Router,
): boolean | undefined {
  if (router.isBridge(packet.inInterface) || router.isBridge(packet.outInterface)) return undefined;
  return (
    match.isIn !== true &&
    match.isOut !== true &&
    match.isBridged !== true &&
    match.in?.negated !== false &&
    match.out?.negated !== false
  );
}
