import type { TableName } from '../ruleset/hook.ts';
import { UsageError } from '../source/errors.ts';
import { nearestName } from '../source/nearest-name.ts';
import { DOUBTS, type Doubt, type DoubtKind } from './doubt.ts';
import type { AssumedTime } from './time-match.ts';

/** Where a rule stands, as an assumption names it. */
export interface AssumedPlace {
  readonly table: string;
  readonly chain: string;
  /** From 1. */
  readonly rule: number;
}

/** What a target that is not modelled is assumed to do. */
export type AssumedVerdict = 'accept' | 'drop' | 'continue';

/** A match as a whole holds or not; or what it asks for is so or not. */
type Answer = { readonly of: 'match' | 'question'; readonly is: boolean };

/** What is to be taken for given where rules ask for what the simulation cannot know. */
export class Assumptions {
  /** Nothing is assumed: packets are followed every way. */
  static readonly none: Assumptions = new Assumptions([]);

  readonly #answers: Map<string, Answer> = new Map();
  readonly #verdicts: Map<string, AssumedVerdict> = new Map();
  /** What time it is when the first packet comes. */
  readonly time: AssumedTime | undefined;
  /** The rules that assumptions name. */
  readonly places: readonly AssumedPlace[];

  /**
   * Reads assumptions as they are written on a command line: `limit=under`, `recent:NAME=seen`, `filter/INPUT/3=match`.
   *
   * @throws UsageError for one that says nothing.
   */
  constructor(texts: readonly string[]) {
    const places: AssumedPlace[] = [];
    let time: AssumedTime | undefined;
    for (const text of texts) {
      const stamp = /^time=(\d.*)$/.exec(text)?.[1];
      if (stamp !== undefined) {
        time = timeOf(stamp, text);
        continue;
      }
      const place = this.#read(text);
      if (place !== undefined) places.push(place);
    }
    this.places = places;
    this.time = time;
  }

  /** Whether the match that the doubt is about is assumed to hold; undefined where nothing is assumed. */
  holds(doubt: Doubt, place: AssumedPlace): boolean | undefined {
    const answer =
      this.#answers.get(placeText(place)) ??
      this.#answers.get(`${doubt.kind}:${doubt.name}`) ??
      this.#answers.get(doubt.kind);
    if (answer === undefined) return undefined;
    return answer.of === 'match' ? answer.is : answer.is === doubt.holdsOnYes;
  }

  /** Whether what is asked of such a thing by its name is assumed to be so; undefined where nothing is assumed. */
  answer(kind: DoubtKind, name: string): boolean | undefined {
    return (this.#answers.get(`${kind}:${name}`) ?? this.#answers.get(kind))?.is;
  }

  /** What the rule's target, which is not modelled, is assumed to do; undefined where nothing is assumed. */
  verdict(place: AssumedPlace): AssumedVerdict | undefined {
    return this.#verdicts.get(placeText(place));
  }

  #read(text: string): AssumedPlace | undefined {
    // A rule's name may hold an equals sign, an answer does not.
    const at = text.lastIndexOf('=');
    if (at < 1) {
      throw new UsageError(
        `--assume ${text}: not an assumption`,
        'Write what is assumed and how it is, such as limit=under.',
      );
    }
    const subject = text.slice(0, at);
    const word = text.slice(at + 1);
    const place = placeOf(subject);
    if (place !== undefined) {
      this.#readOfRule(text, place, word);
      return place;
    }
    const kind = kindOf(subject, text);
    this.#answers.set(subject, answerOf(kind, word, text));
    return undefined;
  }

  #readOfRule(text: string, place: AssumedPlace, word: string): void {
    const key = placeText(place);
    const match = MATCH_WORDS.get(word);
    if (match !== undefined) this.#answers.set(key, { of: 'match', is: match });
    else if (isVerdict(word)) this.#verdicts.set(key, word);
    else {
      throw new UsageError(
        `--assume ${text}: a rule is assumed to \`match\`, or \`no-match\``,
        'Of a target that hepsim does not know, assume accept, drop or continue.',
      );
    }
  }
}

const MATCH_WORDS: ReadonlyMap<string, boolean> = new Map([
  ['match', true],
  ['no-match', false],
]);

function isVerdict(word: string): word is AssumedVerdict {
  return word === 'accept' || word === 'drop' || word === 'continue';
}

/** A moment as ISO 8601 has it; UTC where it names no zone. */
function timeOf(stamp: string, text: string): AssumedTime {
  const parts = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?$/i.exec(
    stamp,
  );
  const [, day, minute = '00:00', second = ':00', zone = 'Z'] = parts ?? [];
  const local = Date.parse(`${day}T${minute}${second}Z`);
  const at = Date.parse(`${day}T${minute}${second}${zone.toUpperCase()}`);
  if (parts === null || Number.isNaN(local) || Number.isNaN(at)) {
    throw new UsageError(
      `--assume ${text}: not a time`,
      'Write it like 2026-03-01T12:00Z or 2026-03-01T13:00+01:00.',
    );
  }
  return { seconds: at / 1000, zoneSeconds: (local - at) / 1000 };
}

/** `TABLE/CHAIN/NUMBER`; a chain's name may hold slashes itself. */
function placeOf(subject: string): AssumedPlace | undefined {
  const found = /^([a-z]+)\/(.+)\/([1-9]\d{0,8})$/.exec(subject);
  if (found === null) return undefined;
  const [, table, chain, rule] = found;
  return { table: table as TableName, chain: chain as string, rule: Number(rule) };
}

function placeText({ table, chain, rule }: AssumedPlace): string {
  return `${table}/${chain}/${rule}`;
}

function kindOf(subject: string, text: string): DoubtKind {
  const [kind = ''] = subject.split(':');
  if (Object.hasOwn(DOUBTS, kind)) return kind as DoubtKind;
  const kinds = Object.keys(DOUBTS);
  const near = nearestName(kind, kinds);
  throw new UsageError(
    `--assume ${text}: there is nothing called \`${kind}\` to assume`,
    near === undefined
      ? `Assume something of ${kinds.join(', ')}, or of a rule: TABLE/CHAIN/NUMBER=match.`
      : `Did you mean \`${near}\`?`,
  );
}

function answerOf(kind: DoubtKind, word: string, text: string): Answer {
  const match = MATCH_WORDS.get(word);
  if (match !== undefined) return { of: 'match', is: match };
  const { yes, no } = DOUBTS[kind];
  if (word === yes || word === no) return { of: 'question', is: word === yes };
  throw new UsageError(
    `--assume ${text}: \`${kind}\` is assumed to be \`${yes}\` or \`${no}\``,
    'Of every match also `match` or `no-match`.',
  );
}
