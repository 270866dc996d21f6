/** An option of iptables itself, by its short letter. */
export type BaseOption = string;

/** The long spellings, each with its letter; `line-numbers` has none. Source: iptables(8), 1.8.9. */
const LONG_OPTIONS: ReadonlyMap<string, BaseOption> = new Map([
  ['--append', '-A'],
  ['--delete', '-D'],
  ['--check', '-C'],
  ['--insert', '-I'],
  ['--replace', '-R'],
  ['--list', '-L'],
  ['--list-rules', '-S'],
  ['--flush', '-F'],
  ['--zero', '-Z'],
  ['--new-chain', '-N'],
  ['--delete-chain', '-X'],
  ['--rename-chain', '-E'],
  ['--policy', '-P'],
  ['--source', '-s'],
  ['--src', '-s'],
  ['--destination', '-d'],
  ['--dst', '-d'],
  ['--protocol', '-p'],
  ['--in-interface', '-i'],
  ['--out-interface', '-o'],
  ['--jump', '-j'],
  ['--goto', '-g'],
  ['--match', '-m'],
  ['--table', '-t'],
  ['--fragments', '-f'],
  ['--fragment', '-f'],
  ['--numeric', '-n'],
  ['--verbose', '-v'],
  ['--exact', '-x'],
  ['--wait', '-w'],
  ['--wait-interval', '-W'],
  ['--set-counters', '-c'],
  ['--line-numbers', '-n'],
  ['--modprobe', '-M'],
  ['--ipv4', '-4'],
  ['--ipv6', '-6'],
]);

const SHORT_OPTIONS: ReadonlySet<string> = new Set([...LONG_OPTIONS.values()]);

/** Every long spelling. */
export const LONG_OPTION_NAMES: readonly string[] = [...LONG_OPTIONS.keys()];

/** The letter of an option of iptables itself; undefined for one that an extension must know. */
export function findBaseOption(word: string): BaseOption | undefined {
  return word.startsWith('--')
    ? LONG_OPTIONS.get(word)
    : SHORT_OPTIONS.has(word)
      ? word
      : undefined;
}

/** The option that alone begins so; undefined where none or several do. */
export function findBaseByBeginning(word: string): BaseOption | undefined {
  if (!/^--./.test(word)) return undefined;
  const found = new Set<BaseOption>();
  for (const [name, letter] of LONG_OPTIONS) if (name.startsWith(word)) found.add(letter);
  return found.size === 1 ? [...found][0] : undefined;
}

/** The option with its value attached, as `-s10.0.0.1`; undefined when it is none. */
export function splitShortOption(word: string): readonly [BaseOption, string] | undefined {
  const letter = word.slice(0, 2);
  // The tools misread `-ptcp`.
  const takesValue = /^-[sdiojgmtc]$/.test(letter);
  return takesValue && word.length > 2 ? [letter, word.slice(2)] : undefined;
}
