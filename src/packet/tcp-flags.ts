import { TCP_FLAG } from './packet.ts';

/** The order that flags are printed in. */
const INITIALS = ['S', 'A', 'F', 'R', 'P', 'U', 'E', 'C'] as const;

/** The word for a TCP header without any flag. */
const NO_FLAGS = 'none';

/** Parses `SA`, in any order and case, or `none`; undefined for anything else, a repeated flag included. */
export function parseTcpFlags(text: string): number | undefined {
  if (text === '') return undefined;
  if (text.toLowerCase() === NO_FLAGS) return 0;
  let flags = 0;
  for (const character of text.toUpperCase()) {
    const initial = INITIALS.find((candidate) => candidate === character);
    if (initial === undefined || (flags & TCP_FLAG[initial]) !== 0) return undefined;
    flags |= TCP_FLAG[initial];
  }
  return flags;
}

/** `SA`; `none` for 0. */
export function renderTcpFlags(flags: number): string {
  const text = INITIALS.filter((initial) => (flags & TCP_FLAG[initial]) !== 0).join('');
  return text === '' ? NO_FLAGS : text;
}
