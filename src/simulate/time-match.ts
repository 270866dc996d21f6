import type { TimeMatch } from '../ruleset/match/time.ts';

/** A moment that is assumed: seconds since 1970 by UTC, and how far the kernel's clock of the day is ahead of UTC. */
export interface AssumedTime {
  readonly seconds: number;
  readonly zoneSeconds: number;
}

const DAY = 86400;
/** 1970-01-01 was a Thursday, the fourth day from Monday. */
const FIRST_WEEKDAY = 4;

/** `-m time` at a moment. Source: xt_time.c, time_mt (Linux 6.18). */
export function matchesTime(match: TimeMatch, { seconds, zoneSeconds }: AssumedTime): boolean {
  let stamp = Math.floor(seconds) + (match.kernelTimezone ? zoneSeconds : 0);
  if (stamp < (match.dateStart ?? 0) || stamp > (match.dateStop ?? Number.POSITIVE_INFINITY)) {
    return false;
  }
  const start = match.timeStart ?? 0;
  const stop = match.timeStop ?? DAY - 1;
  const isNight = start >= stop;
  const ofDay = mod(stamp, DAY);
  const [isPastStart, isBeforeStop] = [ofDay >= start, ofDay <= stop];
  if (isNight ? !isPastStart && !isBeforeStop : !isPastStart || !isBeforeStop) return false;
  // The end of a night belongs to the day on which it began.
  if (isNight && match.contiguous && isBeforeStop) stamp -= DAY;
  const weekday = mod(Math.floor(stamp / DAY) + FIRST_WEEKDAY - 1, 7) + 1;
  const monthday = new Date(stamp * 1000).getUTCDate();
  return (
    match.weekdays?.includes(weekday) !== false && match.monthdays?.includes(monthday) !== false
  );
}

function mod(value: number, by: number): number {
  return ((value % by) + by) % by;
}
