import type { IpFamily } from '../../address/ip-address.ts';
import { InputError } from '../../source/errors.ts';
import type { SourceLocation } from '../../source/location.ts';
import type { Problem, Report } from '../../source/problem.ts';
import { TABLE_NAMES, type TableName } from '../hook.ts';
import { RefusedRule } from '../option/given-options.ts';
import type { Counters, Rule, Ruleset, Table } from '../ruleset.ts';
import { findWrongCall } from '../validate-calls.ts';
import { type RuleBody, RuleReader } from './read-rule.ts';
import { RuleWords } from './rule-words.ts';
import { splitWords } from './split-words.ts';
import { TableDraft } from './table-draft.ts';
import { placeIn, type TextOrigin } from './text-origin.ts';

/** The rules of a text, without sets, and what its comment lines say. */
export interface ReadRules {
  readonly ruleset: Ruleset;
  readonly remarks: readonly Remark[];
}

/** A line that begins with `#`, such as the one that says that there are rules of the other build. */
export interface Remark {
  readonly text: string;
  readonly location: SourceLocation;
}

/**
 * Reads what `iptables-save` or `ip6tables-save` prints, or what their restore tools take.
 *
 * @throws InputError with every line that the restore tools would refuse.
 */
export function parseIptablesSave(text: string, family: IpFamily, origin: TextOrigin): ReadRules {
  const problems: Problem[] = [];
  const read = readIptablesSave(text, family, origin, (problem) => problems.push(problem));
  if (problems.some(({ severity }) => severity === 'error')) throw new InputError(problems);
  return read;
}

/** The same, with what is wrong reported; rules that could not be read are not there then. */
export function readIptablesSave(
  text: string,
  family: IpFamily,
  origin: TextOrigin,
  report: Report,
): ReadRules {
  return new SaveReader(family, origin, report).read(text);
}

/** The longest line in bytes that the tools read at once. Source: iptables-restore.c, 1.8.9. */
const LONGEST_LINE = 10239;

/** After so many errors the rest is not looked at: the text is something else. */
const MOST_ERRORS = 1000;

/** So many lines of comment are kept; those of the tools are first. */
const MOST_REMARKS = 10_000;

class SaveReader {
  readonly #family: IpFamily;
  readonly #origin: TextOrigin;
  readonly #report: Report;
  readonly #tables = new Map<TableName, Table>();
  readonly #remarks: Remark[] = [];
  #draft: TableDraft | undefined;
  #rules: RuleReader | undefined;
  #words: RuleWords | undefined;
  #tableLine: SourceLocation | undefined;
  /** Chains that were called before they were declared, with where. */
  #calls: { chain: string; location: SourceLocation; line: string }[] = [];
  /** A table that there is not is passed over to its end. */
  #isSkipping = false;
  #line = '';
  #number = 0;
  #errors = 0;

  constructor(family: IpFamily, origin: TextOrigin, report: Report) {
    this.#family = family;
    this.#origin = origin;
    this.#report = (problem) => {
      if (problem.severity === 'error') this.#errors++;
      report(problem);
    };
  }

  read(text: string): ReadRules {
    let start = 0;
    while (start < text.length && this.#errors < MOST_ERRORS) {
      const end = text.indexOf('\n', start);
      this.#line = text.slice(start, end < 0 ? text.length : end);
      this.#takeLine();
      this.#number++;
      start = end < 0 ? text.length : end + 1;
    }
    const isWhole = start >= text.length;
    if (isWhole && (this.#draft !== undefined || this.#isSkipping)) {
      this.#line = '';
      this.#refuse(
        'COMMIT is missing at the end of the table',
        1,
        'End the table with a line `COMMIT`.',
      );
      this.#finishTable();
    }
    const tables = TABLE_NAMES.flatMap((name) => this.#tables.get(name) ?? []);
    return { ruleset: { family: this.#family, tables, ipSets: [] }, remarks: this.#remarks };
  }

  #takeLine(): void {
    const line = this.#line;
    if (line === '') return;
    if (line.startsWith('#')) {
      if (this.#remarks.length === MOST_REMARKS) return;
      this.#remarks.push({ text: line.slice(1).trim(), location: this.#locate(1) });
      return;
    }
    if (line.endsWith('\r')) {
      this.#refuse(
        'the line ends in a carriage return',
        line.length,
        'Save the text with Unix line ends.',
      );
      // Once is enough, and the rest can be looked at as if it were right.
      this.#line = line.slice(0, -1);
      if (this.#line === '') return;
    }
    if (this.#line.length > LONGEST_LINE) {
      this.#refuse(`the line has more than ${LONGEST_LINE} bytes`, LONGEST_LINE);
      return;
    }
    try {
      this.#takeContent();
    } catch (error) {
      if (!(error instanceof RefusedRule)) throw error;
      this.#refuse(error.message, this.#columnOf(error.at ?? -1), error.hint);
    }
  }

  #takeContent(): void {
    const line = this.#line;
    const isTable = line.startsWith('*');
    if (line === 'COMMIT' && (this.#draft !== undefined || this.#isSkipping)) this.#finishTable();
    else if (isTable && this.#draft === undefined) this.#beginTable();
    else if (this.#isSkipping) return;
    else if (this.#draft === undefined) {
      throw new RefusedRule(
        'this stands outside of a table',
        0,
        'A table begins with a line such as `*filter`.',
      );
    } else if (isTable) throw new RefusedRule('COMMIT is missing before the next table', 0);
    else if (line.startsWith(':')) this.#declareChain(this.#draft);
    else if (/^\s/.test(line)) throw new RefusedRule('the line begins with a blank');
    else this.#takeRule(this.#draft);
  }

  #beginTable(): void {
    const name = splitWords(this.#line.slice(1))?.[0] ?? '';
    const known = TABLE_NAMES.find((table) => table === name);
    this.#isSkipping = known === undefined;
    if (known === undefined) {
      throw new RefusedRule(
        `there is no table \`${name}\``,
        0,
        `Tables are ${TABLE_NAMES.join(', ')}.`,
      );
    }
    this.#tableLine = this.#locate(1);
    this.#calls = [];
    this.#rules = undefined;
    this.#draft = new TableDraft(known, this.#family);
  }

  #finishTable(): void {
    const draft = this.#draft;
    this.#isSkipping = false;
    this.#draft = undefined;
    if (draft === undefined) return;
    for (const { chain, location, line } of this.#calls) {
      if (draft.hasUserChain(chain)) continue;
      const message = `chain \`${chain}\` does not exist in table ${draft.name}`;
      this.#report({ code: 'invalid-rule', severity: 'error', message, location, excerpt: line });
    }
    const table = draft.finish();
    const location = this.#tableLine ?? this.#locate(1);
    const wrong = findWrongCall(table);
    if (wrong !== undefined) {
      const message = `table ${draft.name}, ${wrong.message}`;
      const place = wrong.rule.origin ?? location;
      this.#report({ code: 'invalid-rule', severity: 'error', message, location: place });
    }
    // The tools replace a table as a whole: of two with one name the later stays.
    if (this.#tables.has(draft.name)) {
      const message = `table ${draft.name} is there twice; only this one counts`;
      this.#report({ code: 'duplicate-name', severity: 'warning', message, location });
    }
    this.#tables.set(draft.name, table);
  }

  #declareChain(draft: TableDraft): void {
    const [name = '', policy, counters] = this.#line.slice(1).split(/[ \t]+/);
    if (policy === undefined) {
      throw new RefusedRule('a chain needs a policy, or `-` for none', 0, 'Write `:NAME - [0:0]`.');
    }
    const counted = counters === undefined || counters === '' ? undefined : parseCounters(counters);
    if (counters !== undefined && counters !== '' && counted === undefined) {
      throw new RefusedRule(`\`${counters}\` is not how counters are written`, 2, 'Write `[0:0]`.');
    }
    draft.declare(name, policy, { origin: this.#locate(1), counters: counted });
  }

  #takeRule(draft: TableDraft): void {
    const line = this.#line;
    const bracket = line.startsWith('[') ? line.indexOf(']') : -1;
    const from = bracket < 0 ? 0 : bracket + 1;
    const before = line.startsWith('[') ? parseCounters(line.slice(0, from)) : undefined;
    if (line.startsWith('[') && before === undefined) {
      throw new RefusedRule('counters are written as `[packets:bytes]`', 0);
    }
    const split = splitWords(line.slice(from));
    if (split === undefined) throw new RefusedRule('a word has more than 1023 bytes', 0);
    const words = new RuleWords(line, from, split);
    const origin = this.#locate(1);
    try {
      this.#words = words;
      const read = this.#ruleReader(draft).read(words);
      if (read === undefined) return;
      const counters = before ?? read.counters;
      const rules = read.rules.map((body) => ruleOf(body, origin, counters));
      draft.apply(read.command, rules, origin);
    } catch (error) {
      if (!(error instanceof RefusedRule)) throw error;
      this.#refuse(error.message, words.columnOf(error.at ?? 0), error.hint);
    }
  }

  /** The reader of the rules of the table. */
  #ruleReader(draft: TableDraft): RuleReader {
    this.#rules ??= new RuleReader({
      family: this.#family,
      table: draft.name,
      hasChain: (name) => draft.hasUserChain(name),
      onCall: (chain, word) => {
        const location = this.#locate(this.#words?.columnOf(word) ?? 1);
        this.#calls.push({ chain, location, line: this.#line });
      },
    });
    return this.#rules;
  }

  /** Column of a word of a line that is no rule. */
  #columnOf(word: number): number {
    let at = 0;
    for (const found of this.#line.matchAll(/\S+/g)) {
      if (at === word) return found.index + 1;
      at++;
    }
    return 1;
  }

  #refuse(message: string, column: number, hint?: string): void {
    const { location, where } = placeIn(this.#origin, this.#number, column);
    this.#report({
      code: 'invalid-rule',
      severity: 'error',
      message: `${message}${where}`,
      location,
      hint,
      excerpt: `${' '.repeat(this.#origin.indent ?? 0)}${this.#line}`,
    });
  }

  #locate(column: number): SourceLocation {
    return placeIn(this.#origin, this.#number, column).location;
  }
}

function ruleOf(
  { matches, target, comment }: RuleBody,
  origin: SourceLocation,
  counters: Counters | undefined,
): Rule {
  const placement = 'append';
  return counters === undefined
    ? { matches, target, comment, origin, meaning: undefined, placement }
    : { matches, target, comment, origin, meaning: undefined, placement, counters };
}

function parseCounters(text: string): Counters | undefined {
  const found = /^\[(\d{1,20}):(\d{1,20})\]$/.exec(text);
  return found === null ? undefined : { packets: Number(found[1]), bytes: Number(found[2]) };
}
