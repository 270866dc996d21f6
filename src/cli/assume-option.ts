import type { Command } from 'commander';
import { collect } from './common-options.ts';

/** The option of commands that run packets through rules of which not everything can be known. */
export interface AssumeOptions {
  readonly assume: readonly string[];
}

/** Adds `--assume`. */
export function addAssumeOption(command: Command): Command {
  return command.option(
    '--assume <what=answer>',
    'take something for given that rules ask for and nobody knows (repeatable; see below)',
    collect,
    [],
  );
}

/** What can be assumed, for the end of a command's help. */
export const ASSUME_HELP = `
What rules ask for and hepsim cannot know is followed every way, unless it is assumed:
  --assume limit=under               rates are not exceeded (or: over)
  --assume recent:NAME=seen          the address is in that list of -m recent (or: unseen; recent=seen for every list)
  --assume random=never              chance never matches (or: always)
  --assume filter/INPUT/3=no-match   of one rule, by table, chain and number (or: match)`;
