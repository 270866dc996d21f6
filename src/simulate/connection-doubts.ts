import type { Assumptions } from './assumptions.ts';
import type { Choices } from './choices.ts';
import type { ConnectionTracker } from './conntrack/connection-tracker.ts';
import type { PacketInFlight } from './packet-in-flight.ts';

interface Asked {
  readonly tracker: ConnectionTracker;
  readonly choices: Choices;
  readonly assumptions: Assumptions;
}

/** Follows a packet that is about to be tracked both ways where its connection may be forgotten by now. */
export function askForgotten(
  { tracker, choices, assumptions }: Asked,
  packet: PacketInFlight,
  nowMs: number,
): void {
  const entry = tracker.maybeForgotten(packet, nowMs);
  if (entry === undefined) return;
  const { timeoutPolicy: policy = '', timeoutRule: rule } = entry;
  const why = `for nobody says how long the timeout policy ${policy} keeps a connection`;
  const isKept =
    assumptions.answer('timeout', policy) ??
    choices.take({ rule, why, answers: 2, what: 'does' }) === 0;
  if (!isKept) tracker.expire(entry);
}

/**
 * Follows a packet that has begun a connection both ways where another connection's packets may have announced it. What cannot be known of it beside that is
 * returned, in words.
 */
export function askExpected(
  { tracker, choices, assumptions }: Asked,
  packet: PacketInFlight,
): string | undefined {
  const master = tracker.mayBeExpectedBy(packet);
  if (master?.helper === undefined) return undefined;
  const { name, rule } = master.helper;
  const why = `for whether the helper ${name} of another connection expects this one is not known`;
  const isExpected =
    assumptions.answer('helper', name) ??
    choices.take({ rule, why, answers: 2, what: 'does' }) === 1;
  if (!isExpected) return undefined;
  tracker.expectBy(packet, master);
  return master.destinationNat || master.sourceNat
    ? `what the helper ${name} expects of a translated connection is not modelled`
    : undefined;
}
