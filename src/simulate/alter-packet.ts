import { IP_PROTOCOL } from '../address/protocol.ts';
import { TCP_FLAG } from '../packet/packet.ts';
import type { ConnmarkTarget } from '../ruleset/target/connmark.ts';
import type { CtTarget } from '../ruleset/target/ct.ts';
import type { HopLimitTarget } from '../ruleset/target/hop-limit.ts';
import type { SetReference, SetTarget } from '../ruleset/target/set.ts';
import type { Target } from '../ruleset/target/target.ts';
import { assertNever } from '../source/never.ts';
import type { ChangedSets } from './changed-sets.ts';
import type { ConnectionTracker } from './conntrack/connection-tracker.ts';
import type { Journal } from './journal.ts';
import type { PacketInFlight } from './packet-in-flight.ts';

/** Targets that change the packet, or what is kept beside it, and let it go on. */
export type AlteringTarget = Extract<
  Target,
  { kind: 'connmark' | 'ct' | 'dscp' | 'tos' | 'hop-limit' | 'set' | 'tcpmss' }
>;

/** Whether the target is one of those. */
export function isAltering(target: Target): target is AlteringTarget {
  return ALTERING.has(target.kind);
}

const ALTERING: ReadonlySet<Target['kind']> = new Set([
  'connmark',
  'ct',
  'dscp',
  'tos',
  'hop-limit',
  'set',
  'tcpmss',
]);

/** What targets change beside the packet. */
export interface AlteringContext {
  readonly tracker: ConnectionTracker;
  readonly changedSets: ChangedSets;
  readonly journal: Journal;
}

/** Does what the target does. What nobody can know of it is returned in words; undefined: nothing. */
export function alterPacket(
  target: AlteringTarget,
  packet: PacketInFlight,
  context: AlteringContext,
): string | undefined {
  switch (target.kind) {
    case 'connmark':
      changeMark(target, packet, context);
      return undefined;
    case 'ct':
      return attachTemplate(target, packet);
    case 'dscp':
      packet.tos = (packet.tos & 3) | (target.value << 2);
      return undefined;
    case 'tos':
      packet.tos = (packet.tos & ~target.mask & 255) ^ target.value;
      return undefined;
    case 'hop-limit':
      packet.ttl = changedHopLimit(target, packet.ttl);
      return undefined;
    case 'set':
      return changeSets(target, context.changedSets);
    case 'tcpmss':
      // A first segment without the option is given it; whether one with a length of its own has it, nobody says.
      if (isBareSyn(packet)) packet.addedBytes = MSS_OPTION_BYTES;
      return undefined;
    default:
      return assertNever(target);
  }
}

const MSS_OPTION_BYTES = 4;

function isBareSyn({ protocol, packet, addedBytes }: PacketInFlight): boolean {
  if (protocol !== IP_PROTOCOL.tcp || packet.length !== undefined || addedBytes > 0) return false;
  return (packet.tcpFlags & TCP_FLAG.S) !== 0;
}

/** Without a connection nothing happens. Source: net/netfilter/xt_connmark.c, connmark_tg_shift (Linux 6.18). */
function changeMark(
  target: ConnmarkTarget,
  packet: PacketInFlight,
  { tracker, journal }: AlteringContext,
): void {
  const { connection } = packet;
  if (connection === undefined) return;
  const { shift } = target;
  switch (target.operation) {
    case 'set': {
      const mark = (connection.mark & ~target.mask) ^ target.value;
      tracker.setMark(packet, shifted(mark, shift));
      return;
    }
    case 'save': {
      const over = shifted(packet.mark & target.nfMask, shift);
      tracker.setMark(packet, ((connection.mark & ~target.ctMask) ^ over) >>> 0);
      return;
    }
    default: {
      const over = shifted(connection.mark & target.ctMask, shift);
      packet.mark = ((packet.mark & ~target.nfMask) ^ over) >>> 0;
      journal.event({ kind: 'mark', mark: packet.mark, detail: 'from the connection' });
    }
  }
}

/** To the left, or below 0 to the right. */
function shifted(value: number, shift: number): number {
  return shift < 0 ? (value >>> 0) >>> -shift : (value << shift) >>> 0;
}

/**
 * A template lies where the connection will be, so that a later NOTRACK has no effect. Helpers follow what packets carry, and what they would expect is not
 * modelled; nor are zones. Source: net/netfilter/xt_CT.c, xt_ct_target.
 */
function attachTemplate(target: CtTarget, packet: PacketInFlight): string | undefined {
  if (packet.state !== undefined || packet.noTrack || packet.hasTemplate) return undefined;
  if (target.notrack) {
    packet.noTrack = true;
    return undefined;
  }
  packet.hasTemplate = true;
  const { zone, originalZone, replyZone } = target;
  const isDefault = (one: CtTarget['zone']): boolean => one === undefined || one === 0;
  return [zone, originalZone, replyZone].every(isDefault)
    ? undefined
    : 'zones of connection tracking are not modelled';
}

function changedHopLimit({ operation, value }: HopLimitTarget, ttl: number): number {
  if (operation === 'set') return value;
  return operation === 'inc' ? Math.min(255, ttl + value) : Math.max(0, ttl - value);
}

/** Who is in the sets from here on depends on the time and on what else comes. */
function changeSets(target: SetTarget, changedSets: ChangedSets): string | undefined {
  for (const change of [target.add, target.delete]) {
    const reference: SetReference | undefined = change;
    if (reference !== undefined) changedSets.add(reference.set);
  }
  return target.map !== undefined && target.mapMark
    ? 'marks that a set gives are not modelled'
    : undefined;
}
