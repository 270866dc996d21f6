import { RefusedRule } from '../option/given-options.ts';
import { parseUnsigned } from '../option/number-codecs.ts';
import type { RuleWords } from './rule-words.ts';

/** What a line of a table does to its chains. `number` counts rules from 1. */
export type RuleCommand =
  | { readonly kind: 'append' | 'delete' | 'check'; readonly chain: string }
  | {
      readonly kind: 'insert' | 'replace' | 'delete-number';
      readonly chain: string;
      readonly number: number;
    }
  | { readonly kind: 'flush' | 'zero' | 'delete-chain'; readonly chain: string | undefined }
  | { readonly kind: 'new-chain'; readonly chain: string }
  | { readonly kind: 'rename-chain'; readonly chain: string; readonly name: string }
  | { readonly kind: 'policy'; readonly chain: string; readonly policy: string };

const COMMANDS = new Set([
  '-A',
  '-D',
  '-C',
  '-I',
  '-R',
  '-F',
  '-Z',
  '-N',
  '-X',
  '-E',
  '-P',
  '-L',
  '-S',
]);

/** Whether an option of iptables is a command. */
export function isCommand(option: string): boolean {
  return COMMANDS.has(option);
}

/**
 * Reads the words of a command; its option has been taken.
 *
 * @throws RefusedRule where a word is missing or wrong.
 */
export function readCommand(option: string, words: RuleWords): RuleCommand {
  const at = words.at;
  if (option === '-L' || option === '-S') {
    throw new RefusedRule('a command that lists rules changes none', at - 1);
  }
  const take = (what: string): string => {
    if (!words.hasMore) throw new RefusedRule(`${option} needs ${what}`, at - 1);
    const word = words.next;
    words.at++;
    return word;
  };
  switch (option) {
    case '-F':
    case '-Z':
    case '-X': {
      const kind = option === '-F' ? 'flush' : option === '-Z' ? 'zero' : 'delete-chain';
      const chain = words.hasValue ? take('a chain') : undefined;
      if (option === '-Z' && /^\d+$/.test(words.next)) words.at++;
      return { kind, chain };
    }
    case '-N':
      return { kind: 'new-chain', chain: take('a chain') };
    case '-E':
      return { kind: 'rename-chain', chain: take('a chain'), name: take('a new name') };
    case '-P':
      return { kind: 'policy', chain: take('a chain'), policy: take('a policy') };
    default:
      return readRuleCommand(option, take('a chain'), words);
  }
}

function readRuleCommand(option: string, chain: string, words: RuleWords): RuleCommand {
  const isNumber = words.hasValue && /^\d+$/.test(words.next);
  const at = words.at;
  const number =
    isNumber && option !== '-A' && option !== '-C' ? parseUnsigned(words.next) : undefined;
  if (number !== undefined) words.at++;
  if (number === 0) throw new RefusedRule('rules are counted from 1', at);
  switch (option) {
    case '-A':
      return { kind: 'append', chain };
    case '-C':
      return { kind: 'check', chain };
    case '-I':
      return { kind: 'insert', chain, number: number ?? 1 };
    case '-D':
      return number === undefined
        ? { kind: 'delete', chain }
        : { kind: 'delete-number', chain, number };
    default:
      if (number === undefined) throw new RefusedRule('-R needs the number of a rule', at);
      return { kind: 'replace', chain, number };
  }
}
