import { nearestName } from '../../source/nearest-name.ts';
import type { Extension, OptionShape } from '../extension.ts';
import type { Match } from '../match/match.ts';
import { findMatchExtension } from '../match/match-extensions.ts';
import { type GivenOption, RefusedRule } from '../option/given-options.ts';
import type { Target } from '../target/target.ts';
import { findTargetExtension } from '../target/target-extensions.ts';
import { findBaseOption, LONG_OPTION_NAMES } from './base-options.ts';
import type { RuleWords } from './rule-words.ts';

/** An extension that a rule has loaded, with what it was given. `extension` undefined: one that has no kind of its own. */
export type Loaded = LoadedMatch | LoadedTarget;

/** What stands behind `-m`. */
export interface LoadedMatch extends LoadedWords {
  readonly load: '-m';
  readonly extension: Extension<Match> | undefined;
}

/** What stands behind `-j` or `-g`. */
export interface LoadedTarget extends LoadedWords {
  readonly load: '-j' | '-g';
  readonly extension: Extension<Target> | undefined;
}

interface LoadedWords {
  readonly name: string;
  options: readonly GivenOption[];
  /** Which word loaded it; -1 for the rule's protocol. */
  readonly at: number;
  /** Of one that has no kind of its own: the words that belong to it, without the ones that loaded it. */
  words: readonly number[];
}

/** Protocols by the number that `-p` gave, with the extension that their options load by themselves. */
const PROTOCOL_EXTENSIONS: ReadonlyMap<number, string> = new Map([
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [33, 'dccp'],
  [50, 'esp'],
  [51, 'ah'],
  [58, 'icmp6'],
  [132, 'sctp'],
  [135, 'mh'],
]);

/** The extensions that a rule loads, in order, and whose options its words are. */
export class LoadedExtensions {
  #loaded: Loaded[] = [];
  #protocol: number | undefined;

  /** Makes ready for the next rule. */
  clear(): void {
    this.#loaded = [];
    this.#protocol = undefined;
  }

  get all(): readonly Loaded[] {
    return this.#loaded;
  }

  load(load: Loaded['load'], name: string, at: number): void {
    this.#loaded.push(
      load === '-m'
        ? { load, extension: findMatchExtension(name), name, options: [], at, words: [] }
        : { load, extension: findTargetExtension(name), name, options: [], at, words: [] },
    );
  }

  /** Whether an option of an extension is, or begins with, the word. */
  hasBeginning(word: string): boolean {
    if (this.#ownerOf(word) !== undefined) return true;
    return this.#loaded.some(
      ({ extension }) =>
        extension !== undefined &&
        [...optionsOf(extension).keys()].some((name) => name.startsWith(word)),
    );
  }

  /** `-p` names the extension that options without `-m` are of. */
  setProtocol(protocol: number): void {
    this.#protocol = protocol;
  }

  /**
   * Takes the option that comes next, and its values, for the extension that it is of.
   *
   * @throws RefusedRule for an option that nobody knows.
   */
  takeOption(words: RuleWords, negatedAt: number | undefined): void {
    const word = words.next;
    const { flag, value } = splitValue(word);
    const owner = this.#ownerOf(flag) ?? this.#ownerByBeginning(flag) ?? this.#protocolOwner(flag);
    if (owner !== undefined) {
      this.#take(owner, words, value, negatedAt);
      return;
    }
    const unknown = this.#loaded.findLast(({ extension }) => extension === undefined);
    if (unknown === undefined) throw this.#unknownOption(flag, words.at);
    const taken = negatedAt === undefined ? [words.at++] : [negatedAt, words.at++];
    while (words.hasValue) taken.push(words.at++);
    unknown.words = [...unknown.words, ...taken];
  }

  #take(
    { loaded, shape }: Owner,
    words: RuleWords,
    attached: string | undefined,
    negatedAt: number | undefined,
  ): void {
    const at = words.at;
    if (negatedAt !== undefined) {
      if (!shape.negatable) throw new RefusedRule(`${shape.flag} cannot be negated`, negatedAt);
    }
    if (!shape.repeatable && loaded.options.some(({ flag }) => flag === shape.flag)) {
      throw new RefusedRule(`${shape.flag} twice`, at);
    }
    words.at++;
    const wanted = shape.words === 'optional' ? Number(words.hasValue) : shape.words;
    const missing = attached === undefined ? wanted : Math.max(0, wanted - 1);
    if (words.left < missing) throw new RefusedRule(`${shape.flag} needs a value`, at);
    const others = words.take(missing);
    const values = attached === undefined ? others : [attached, ...others];
    const option = { flag: shape.flag, words: values, negated: negatedAt !== undefined, at };
    loaded.options = loaded.options.length === 0 ? [option] : [...loaded.options, option];
  }

  /** The extension that was loaded last of those that know the option. */
  #ownerOf(flag: string): Owner | undefined {
    for (let i = this.#loaded.length - 1; i >= 0; i--) {
      const loaded = this.#loaded[i] as Loaded;
      const shape = loaded.extension && optionsOf(loaded.extension).get(flag);
      if (shape !== undefined) return { loaded, shape };
    }
    return undefined;
  }

  /** The extension of the rule's protocol, which an option of its loads. */
  #protocolOwner(flag: string): Owner | undefined {
    const name = PROTOCOL_EXTENSIONS.get(this.#protocol ?? -1);
    if (name === undefined || this.#loaded.some((loaded) => loaded.name === name)) return undefined;
    const extension = findMatchExtension(name);
    const isOther = extension === undefined && this.#loaded.every((one) => one.extension);
    const shape = extension && (optionsOf(extension).get(flag) ?? onlyBeginning(extension, flag));
    if (shape === undefined && !isOther) return undefined;
    this.load('-m', name, -1);
    const loaded = this.#loaded.at(-1) as Loaded;
    return shape === undefined ? undefined : { loaded, shape };
  }

  /** The beginning of an option is enough where only one begins so. */
  #ownerByBeginning(flag: string): Owner | undefined {
    if (!flag.startsWith('--') || flag.length < 3) return undefined;
    const found = new Map<OptionShape, Owner>();
    for (const loaded of this.#loaded) {
      for (const [name, shape] of loaded.extension ? optionsOf(loaded.extension) : []) {
        if (name.startsWith(flag)) found.set(shape, { loaded, shape });
      }
    }
    const others = LONG_OPTION_NAMES.some((name) => name.startsWith(flag));
    return found.size === 1 && !others ? [...found.values()][0] : undefined;
  }

  #unknownOption(flag: string, at: number): RefusedRule {
    const known = this.#loaded.flatMap(({ extension }) =>
      extension === undefined ? [] : [...optionsOf(extension).keys()],
    );
    const nearest = nearestName(flag, [...known, ...LONG_OPTION_NAMES]);
    const hint = nearest === undefined ? undefined : `Did you mean ${nearest}?`;
    return new RefusedRule(`unknown option \`${flag}\``, at, hint);
  }
}

/** Which words of a rule belong to an extension, without the ones that loaded it. */
export function wordsOf({ options, words }: Loaded, { words: all }: RuleWords): readonly number[] {
  const taken = options.flatMap(({ at, negated, words: values }) => {
    const following = values.length - (splitValue(all[at] ?? '').value === undefined ? 0 : 1);
    const first = negated ? at - 1 : at;
    return Array.from({ length: at - first + 1 + following }, (_, i) => first + i);
  });
  return [...taken, ...words];
}

/** Whether nothing but its name is there. */
export function isBare({ options, words }: Loaded): boolean {
  return options.length === 0 && words.length === 0;
}

interface Owner {
  readonly loaded: Loaded;
  readonly shape: OptionShape;
}

const OPTIONS = new WeakMap<object, ReadonlyMap<string, OptionShape>>();

function optionsOf(
  extension: Extension<Match> | Extension<Target>,
): ReadonlyMap<string, OptionShape> {
  let options = OPTIONS.get(extension);
  if (options === undefined) {
    options = new Map(
      extension.options.flatMap((shape) =>
        [shape.flag, ...(shape.aliases ?? [])].map((flag): [string, OptionShape] => [flag, shape]),
      ),
    );
    OPTIONS.set(extension, options);
  }
  return options;
}

function onlyBeginning(
  extension: Extension<Match> | Extension<Target>,
  flag: string,
): OptionShape | undefined {
  if (findBaseOption(flag) !== undefined) return undefined;
  const found = new Set<OptionShape>();
  for (const [name, shape] of optionsOf(extension)) if (name.startsWith(flag)) found.add(shape);
  return found.size === 1 ? [...found][0] : undefined;
}

function splitValue(word: string): { readonly flag: string; readonly value: string | undefined } {
  const equals = word.startsWith('--') ? word.indexOf('=') : -1;
  return equals < 0
    ? { flag: word, value: undefined }
    : { flag: word.slice(0, equals), value: word.slice(equals + 1) };
}
