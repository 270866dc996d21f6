import { renderIpAddress } from '../address/ip-address.ts';
import { hasPorts } from '../address/protocol.ts';
import { type Answered, MOST_WAYS } from './choices.ts';
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
  /** The ways that the packet may take as well. */
  readonly others: readonly Way[];
  /** Empty when the verdict is determined. */
  readonly because: string[];
}

/** A way with what was assumed on it. */
interface AssumedWay {
  readonly way: Way;
  readonly answered: readonly Answered[];
}

const NONE: readonly Way[] = [];

/**
 * Follows a packet along every way that chance and history leave open. `walk` takes it from start to end once.
 *
 * The way on which everything matched is the reported one, and what it did to the connection table and to sets is what stays.
 */
export function followEveryWay(path: PacketPath, walk: () => Way): FollowedWays {
  const { program, tracker, choices, changedSets } = path;
  if (!program.hasUnknowable && !tracker.hasHelpers) {
    const way = walk();
    return { way, others: NONE, because: distinct(way.unknown) };
  }
  choices.clear();
  const start = tracker.checkpoint();
  const setsBefore = changedSets.checkpoint();
  const first = walk();
  if (!choices.hasAsked) {
    tracker.release(start);
    return { way: first, others: NONE, because: distinct(first.unknown) };
  }
  const back = (): void => {
    tracker.rollback(start);
    changedSets.rollback(setsBefore);
  };
  const ways: AssumedWay[] = [{ way: first, answered: choices.answered() }];
  let tooMany = false;
  while (choices.next()) {
    if (ways.length === MOST_WAYS) {
      tooMany = true;
      break;
    }
    back();
    ways.push({ way: walk(), answered: choices.answered() });
  }
  back();
  choices.clear();
  const way = walk();
  tracker.release(start);
  const others = ways.slice(1).map((one) => one.way);
  return { way, others, because: differences(ways, tooMany, path) };
}

/** Of most packets everything is known, so that no set is made for them. */
function distinct(unknown: readonly string[]): string[] {
  return unknown.length === 0 ? [] : [...new Set(unknown)];
}

function differences(
  ways: readonly AssumedWay[],
  tooMany: boolean,
  { program }: PacketPath,
): string[] {
  const because = new Set(ways.flatMap(({ way }) => way.unknown));
  const outcomes = new Set(ways.map(({ way }) => outcomeOf(way)));
  if (outcomes.size > 1 || tooMany) {
    for (const { rule, why, what } of tooMany ? allAsked(ways) : decidingQuestions(ways)) {
      if (rule === undefined) {
        because.add(why.replace(/^for /, ''));
        continue;
      }
      const met = program.rules[rule]!;
      const text = ruleText(met.rule, ways[0]!.way.flight.family);
      because.add(`${renderRulePlace(met)} (${text}): ${ASKED[what]} cannot be known, ${why}`);
    }
    for (const { way } of ways) because.add(`${whereTo(way)}: ${outcomeOf(way)}`);
  }
  if (tooMany) because.add(`there are more than ${MOST_WAYS} ways for the packet`);
  return [...because];
}

const ASKED = {
  matches: 'whether it matches',
  chooses: 'what it chooses',
  does: 'what it does',
} as const;

function allAsked(ways: readonly AssumedWay[]): readonly Answered['question'][] {
  return unique(ways.flatMap(({ answered }) => answered.map(({ question }) => question)));
}

/** The questions on whose answer the outcome depends, given the answers before. */
function decidingQuestions(ways: readonly AssumedWay[]): readonly Answered['question'][] {
  const deciding: Answered['question'][] = [];
  const visit = (some: readonly AssumedWay[], depth: number): string => {
    const question = some[0]!.answered[depth]?.question;
    // Ways with the same answers so far meet the same question next, or are one and the same way.
    if (question === undefined) return outcomeOf(some[0]!.way);
    const outcomes = new Set<string>();
    for (let answer = 0; answer < question.answers; answer++) {
      const branch = some.filter(({ answered }) => answered[depth]?.answer === answer);
      outcomes.add(visit(branch, depth + 1));
    }
    if (outcomes.size > 1) deciding.unshift(question);
    return [...outcomes].sort().join('\n');
  };
  visit(ways, 0);
  return unique(deciding);
}

function unique(questions: readonly Answered['question'][]): readonly Answered['question'][] {
  const byText = new Map(questions.map((one) => [`${one.rule} ${one.why}`, one]));
  return [...byText.values()];
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
