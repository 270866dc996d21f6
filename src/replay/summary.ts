import type { CaptureProblem } from '../capture/capture-problems.ts';
import { linkTypeName } from '../capture/link-type.ts';
import type { OpenCapture } from '../capture/open-capture.ts';
import type { Decision, PacketVerdict } from '../simulate/packet-result.ts';
import { type Attribution, MEANS, REASONS } from './attribution.ts';
import type { CaptureCount, Replay } from './replay.ts';
import { type Tally, VERDICTS } from './tally.ts';
import type { Talker } from './top-talkers.ts';

/** What was read of one capture. */
export interface CaptureSummary {
  readonly file: string;
  readonly format: 'pcap' | 'pcapng';
  /** By their libpcap names, each once. */
  readonly linkTypes: readonly string[];
  readonly packets: number;
  /** On the wire. */
  readonly bytes: number;
  /** The first hundred. */
  readonly problems: readonly CaptureProblem[];
  /** Of all problems. */
  readonly problemCount: number;
}

/** Packets, bytes on the wire, and distinct flows. */
export interface Counts {
  readonly packets: number;
  readonly bytes: number;
  readonly flows: number;
}

/** What one decision did. */
export interface DecisionCount extends Counts {
  readonly decision: Decision;
  readonly verdict: PacketVerdict;
}

/** Where dropped and rejected packets came from and went to: the addresses with the most. */
export interface TopDropped {
  readonly sources: readonly Talker[];
  readonly destinations: readonly Talker[];
  /** The most that any of their counts may lack; 0 unless there were more than 65,536 addresses. */
  readonly missing: number;
}

/** A replay's counts, field for field as the outside contract prints them, with more beside. Every packet record is counted once in `verdicts`, `unattributed`, `ignored` or `leftOut`. */
export interface ReplaySummary {
  readonly captures: readonly CaptureSummary[];
  readonly packets: number;
  readonly bytes: number;
  readonly flows: number;
  readonly verdicts: Readonly<Record<PacketVerdict, number>>;
  readonly byVerdict: Readonly<Record<PacketVerdict, Counts>>;
  readonly unattributed: Readonly<Record<string, number>>;
  readonly ignored: Readonly<Record<string, number>>;
  /** Packets that a filter left out; absent without one. */
  readonly leftOut?: number;
  /** By what packets were attributed. */
  readonly attributedBy: Readonly<Record<string, number>>;
  /** What could not be known, with the number of packets. */
  readonly undetermined: Readonly<Record<string, number>>;
  /** Most packets first. */
  readonly decisions: readonly DecisionCount[];
  readonly topDropped: TopDropped;
}

/** Addresses that a summary lists. */
const TOP = 10;

/** Reasons that a summary lists of those why packets are undetermined. */
const MOST_REASONS = 100;

/** Reasons that are counted whether or not a packet has them. Source: the outside contract. */
const UNATTRIBUTED: readonly string[] = [REASONS.noInterface];
const IGNORED: readonly string[] = ['ARP', REASONS.notOurs];

/** What a replay came to. */
export function summarize(
  replay: Replay,
  captures: readonly OpenCapture[],
  attribution: Attribution,
  { tally, isFiltered }: { readonly tally: Tally; readonly isFiltered: boolean },
): ReplaySummary {
  const verdicts = Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as Record<
    PacketVerdict,
    number
  >;
  const bytes = { ...verdicts };
  for (const [outcome, packets] of countedOutcomes(tally)) {
    const { verdict } = tally.outcomes.at(outcome);
    verdicts[verdict] += packets;
    bytes[verdict] += tally.bytesOf[outcome]!;
  }
  const byVerdict = Object.fromEntries(
    VERDICTS.map((verdict) => [
      verdict,
      { packets: verdicts[verdict], bytes: bytes[verdict], flows: tally.flowsOfVerdict(verdict) },
    ]),
  ) as Record<PacketVerdict, Counts>;
  const captureSummaries = captures.map((one, i) => captureSummary(one, replay.counts[i]!));
  return {
    captures: captureSummaries,
    packets: replay.packets,
    bytes: captureSummaries.reduce((sum, one) => sum + one.bytes, 0),
    flows: tally.flows.flows,
    verdicts,
    byVerdict,
    unattributed: { ...byCount(tally.unattributed), ...none(tally.unattributed, UNATTRIBUTED) },
    ignored: { ...byCount(tally.ignored), ...none(tally.ignored, IGNORED) },
    ...(isFiltered ? { leftOut: tally.leftOut } : {}),
    attributedBy: Object.fromEntries(
      MEANS.map((means, i) => [means, attribution.byMeans[i]!] as const).filter(([, n]) => n > 0),
    ),
    undetermined: undeterminedReasons(tally),
    decisions: decisionCounts(tally),
    topDropped: {
      sources: tally.sources.top(TOP),
      destinations: tally.destinations.top(TOP),
      missing: Math.max(tally.sources.missing, tally.destinations.missing),
    },
  };
}

/** Outcomes that packets had, with their number. */
function* countedOutcomes({ packetsOf, outcomes }: Tally): Generator<readonly [number, number]> {
  for (let outcome = 0; outcome < outcomes.count; outcome++) {
    const packets = packetsOf[outcome] ?? 0;
    if (packets > 0) yield [outcome, packets];
  }
}

function captureSummary({ file, reader }: OpenCapture, count: CaptureCount): CaptureSummary {
  const linkTypes = new Set(reader.interfaces.map(({ linkType }) => linkTypeName(linkType)));
  return {
    file,
    format: reader.format,
    linkTypes: [...linkTypes],
    packets: count.packets,
    bytes: count.bytes,
    problems: reader.problems.kept,
    problemCount: reader.problems.count,
  };
}

function decisionCounts(tally: Tally): readonly DecisionCount[] {
  const { groups, groupOf } = tally.outcomes;
  const packetsOf = new Float64Array(groups.length);
  const bytesOf = new Float64Array(groups.length);
  for (const [outcome, packets] of countedOutcomes(tally)) {
    const group = groupOf[outcome]!;
    packetsOf[group]! += packets;
    bytesOf[group]! += tally.bytesOf[outcome]!;
  }
  const counts: DecisionCount[] = [];
  for (let group = 0; group < groups.length; group++) {
    const packets = packetsOf[group]!;
    if (packets === 0) continue;
    const { decision, verdict } = groups[group]!;
    const flows = tally.flowsOfGroup(group);
    counts.push({ decision, verdict, packets, flows, bytes: bytesOf[group]! });
  }
  return counts.sort(compareCounts);
}

/** Most packets first; of as many by verdict, chain and rule, so that it is the same whichever packet was judged first. */
export function compareCounts(a: DecisionCount, b: DecisionCount): number {
  return (
    b.packets - a.packets ||
    VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict) ||
    compareTexts(a.decision.chain ?? '', b.decision.chain ?? '') ||
    (a.decision.rule ?? 0) - (b.decision.rule ?? 0) ||
    compareTexts(JSON.stringify(a.decision), JSON.stringify(b.decision))
  );
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Zero for each reason that no packet has. */
function none(
  counts: ReadonlyMap<string, number>,
  reasons: readonly string[],
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    reasons.filter((reason) => !counts.has(reason)).map((reason) => [reason, 0]),
  );
}

function undeterminedReasons(tally: Tally): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const [outcome, packets] of countedOutcomes(tally)) {
    const { because } = tally.outcomes.at(outcome);
    if (because === undefined) continue;
    const reason = because.join('; ');
    counts.set(reason, (counts.get(reason) ?? 0) + packets);
  }
  return byCount(counts, MOST_REASONS);
}

function byCount(
  counts: ReadonlyMap<string, number>,
  most = Number.POSITIVE_INFINITY,
): Readonly<Record<string, number>> {
  const sorted = [...counts].sort(
    ([reason, a], [other, b]) => b - a || compareTexts(reason, other),
  );
  const rest = sorted.slice(most).reduce((sum, [, count]) => sum + count, 0);
  return Object.fromEntries([
    ...sorted.slice(0, most),
    ...(rest > 0 ? [['other reasons', rest] as const] : []),
  ]);
}
