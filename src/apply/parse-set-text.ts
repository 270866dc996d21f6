import type { OwnSet } from './own-state.ts';
import { isOwnSet } from './ownership.ts';

/** What the kernel varies by itself, or chooses: no part of what a set means. */
const VARYING = new Set(['hashsize', 'bucketsize', 'initval']);

/**
 * Reads what `ipset save` prints, or text of our own for `ipset restore`: the sets that are ours.
 *
 * @throws Error for a line that is neither of a set nor of a member.
 */
export function parseSets(text: string): ReadonlyMap<string, OwnSet> {
  const sets = new Map<string, { readonly header: string; readonly members: Set<string> }>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const nameAt = line.indexOf(' ') + 1;
    const nameEnd = line.indexOf(' ', nameAt);
    const command = line.slice(0, nameAt - 1);
    const name = line.slice(nameAt, nameEnd);
    if ((command !== 'create' && command !== 'add') || nameEnd < 0) {
      throw new Error(`not a line that ipset prints: ${line}`);
    }
    if (!isOwnSet(name)) continue;
    const rest = line.slice(nameEnd + 1);
    if (command === 'create') sets.set(name, { header: headerOf(rest), members: new Set() });
    else sets.get(name)?.members.add(rest);
  }
  return sets;
}

/** Type and options of a set as far as they are its meaning. */
function headerOf(text: string): string {
  const [type, ...options] = text.split(' ');
  const kept = [type];
  for (let at = 0; at < options.length; at += 2) {
    if (!VARYING.has(options[at] as string)) kept.push(options[at], options[at + 1]);
  }
  return kept.filter((word) => word !== undefined).join(' ');
}
