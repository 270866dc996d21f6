import type { ConnectionZone } from '../host/connections/connection-record.ts';
import type { ConntrackZone, CtTarget } from '../ruleset/target/ct.ts';
import { NO_ZONE } from './conntrack/connection-zone.ts';

/** What CT in table raw has said of a packet's connection to be. */
export interface ConnectionTemplate {
  readonly target: CtTarget;
  /** The rule's number in the program. */
  readonly rule: number;
}

/** The one zone that a rule names, and for which directions. */
export interface NamedZone {
  readonly zone: ConntrackZone;
  readonly inOriginal: boolean;
  readonly inReply: boolean;
}

/**
 * The zone that CT names. Its three options write one number, of which the last one given counts; both directions named one by one are the same as neither named.
 *
 * Source: net/netfilter/xt_CT.c, xt_ct_flags_to_dir (Linux 6.18).
 */
export function namedZone({ zone, originalZone, replyZone }: CtTarget): NamedZone {
  const one = replyZone ?? originalZone ?? zone ?? 0;
  const isOfBoth = (originalZone === undefined) === (replyZone === undefined);
  return {
    zone: one,
    inOriginal: isOfBoth || originalZone !== undefined,
    inReply: isOfBoth || replyZone !== undefined,
  };
}

/** The zones of a packet with a mark; of a mark 16 bits count. */
export function zoneOf(template: ConnectionTemplate | undefined, mark: number): ConnectionZone {
  if (template === undefined) return NO_ZONE;
  const { zone, inOriginal, inReply } = namedZone(template.target);
  const id = zone === 'mark' ? mark & 0xffff : zone;
  return id === 0 ? NO_ZONE : { original: inOriginal ? id : 0, reply: inReply ? id : 0 };
}

/** Whether CT says more than that there is a template, so that what becomes of the connection is not the same. */
export function isTelling(target: CtTarget): boolean {
  const { helper, timeoutPolicy } = target;
  return helper !== undefined || timeoutPolicy !== undefined || namedZone(target).zone !== 0;
}
