import { renderIpAddress } from '../address/ip-address.ts';
import { hasPorts } from '../address/protocol.ts';
import { MOST_WAYS } from './choices.ts';
import type { JournalRecord } from './journal.ts';
import type { Ending, PacketPath } from './journey.ts';
import type { PacketInFlight } from './packet-in-flight.ts';
import { renderRulePlace, ruleText } from './trace-steps.ts';

/** One way of a packet through the host. */
export interface Way {
  readonly flight: PacketInFlight;
  readonly ending: Ending;
  /** What could not be known on it, in words. */
  readonly unknown: readonly string[];
  readonly record: JournalRecord;
}

/** The way that is reported, and what could not be known when the ways differ. */
export interface FollowedWays {
  readonly way: Way;
  /** Empty when the verdict is determined. */
  readonly because: string[];
}

/**
 * Follows a packet along every way that chance and history leave open. `walk` takes it from start to end once.
 *
 * The way on which everything matched is the reported one, and what it did to the connection table is what stays.
 */
export function followEveryWay(path: PacketPath, walk: () => Way): FollowedWays {
  const { program, tracker, choices } = path;
  if (!program.hasUnknowable) {
    const way = walk();
    return { way, because: distinct(way.unknown) };
  }
  choices.clear();
  const start = tracker.checkpoint();
  const first = walk();
  const asked = new Set(choices.asked);
  if (asked.size === 0) {
    tracker.release(start);
    return { way: first, because: distinct(first.unknown) };
  }
  const ways = [first];
  let tooMany = false;
  while (choices.next()) {
    if (ways.length === MOST_WAYS) {
      tooMany = true;
      break;
    }
    tracker.rollback(start);
    ways.push(walk());
    for (const rule of choices.asked) asked.add(rule);
  }
  tracker.rollback(start);
  choices.clear();
  const way = walk();
  tracker.release(start);
  return { way, because: differences(ways, asked, tooMany, path) };
}

/** Of most packets everything is known, so that no set is made for them. */
function distinct(unknown: readonly string[]): string[] {
  return unknown.length === 0 ? [] : [...new Set(unknown)];
}

function differences(
  ways: readonly Way[],
  asked: ReadonlySet<number>,
  tooMany: boolean,
  { program }: PacketPath,
): string[] {
  const because = new Set(ways.flatMap((way) => way.unknown));
  const outcomes = new Set(ways.map(outcomeOf));
  if (outcomes.size > 1 || tooMany) {
    for (const number of asked) {
      const rule = program.rules[number]!;
      const text = ruleText(rule.rule, ways[0]!.flight.family);
      because.add(`whether ${renderRulePlace(rule)} matches (${text}) cannot be known`);
    }
    for (const way of ways) because.add(`${whereTo(way)}: ${outcomeOf(way)}`);
  }
  if (tooMany) because.add(`there are more than ${MOST_WAYS} ways for the packet`);
  return [...because];
}

function outcomeOf({ ending: { verdict, delivered } }: Way): string {
  return delivered === null ? verdict : `${verdict}, delivered to ${delivered}`;
}

/** Names the way by the endpoint that the packet was sent to. */
function whereTo({ flight }: Way): string {
  const address = renderIpAddress(flight.destination);
  const port = flight.destinationPort;
  if (!hasPorts(flight.protocol)) return `to ${address}`;
  return `to ${flight.family === 6 ? `[${address}]` : address}:${port}`;
}
