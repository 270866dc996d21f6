import type { Masked } from '../ruleset/option/number-codecs.ts';
import type { SetReference } from '../ruleset/target/set.ts';
import type { AlteringContext } from './alter-packet.ts';
import type { PacketInFlight } from './packet-in-flight.ts';

/** Asks which of several marks a packet gets: a number below `answers`. */
export type MarkChooser = (answers: number, why: string) => number;

/**
 * Gives the packet the mark that its element of the set carries; the priority and the queue that it may carry too are for no rule to look at. A packet that is not
 * in the set, or whose element carries nothing, keeps its mark.
 *
 * Source: net/netfilter/xt_set.c, set_target_v3 (Linux 6.18).
 */
export function mapMark(
  { set: name, directions }: SetReference,
  packet: PacketInFlight,
  context: Pick<AlteringContext, 'sets' | 'changedSets' | 'journal' | 'clock' | 'assumptions'>,
  choose: MarkChooser,
): void {
  const set = context.sets.get(name);
  const isFixed = set !== undefined && !context.changedSets.has(name);
  const found = isFixed
    ? set.marksFor(packet, directions, context.clock.nowMs / 1000)
    : [undefined, ...(set?.marks ?? [])];
  const marks = distinct(found);
  const why = isFixed
    ? `for what is in the set ${name} is not known`
    : `for rules change the set ${name}, or nobody says what is in it`;
  // Whether there is an element may be assumed, and which of several it is, not.
  const isMember = marks.length > 1 ? context.assumptions.answer('set', name) : undefined;
  const open =
    isMember === undefined ? marks : marks.filter((one) => (one !== undefined) === isMember);
  const mark = open[open.length > 1 ? choose(open.length, why) : 0];
  if (mark === undefined) return;
  packet.mark = ((packet.mark & ~mark.mask) ^ mark.value) >>> 0;
  context.journal.event({ kind: 'mark', mark: packet.mark, detail: `from the set ${name}` });
}

/** Those that differ, the ones first that are something. */
function distinct(marks: readonly (Masked | undefined)[]): readonly (Masked | undefined)[] {
  const kept = new Map(marks.map((one) => [one && `${one.value}/${one.mask}`, one]));
  return [...kept.values()].sort((a, b) => Number(a === undefined) - Number(b === undefined));
}
