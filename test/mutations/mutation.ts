/** One fault, put into a copy of the sources to see whether the suites notice. */
export interface Mutation {
  /** Names the fault; unique. */
  readonly name: string;
  /** The file, from the repository's root. */
  readonly file: string;
  /** Text that the file holds exactly once. */
  readonly find: string;
  readonly replace: string;
  /** What a host would be thought to do, in words. */
  readonly fault: string;
}

/**
 * The file's text with the fault in it.
 *
 * @throws Error when the text to replace does not occur exactly once: the sources have moved on, and nothing would be tested.
 */
export function applyMutation(text: string, { name, file, find, replace }: Mutation): string {
  const found = text.split(find).length - 1;
  if (found !== 1) {
    throw new Error(`mutation is stale: \`${name}\` finds its text ${found} times in ${file}`);
  }
  // As a function, so that no `$` of the replacement means anything.
  return text.replace(find, () => replace);
}
