import { quoteValue } from '../restore-text.ts';
import type { Codec } from './codec.ts';

/** Text of at most `longest` bytes. */
export function textUpTo(longest: number): Codec<string> {
  const accepts = (text: string): boolean => isOneLine(text) && isWithin(text, longest);
  return {
    parse: (text) => (accepts(text) ? text : undefined),
    render: quoteValue,
    wanted: `text of at most ${longest} bytes`,
    accepts,
  };
}

/** A name, which the tools print without quotes even where it needs them. */
export function nameUpTo(longest: number): Codec<string> {
  const { parse, accepts } = textUpTo(longest);
  return {
    parse: (text, family) => (text === '' ? undefined : parse(text, family)),
    render: (text) => (/[\s"'\\]/.test(text) ? quoteValue(text) : text),
    wanted: `a name of at most ${longest} bytes`,
    accepts: (text, family) => text !== '' && accepts?.(text, family) === true,
  };
}

/** One of some words; case does not matter when `ignoreCase`. */
export function oneOf<Word extends string>(
  words: readonly Word[],
  aliases: Readonly<Record<string, Word>> = {},
): Codec<Word> {
  const known = new Map<string, Word>(words.map((word) => [word.toLowerCase(), word]));
  for (const [alias, word] of Object.entries(aliases)) known.set(alias.toLowerCase(), word);
  return {
    parse: (text) => known.get(text.toLowerCase()),
    render: (word) => word,
    wanted: `one of ${words.join(', ')}`,
  };
}

/** A comma-separated list of some words, printed in the order of `words`. */
export function listOf<Word extends string>(
  words: readonly Word[],
  aliases: Readonly<Record<string, readonly Word[]>> = {},
): Codec<readonly Word[]> {
  const known = new Map<string, readonly Word[]>(words.map((word) => [word.toLowerCase(), [word]]));
  for (const [alias, meant] of Object.entries(aliases)) known.set(alias.toLowerCase(), meant);
  return {
    parse: (text) => {
      const found = new Set<Word>();
      for (const part of text.split(',')) {
        const meant = known.get(part.toLowerCase());
        if (meant === undefined) return undefined;
        for (const word of meant) found.add(word);
      }
      return words.filter((word) => found.has(word));
    },
    render: (list) => words.filter((word) => list.includes(word)).join(','),
    wanted: `a list of ${words.join(', ')}`,
  };
}

/** Whether the text has at most so many bytes; a character is three at most, but for pairs. */
function isWithin(text: string, longest: number): boolean {
  return text.length * 3 <= longest || new TextEncoder().encode(text).length <= longest;
}

function isOneLine(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  return !/[\u0000-\u001f\u007f]/.test(text);
}
