import type { PacketVerdict } from '../simulate/packet-result.ts';
import { type Counts, compareCounts, type DecisionCount, type ReplaySummary } from './summary.ts';
import { VERDICTS } from './tally.ts';
import { type Talker, TopTalkers } from './top-talkers.ts';

/** Addresses that a merged summary lists. */
const TOP = 10;

/**
 * The summaries of separate replays as one. Flows are added: one that two captures saw counts twice. The addresses with the most dropped
 * packets are those of the lists that were given, so that one which is in none of them is missing.
 */
export function mergeSummaries(summaries: readonly ReplaySummary[]): ReplaySummary {
  const decisions = new Map<string, DecisionCount>();
  for (const one of summaries.flatMap((summary) => summary.decisions)) {
    const key = JSON.stringify([one.verdict, one.decision]);
    const before = decisions.get(key);
    decisions.set(key, before === undefined ? one : { ...one, ...added(before, one) });
  }
  const leftOut = summaries.map((one) => one.leftOut).filter((count) => count !== undefined);
  const sum = (of: (summary: ReplaySummary) => number): number =>
    summaries.reduce((total, one) => total + of(one), 0);
  const byVerdict = ofVerdicts((verdict) =>
    summaries
      .map((one) => one.byVerdict[verdict])
      .reduce(added, { packets: 0, bytes: 0, flows: 0 }),
  );
  return {
    captures: summaries.flatMap((one) => one.captures),
    packets: sum((one) => one.packets),
    bytes: sum((one) => one.bytes),
    flows: sum((one) => one.flows),
    verdicts: ofVerdicts((verdict) => sum((one) => one.verdicts[verdict])),
    byVerdict,
    unattributed: mergeCounts(summaries.map((one) => one.unattributed)),
    ignored: mergeCounts(summaries.map((one) => one.ignored)),
    ...(leftOut.length > 0 ? { leftOut: leftOut.reduce((a, b) => a + b, 0) } : {}),
    attributedBy: mergeCounts(summaries.map((one) => one.attributedBy)),
    undetermined: mergeCounts(summaries.map((one) => one.undetermined)),
    decisions: [...decisions.values()].sort(compareCounts),
    topDropped: {
      sources: topOf(summaries.map((one) => one.topDropped.sources)),
      destinations: topOf(summaries.map((one) => one.topDropped.destinations)),
      missing: sum((one) => one.topDropped.missing),
    },
  };
}

function added(a: Counts, b: Counts): Counts {
  return {
    packets: a.packets + b.packets,
    bytes: a.bytes + b.bytes,
    flows: a.flows + b.flows,
  };
}

function ofVerdicts<T>(of: (verdict: PacketVerdict) => T): Record<PacketVerdict, T> {
  return Object.fromEntries(VERDICTS.map((verdict) => [verdict, of(verdict)])) as Record<
    PacketVerdict,
    T
  >;
}

function mergeCounts(
  all: readonly Readonly<Record<string, number>>[],
): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const [reason, count] of all.flatMap((one) => Object.entries(one))) {
    counts.set(reason, (counts.get(reason) ?? 0) + count);
  }
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}

function topOf(lists: readonly (readonly Talker[])[]): readonly Talker[] {
  const talkers = new TopTalkers();
  for (const { address, packets } of lists.flat()) talkers.count(address, packets);
  return talkers.top(TOP);
}
