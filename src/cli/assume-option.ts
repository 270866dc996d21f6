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
  --assume limit=under               rates are not exceeded, of limit and hashlimit (or: over; limit:NAME of one hashlimit)
  --assume recent:NAME=seen          the address is in that list of recent (or: unseen; recent=seen for every list)
  --assume random=never              chance never matches, random or nth (or: always)
  --assume time=2026-03-01T12:00Z    what time it is when the first packet comes
  --assume set:NAME=member           of a set that rules have changed (or: absent)
  --assume connlimit=under           few connections (or: over)        --assume socket=open     a process listens (or: none)
  --assume string=absent             in what packets carry (or: present) --assume ipsec=unused   (or: used)
  --assume helper:ftp=expected       what a helper of connection tracking follows expects the new connection (or: new)
  --assume timeout:NAME=kept         a connection under that timeout policy is still remembered (or: forgotten)
  --assume conntrack=match (of --ctexpire), addrtype=match, quota=left (of nfacct), tcp-option=present, u32=no-match, owner=match, mac=match, pkttype=match, physdev=no-match, tcpmss=match,
           match:NAME=no-match       of an extension that hepsim does not know
  --assume filter/INPUT/3=no-match   of one rule, by table, chain and number (or: match)
  --assume filter/INPUT/4=accept     what its target does that hepsim does not know (or: drop, continue)`;
