import type { RuleContext } from './definition.ts';
import type { GivenOption, GivenOptions } from './option/given-options.ts';

/** How an option of an extension is written. */
export interface OptionShape {
  /** The spelling that iptables-save prints, with its dashes. */
  readonly flag: string;
  readonly aliases?: readonly string[];
  /** How many words follow it; `optional`: one that does not begin with a dash, or none. */
  readonly words: 0 | 1 | 2 | 'optional';
  readonly negatable?: boolean;
  /** Whether it may be given more than once. */
  readonly repeatable?: boolean;
}

/**
 * How the words behind `-m NAME` or `-j NAME` are read.
 *
 * `parse` gives the matches (or the one target) that the options stand for, or `unknown` where they ask for something that has no kind of its own.
 */
export interface Extension<Value> {
  readonly name: string;
  readonly options: readonly OptionShape[];
  /** @throws RefusedRule for what the restore tools would refuse. */
  readonly parse: (given: GivenOptions, context: RuleContext) => readonly Value[] | 'unknown';
}

/**
 * Reads the value of an option.
 *
 * @throws RefusedRule when it is not what the codec wants.
 */
export function readValue<Value>(
  given: GivenOptions,
  option: GivenOption,
  codec: { parse: (text: string, family: 4 | 6) => Value | undefined; wanted: string },
  context: RuleContext,
): Value {
  const text = option.words[0] ?? '';
  const value = codec.parse(text, context.family);
  if (value === undefined) {
    throw given.refusal(`${option.flag} \`${text}\` is not ${codec.wanted}`, {
      ...option,
      at: option.at + 1,
    });
  }
  return value;
}
