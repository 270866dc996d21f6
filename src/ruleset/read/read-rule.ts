import type { RuleContext } from '../definition.ts';
import type { TableName } from '../hook.ts';
import type { Match } from '../match/match.ts';
import { keepApart } from '../match/shared-extension.ts';
import { GivenOptions, RefusedRule } from '../option/given-options.ts';
import { INTERFACE_PATTERN } from '../option/interface-codec.ts';
import { parseUnsigned } from '../option/number-codecs.ts';
import { parseProtocolWord } from '../option/protocol-codec.ts';
import { isPrintableAscii } from '../restore-text.ts';
import type { Counters } from '../ruleset.ts';
import type { Target } from '../target/target.ts';
import { COMMENT_LENGTH } from '../validate-rule.ts';
import { readAddressWord } from './address-words.ts';
import { findBaseByBeginning, findBaseOption, splitShortOption } from './base-options.ts';
import {
  isBare,
  type Loaded,
  LoadedExtensions,
  type LoadedMatch,
  type LoadedTarget,
  wordsOf,
} from './loaded-extensions.ts';
import { isCommand, type RuleCommand, readCommand } from './rule-command.ts';
import { RuleWords } from './rule-words.ts';

/** What the words of a line say. A list of addresses makes several rules of one line. */
export interface ReadRule {
  readonly command: RuleCommand;
  readonly rules: readonly RuleBody[];
  readonly counters: Counters | undefined;
}

/** One rule but for where it stands. */
export interface RuleBody {
  readonly matches: readonly Match[];
  readonly target: Target | undefined;
  readonly comment: string | undefined;
}

/** Where a line of rules stands. */
export interface RuleSurroundings {
  readonly family: 4 | 6;
  readonly table: TableName;
  /** Whether the table has a user chain of the name, declared before. */
  readonly hasChain: (name: string) => boolean;
  /** Told of a chain that is called and not declared so far; `word` is its name's number. */
  readonly onCall: (chain: string, word: number) => void;
}

/** Options that may stand once, and be negated. */
const ONCE = new Set(['-s', '-d', '-i', '-o', '-p', '-f']);

const EVERY_ADDRESS: readonly undefined[] = [undefined];

/** Options that change nothing. */
const IGNORED = new Set(['-n', '-v', '-x']);

/** Reads the rules of one table, one after the other. */
export class RuleReader {
  readonly #around: RuleSurroundings;
  readonly #extensions = new LoadedExtensions();
  #words: RuleWords = new RuleWords('', 0, []);
  /** The options of `ONCE` that were there, one after the other. */
  #seen = '';
  #command: RuleCommand | undefined;
  #sources: readonly (Match | undefined)[] = EVERY_ADDRESS;
  #destinations: readonly (Match | undefined)[] = EVERY_ADDRESS;
  #in: Match | undefined;
  #out: Match | undefined;
  #protocol: Extract<Match, { kind: 'protocol' }> | undefined;
  #fragment: Match | undefined;
  #counters: Counters | undefined;
  #isOtherFamily = false;

  constructor(surroundings: RuleSurroundings) {
    this.#around = surroundings;
  }

  /**
   * Reads `-A INPUT -s 192.0.2.0/24 -p tcp -m tcp --dport 22 -j ACCEPT`. Undefined for a rule of the other family alone (`-4`, `-6`), which the tools skip.
   *
   * @throws RefusedRule for what the restore tools would refuse.
   */
  read(words: RuleWords): ReadRule | undefined {
    this.#begin(words);
    let negatedAt: number | undefined;
    while (words.hasMore) {
      if (words.next === '!') {
        if (negatedAt !== undefined) throw new RefusedRule('two `!` in a row', words.at);
        negatedAt = words.at++;
        continue;
      }
      this.#takeOption(negatedAt);
      negatedAt = undefined;
    }
    if (negatedAt !== undefined) throw new RefusedRule('`!` without an option', negatedAt);
    if (this.#command === undefined) {
      throw new RefusedRule('no command', 0, 'A rule begins with `-A CHAIN`.');
    }
    if (this.#isOtherFamily) return undefined;
    return { command: this.#command, rules: this.#rules(), counters: this.#counters };
  }

  #begin(words: RuleWords): void {
    this.#words = words;
    this.#extensions.clear();
    this.#seen = '';
    this.#command = undefined;
    this.#sources = EVERY_ADDRESS;
    this.#destinations = EVERY_ADDRESS;
    this.#in = undefined;
    this.#out = undefined;
    this.#protocol = undefined;
    this.#fragment = undefined;
    this.#counters = undefined;
    this.#isOtherFamily = false;
  }

  #takeOption(negatedAt: number | undefined): void {
    const words = this.#words;
    const word = words.next;
    if (!word.startsWith('-') || word === '-') {
      if (this.#giveToUnknown()) return;
      throw new RefusedRule(`\`${word}\` is not expected here`, words.at);
    }
    const isLong = word.startsWith('--');
    // Most words are short options as they stand, or options of an extension.
    if (word.length === 2 && !isLong && findBaseOption(word) !== undefined) {
      this.#takeKnown(word, undefined, negatedAt);
      return;
    }
    const attached = isLong || word.length === 2 ? undefined : splitShortOption(word);
    const equals = isLong ? word.indexOf('=') : -1;
    const option = attached?.[0] ?? this.#baseOption(equals < 0 ? word : word.slice(0, equals));
    const value = attached?.[1] ?? (equals < 0 ? undefined : word.slice(equals + 1));
    if (option === undefined) this.#extensions.takeOption(words, negatedAt);
    else this.#takeKnown(option, value, negatedAt);
  }

  #takeKnown(option: string, attached: string | undefined, negatedAt: number | undefined): void {
    const at = this.#words.at++;
    if (isCommand(option)) this.#takeCommand(option, at, negatedAt);
    else this.#takeBase(option, attached, at, negatedAt);
  }

  /** The beginning of a long option is enough where nothing else begins so. */
  #baseOption(flag: string): string | undefined {
    const option = findBaseOption(flag);
    if (option !== undefined || this.#extensions.hasBeginning(flag)) return option;
    return findBaseByBeginning(flag);
  }

  /** A word that is no option can only be of an extension whose options nobody knows. */
  #giveToUnknown(): boolean {
    const unknown = this.#extensions.all.at(-1);
    if (unknown === undefined || unknown.extension !== undefined || unknown.words.length === 0) {
      return false;
    }
    unknown.words = [...unknown.words, this.#words.at++];
    return true;
  }

  #takeCommand(option: string, at: number, negatedAt: number | undefined): void {
    if (negatedAt !== undefined) throw new RefusedRule('a command cannot be negated', negatedAt);
    if (this.#command !== undefined) throw new RefusedRule('two commands in one line', at);
    this.#command = readCommand(option, this.#words);
  }

  #takeBase(
    option: string,
    attached: string | undefined,
    at: number,
    negatedAt: number | undefined,
  ): void {
    const negated = negatedAt !== undefined;
    if (negated && !ONCE.has(option)) {
      throw new RefusedRule(`${option} cannot be negated`, negatedAt);
    }
    if (ONCE.has(option)) {
      if (this.#seen.includes(option)) throw new RefusedRule(`${option} twice in one rule`, at);
      this.#seen += option;
    }
    switch (option) {
      case '-s':
      case '-d':
        this.#takeAddress(option, attached ?? this.#value(option, at), negated, at + 1);
        return;
      case '-i':
      case '-o':
        this.#takeInterface(option, attached ?? this.#value(option, at), negated, at + 1);
        return;
      case '-p':
        this.#takeProtocol(attached ?? this.#value(option, at), negated, at + 1);
        return;
      case '-f':
        if (this.#around.family === 6) throw new RefusedRule('-f is of IPv4 only', at);
        this.#fragment = { kind: 'fragment', negated };
        return;
      case '-m':
        this.#extensions.load('-m', attached ?? this.#value(option, at), at);
        return;
      case '-j':
      case '-g':
        this.#takeTarget(option, attached ?? this.#value(option, at), at);
        return;
      default:
        this.#takeOther(option, attached, at);
    }
  }

  #takeOther(option: string, attached: string | undefined, at: number): void {
    if (IGNORED.has(option)) return;
    switch (option) {
      case '-4':
      case '-6':
        if (option !== `-${this.#around.family}`) this.#isOtherFamily = true;
        return;
      case '-w':
      case '-W':
        if (/^\d+$/.test(this.#words.next)) this.#words.at++;
        return;
      case '-M':
        this.#value(option, at);
        return;
      case '-c': {
        const packets = parseUnsignedLong(attached ?? this.#value(option, at));
        const bytes = parseUnsignedLong(this.#value(option, at));
        if (packets === undefined || bytes === undefined) {
          throw new RefusedRule('-c needs packets and bytes', at);
        }
        this.#counters = { packets, bytes };
        return;
      }
      default:
        throw new RefusedRule(`${option} cannot stand in a restore file`, at);
    }
  }

  #value(option: string, at: number): string {
    if (!this.#words.hasMore) throw new RefusedRule(`${option} needs a value`, at);
    const value = this.#words.next;
    this.#words.at++;
    return value;
  }

  #takeAddress(option: '-s' | '-d', text: string, negated: boolean, at: number): void {
    const side = option === '-s' ? 'source' : 'destination';
    const { family } = this.#around;
    const found = readAddressWord(text, { family, side, negated, at });
    if (side === 'source') this.#sources = found;
    else this.#destinations = found;
  }

  #takeInterface(option: '-i' | '-o', text: string, negated: boolean, at: number): void {
    if (INTERFACE_PATTERN.parse(text, this.#around.family) === undefined) {
      throw new RefusedRule(`\`${text}\` is not ${INTERFACE_PATTERN.wanted}`, at);
    }
    const prefix = text.endsWith('+');
    const name = prefix ? text.slice(0, -1) : text;
    // Every interface: iptables stores nothing of it.
    if (prefix && name === '' && !negated) return;
    const match: Match = {
      kind: 'interface',
      direction: option === '-i' ? 'in' : 'out',
      name,
      prefix,
      negated,
    };
    if (option === '-i') this.#in = match;
    else this.#out = match;
  }

  #takeProtocol(text: string, negated: boolean, at: number): void {
    const protocol = parseProtocolWord(text);
    if (protocol === undefined) {
      throw new RefusedRule(`unknown protocol \`${text}\``, at, 'Write its number.');
    }
    if (protocol === 0) {
      if (negated) throw new RefusedRule('no packet has none of all protocols', at);
      return;
    }
    this.#protocol = { kind: 'protocol', protocol, negated };
    this.#extensions.setProtocol(protocol);
  }

  #takeTarget(option: '-j' | '-g', name: string, at: number): void {
    if (this.#extensions.all.some(({ load }) => load !== '-m')) {
      throw new RefusedRule('a rule has one target', at);
    }
    this.#extensions.load(option, name, at);
  }

  #rules(): readonly RuleBody[] {
    const { family, table } = this.#around;
    const protocol = this.#protocol?.negated === false ? this.#protocol.protocol : undefined;
    const context: RuleContext = { family, table, protocol };
    const matches: Match[] = [];
    let target: Target | undefined;
    for (const loaded of this.#extensions.all) {
      if (loaded.load === '-m') {
        for (const match of keepApart(this.#matchesOf(loaded, context), matches)) {
          matches.push(match);
        }
      } else target = this.#targetOf(loaded, context);
    }
    const comment = takeComment(matches);
    const bodies: RuleBody[] = [];
    for (const source of this.#sources) {
      for (const destination of this.#destinations) {
        bodies.push({ matches: this.#inOrder(source, destination, matches), target, comment });
      }
    }
    return bodies;
  }

  /** All matches as iptables stores them: those of its own options first. */
  #inOrder(
    source: Match | undefined,
    destination: Match | undefined,
    others: readonly Match[],
  ): readonly Match[] {
    const all: Match[] = [];
    if (source !== undefined) all.push(source);
    if (destination !== undefined) all.push(destination);
    if (this.#in !== undefined) all.push(this.#in);
    if (this.#out !== undefined) all.push(this.#out);
    if (this.#protocol !== undefined) all.push(this.#protocol);
    if (this.#fragment !== undefined) all.push(this.#fragment);
    // Joined, the array has no room to spare.
    return all.concat(others);
  }

  #matchesOf(loaded: LoadedMatch, context: RuleContext): readonly Match[] {
    const { extension, name, at, options } = loaded;
    const read = extension?.parse(
      new GivenOptions(name, at < 0 ? (options[0]?.at ?? 0) : at, options),
      context,
    );
    if (read !== undefined && read !== 'unknown') return read;
    return [{ kind: 'unknown-match', name, text: this.#textOf(loaded) }];
  }

  #targetOf(loaded: LoadedTarget, context: RuleContext): Target {
    const { load, name, options, at, extension } = loaded;
    const isChain = this.#around.hasChain(name);
    if (load === '-g') {
      if (!isChain) this.#around.onCall(name, at + 1);
      return { kind: 'goto', chain: name };
    }
    if (isChain && isBare(loaded)) return { kind: 'jump', chain: name };
    const verdict = VERDICTS[name];
    if (verdict !== undefined) {
      const [option] = options;
      if (option !== undefined) throw new RefusedRule(`${name} takes no ${option.flag}`, option.at);
      return verdict;
    }
    const given = new GivenOptions(name, at, options);
    const read = extension?.parse(given, context);
    if (read !== undefined && read !== 'unknown' && read[0] !== undefined) return read[0];
    // Extensions have names in capitals; anything else can only be a chain, which may be declared further on.
    if (!/^[A-Z][A-Z0-9_]*$/.test(name) && isBare(loaded)) {
      this.#around.onCall(name, at + 1);
      return { kind: 'jump', chain: name };
    }
    return { kind: 'unknown-target', name, text: this.#textOf(loaded) };
  }

  #textOf(loaded: Loaded): string {
    const { load, name, at } = loaded;
    const words = wordsOf(loaded, this.#words);
    const loading = at < 0 ? `${load} ${name}` : this.#words.textOf([at, at + 1]);
    return words.length === 0 ? loading : `${loading} ${this.#words.textOf(words)}`;
  }
}

const VERDICTS: Readonly<Record<string, Target>> = {
  ACCEPT: { kind: 'accept' },
  DROP: { kind: 'drop' },
  RETURN: { kind: 'return' },
};

/** The comment that stands behind all other matches is the rule's own, where it is plain. */
function takeComment(matches: Match[]): string | undefined {
  const last = matches.at(-1);
  if (last?.kind !== 'comment' || last.text === '') return undefined;
  if (last.text.length > COMMENT_LENGTH || !isPrintableAscii(last.text)) return undefined;
  matches.pop();
  return last.text;
}

function parseUnsignedLong(text: string): number | undefined {
  return /^\d{1,20}$/.test(text) ? Number(text) : parseUnsigned(text);
}
