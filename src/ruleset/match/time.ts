import type { Codec } from '../option/codec.ts';
import { optionTable, type TableDefinition } from '../option/option-table.ts';

/** `-m time`: when the packet comes, by UTC unless `kernelTimezone`. */
export interface TimeMatch {
  readonly kind: 'time';
  /** Seconds since midnight. A start behind the stop means the night between them. */
  readonly timeStart: number | undefined;
  readonly timeStop: number | undefined;
  /** Days of the week from 1, Monday, to 7. */
  readonly weekdays: readonly number[] | undefined;
  /** Days of the month, 1 to 31. */
  readonly monthdays: readonly number[] | undefined;
  /** Seconds since 1970-01-01T00:00:00. */
  readonly dateStart: number | undefined;
  readonly dateStop: number | undefined;
  readonly kernelTimezone: boolean;
  /** A night between two days is one stretch that belongs to the first. */
  readonly contiguous: boolean;
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** What the kernel's field holds when no end is given; iptables-save prints it as 2038-01-19. */
const LAST_SECOND = 0x7fffffff;
const LAST_SECOND_OF_DAY = 86399;

const TIME_OF_DAY: Codec<number> = {
  parse: (text) => {
    const parts = /^(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?$/.exec(text);
    if (parts === null) return undefined;
    const [hour, minute, second] = [Number(parts[1]), Number(parts[2]), Number(parts[3] ?? 0)];
    return hour < 24 && minute < 60 && second < 60 ? hour * 3600 + minute * 60 + second : undefined;
  },
  render: (value) =>
    [Math.floor(value / 3600), Math.floor(value / 60) % 60, value % 60].map(twoDigits).join(':'),
  wanted: 'a time from 00:00:00 to 23:59:59',
};

const DATE: Codec<number> = {
  parse: (text) => {
    const parts =
      /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:T(\d{1,2})(?::(\d{1,2})(?::(\d{1,2}))?)?)?)?)?$/.exec(
        text,
      );
    if (parts === null) return undefined;
    const part = (i: number, otherwise: number): number => Number(parts[i] ?? otherwise);
    const [year, month, day] = [part(1, 1970), part(2, 1), part(3, 1)];
    const [hour, minute, second] = [part(4, 0), part(5, 0), part(6, 0)];
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59) {
      return undefined;
    }
    const seconds = Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
    return seconds >= 0 && seconds <= LAST_SECOND ? seconds : undefined;
  },
  render: (seconds) => new Date(seconds * 1000).toISOString().slice(0, 19),
  wanted: 'a date YYYY-MM-DDThh:mm:ss from 1970 to 2038',
};

/** A list of days; with `!` those that are not in it. */
function daysUpTo(last: number, names: readonly string[]): Codec<readonly number[]> {
  return {
    parse: (text) => {
      const found = new Set<number>();
      for (const word of text.split(',')) {
        const named = names.findIndex((name) => name.slice(0, 2) === capital(word).slice(0, 2));
        const day = /^\d{1,2}$/.test(word) ? Number(word) : named + 1;
        if (day < 1 || day > last || (named >= 0 && word.length > 3)) return undefined;
        found.add(day);
      }
      return [...found].sort((a, b) => a - b);
    },
    render: (days) => days.map((day) => names[day - 1] ?? day).join(','),
    wanted: `a list of days, 1 to ${last}${names.length > 0 ? ' or Mon to Sun' : ''}`,
  };
}

const MONTHDAYS = daysUpTo(31, []);
const WEEKDAY_LIST = daysUpTo(7, WEEKDAYS);

const table: TableDefinition<TimeMatch> = optionTable(
  { kind: 'time', name: 'time', load: '-m' },
  ({ value, flag }) => [
    value('--timestart', 'timeStart', TIME_OF_DAY, { otherwise: 0 }),
    value('--timestop', 'timeStop', TIME_OF_DAY, { otherwise: LAST_SECOND_OF_DAY }),
    value('--monthdays', 'monthdays', MONTHDAYS),
    value('--weekdays', 'weekdays', WEEKDAY_LIST),
    value('--datestart', 'dateStart', DATE, { otherwise: 0 }),
    // iptables-save prints it even where nobody gave it.
    value('--datestop', 'dateStop', DATE),
    flag('--kerneltz', 'kernelTimezone'),
    flag('--contiguous', 'contiguous'),
  ],
);

/** Reads, checks and writes `-m time --timestart 08:00:00 --timestop 17:30:00 --weekdays Mon,Tue`. */
export const timeMatch: TableDefinition<TimeMatch> = {
  ...table,
  options: [
    ...table.options.map((shape) =>
      shape.flag === '--monthdays' || shape.flag === '--weekdays'
        ? { ...shape, negatable: true }
        : shape,
    ),
    { flag: '--utc', words: 0 },
  ],
  parse: (given, context) => {
    const read = table.parse(given, context);
    if (read === 'unknown') return read;
    return read.map((match) => ({
      ...match,
      weekdays: turned(match.weekdays, 7, given.isNegated('--weekdays')),
      monthdays: turned(match.monthdays, 31, given.isNegated('--monthdays')),
      dateStop: match.dateStop ?? LAST_SECOND,
    }));
  },
};

/** The kernel has no negated days: iptables stores the others. */
function turned(
  days: readonly number[] | undefined,
  last: number,
  negated: boolean,
): readonly number[] | undefined {
  if (days === undefined) return undefined;
  const kept = negated
    ? Array.from({ length: last }, (_, i) => i + 1).filter((day) => !days.includes(day))
    : days;
  return kept.length === last ? undefined : kept;
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase();
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
