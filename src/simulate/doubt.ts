import type { Match } from '../ruleset/match/match.ts';

/** What matches can ask that nobody knows, with the words for yes and no that an assumption gives. */
export const DOUBTS = {
  limit: { yes: 'under', no: 'over' },
  recent: { yes: 'seen', no: 'unseen' },
  random: { yes: 'always', no: 'never' },
} as const;

export type DoubtKind = keyof typeof DOUBTS;

/** What a match asks beside the packet that the simulation cannot know. */
export interface Doubt {
  readonly kind: DoubtKind;
  /** Of the several that a host may have, such as the lists of `recent`. */
  readonly name: string | undefined;
  /** Whether the match holds where the answer is yes. */
  readonly holdsOnYes: boolean;
  /** Why nobody knows, as the end of a sentence. */
  readonly why: string;
  /** The same for every match that has the same answer for the same packet; undefined where each time is another. */
  readonly key: string | undefined;
}

/** What cannot be known of the match; undefined where packet and rules say all. */
export function doubtOf(match: Match): Doubt | undefined {
  switch (match.kind) {
    case 'statistic':
      return match.probability > 0 && match.probability < 1
        ? doubt('random', 'chance decides')
        : undefined;
    case 'recent':
      return match.mode === 'rcheck'
        ? {
            ...doubt('recent', `who is in the list ${match.name} is not known`),
            name: match.name,
          }
        : undefined;
    case 'limit':
      return doubt('limit', 'how many packets came before is not known');
    default:
      return undefined;
  }
}

function doubt(kind: DoubtKind, why: string): Doubt {
  return { kind, name: undefined, holdsOnYes: true, why, key: undefined };
}
