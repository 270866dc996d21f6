/** One word of a rule, unquoted, and where it stands in the text. */
export interface RuleWord {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The words of a rule in stored form. Quotes are honoured, so that words inside a comment are never taken for options; text that ends inside
 * quotes gives one last word to its end.
 */
export function ruleWords(text: string): readonly RuleWord[] {
  const words: RuleWord[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === ' ') {
      at++;
      continue;
    }
    const start = at;
    let value = '';
    let quoted = false;
    for (; at < text.length && (quoted || text[at] !== ' '); at++) {
      const character = text[at] as string;
      if (character === '"') quoted = !quoted;
      else if (character === '\\' && at + 1 < text.length) value += text[++at];
      else value += character;
    }
    words.push({ value, start, end: at });
  }
  return words;
}

/** The value behind an option, such as `--comment`; undefined where the rule has none. */
export function optionValue(words: readonly RuleWord[], option: string): string | undefined {
  const at = words.findIndex(({ value }) => value === option);
  return at < 0 ? undefined : words[at + 1]?.value;
}

/** What a rule refers to: the chain that it jumps or goes to, and sets. */
export interface RuleReferences {
  /** The target's name, whether a chain or not. */
  readonly target: string | undefined;
  readonly sets: readonly string[];
}

/** What a rule in stored form refers to. */
export function ruleReferences(text: string): RuleReferences {
  const words = ruleWords(text);
  let target: string | undefined;
  const sets: string[] = [];
  for (const [index, { value }] of words.entries()) {
    const next = words[index + 1]?.value;
    if (next === undefined) continue;
    if (value === '-j' || value === '-g') target = next;
    else if (value === '--match-set') sets.push(next);
  }
  return { target, sets };
}

/** New names for what a rule refers to; what is not in them keeps its name. */
export interface NewNames {
  readonly chains: ReadonlyMap<string, string>;
  readonly sets: ReadonlyMap<string, string>;
}

/** The rule with the chains and sets that it refers to renamed. */
export function renameReferences(text: string, { chains, sets }: NewNames): string {
  if (chains.size === 0 && sets.size === 0) return text;
  const words = ruleWords(text);
  let renamed = '';
  let copied = 0;
  for (const [index, { value }] of words.entries()) {
    const next = words[index + 1];
    if (next === undefined) break;
    const names = value === '-j' || value === '-g' ? chains : value === '--match-set' ? sets : null;
    const name = names?.get(next.value);
    if (name === undefined) continue;
    renamed += text.slice(copied, next.start) + name;
    copied = next.end;
  }
  return renamed + text.slice(copied);
}
