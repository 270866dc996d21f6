import { IP_PROTOCOL } from '../address/protocol.ts';
import { TCP_FLAG } from '../packet/packet.ts';
import type { ConnmarkTarget } from '../ruleset/target/connmark.ts';
import type { CtTarget } from '../ruleset/target/ct.ts';
import type { HopLimitTarget } from '../ruleset/target/hop-limit.ts';
import type { SetTarget } from '../ruleset/target/set.ts';
import type { Target } from '../ruleset/target/target.ts';
import { assertNever } from '../source/never.ts';
import type { Assumptions } from './assumptions.ts';
import type { ChangedSets } from './changed-sets.ts';
import type { ConnectionTracker } from './conntrack/connection-tracker.ts';
import type { Journal } from './journal.ts';
import { type MarkChooser, mapMark } from './map-mark.ts';
import type { PacketInFlight } from './packet-in-flight.ts';
import type { SetLookup } from './set-lookup.ts';

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
  readonly sets: ReadonlyMap<string, SetLookup>;
  /** The lists that hold a set. */
  readonly listsOf: ReadonlyMap<string, readonly string[]>;
  readonly clock: { readonly nowMs: number };
  readonly assumptions: Assumptions;
}

/** Does what the target of the rule with this number does. `choose` is asked where it cannot be known. */
export function alterPacket(
  target: AlteringTarget,
  rule: number,
  packet: PacketInFlight,
  context: AlteringContext,
  choose: MarkChooser,
): void {
  switch (target.kind) {
    case 'connmark':
      changeMark(target, packet, context);
      return;
    case 'ct':
      attachTemplate(target, rule, packet);
      return;
    case 'dscp':
      packet.tos = (packet.tos & 3) | (target.value << 2);
      return;
    case 'tos':
      packet.tos = (packet.tos & ~target.mask & 255) ^ target.value;
      return;
    case 'hop-limit':
      packet.ttl = changedHopLimit(target, packet.ttl);
      return;
    case 'set':
      changeSets(target, context);
      if (target.map !== undefined && target.mapMark) {
        mapMark(target.map, packet, context, choose);
      }
      return;
    case 'tcpmss':
      // A first segment without the option is given it; whether one with a length of its own has it, nobody says.
      if (isBareSyn(packet)) packet.addedBytes = MSS_OPTION_BYTES;
      return;
    default:
      assertNever(target);
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
 * A template lies where the connection will be, so that a later CT or NOTRACK has no effect. What it says is for connection tracking to look at.
 * Source: net/netfilter/xt_CT.c, xt_ct_target.
 */
function attachTemplate(target: CtTarget, rule: number, packet: PacketInFlight): void {
  if (packet.state !== undefined || packet.noTrack || packet.template !== undefined) return;
  if (target.notrack) packet.noTrack = true;
  else packet.template = { target, rule };
}

function changedHopLimit({ operation, value }: HopLimitTarget, ttl: number): number {
  if (operation === 'set') return value;
  return operation === 'inc' ? Math.min(255, ttl + value) : Math.max(0, ttl - value);
}

/** Who is in the sets from here on depends on the time and on what else comes. */
function changeSets(target: SetTarget, { changedSets, listsOf }: AlteringContext): void {
  for (const change of [target.add, target.delete]) {
    if (change === undefined) continue;
    changedSets.add(change.set);
    for (const list of listsOf.get(change.set) ?? []) changedSets.add(list);
  }
}
