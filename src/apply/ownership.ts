import { nameHash } from '../compile/short-hash.ts';

/**
 * The chain that bears the digest of what was applied. Nothing jumps to it; its one rule is a comment.
 */
export const MARKER_CHAIN = 'hep-applied';

/** The set that says, while it has members, that staged rules are the ones in force; and the one that it is exchanged with. */
export const SWITCH = { off: 'hep-switch', on: 'hep-switch-on' } as const;

/** Sets of every address of a family, the members of the switch. */
export const EVERY_ADDRESS = { 4: 'hep4every', 6: 'hep6every' } as const;

/** What the names of staged chains start with; no compiled chain does. */
const STAGED_CHAIN = 'hep-new-';

const OWN_SET = /^hep(?:[46](?:[spnt]:[A-Za-z0-9.-]{16}|[a-z]+(?:-[a-z]+)*)|-switch(?:-on)?)$/;

const OWN_COMMENT = /^hep:[A-Za-z0-9.-]{12}(?: |$)/;

/** Whether a user chain of this name is ours. */
export function isOwnChain(name: string): boolean {
  return name.startsWith('hep-');
}

/** Whether a set of this name is ours. */
export function isOwnSet(name: string): boolean {
  return OWN_SET.test(name);
}

/** Whether a set of ours is one that only an apply under way, or one that was cut off, has. */
export function isPassingSet(name: string): boolean {
  return /^hep[46][nt]:/.test(name) || name.startsWith(SWITCH.off) || /^hep[46]every$/.test(name);
}

/** Whether a rule of the kernel's chain with this comment is ours. */
export function isOwnComment(comment: string): boolean {
  return OWN_COMMENT.test(comment);
}

/** The name under which the new form of a chain waits until it comes into force. */
export function stagedChain(name: string): string {
  return `${STAGED_CHAIN}${nameHash(name)}`;
}

/** The name under which the new members of a set wait until they come into force. */
export function stagedSet(name: string): string {
  return `${name.slice(0, 4)}n:${nameHash(name)}`;
}

/** The name under which new members are gathered before they are exchanged for the old ones. */
export function temporarySet(name: string): string {
  return `${name.slice(0, 4)}t:${nameHash(name)}`;
}
