import type { Match } from '../ruleset/match/match.ts';

/** What matches can ask that nobody knows, with the words for yes and no that an assumption gives. */
export const DOUBTS = {
  limit: { yes: 'under', no: 'over' },
  recent: { yes: 'seen', no: 'unseen' },
  random: { yes: 'always', no: 'never' },
  match: { yes: 'match', no: 'no-match' },
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

/** Kinds of match that the simulation evaluates; every other one is followed both ways. */
const EVALUATED: ReadonlySet<Match['kind']> = new Set([
  'protocol',
  'address',
  'interface',
  'ports',
  'multiport',
  'conntrack-state',
  'mark',
  'set',
  'icmp',
  'address-type',
  'rpfilter',
  'statistic',
  'recent',
  'comment',
  'nfacct',
]);

/**
 * Whether chance, history that the simulation does not have, or what it does not evaluate decides the match. `unreadSets` are the names of the sets whose
 * members it cannot look up.
 */
export function isDoubtful(match: Match, unreadSets: ReadonlySet<string>): boolean {
  switch (match.kind) {
    case 'statistic':
      return match.probability > 0 && match.probability < 1;
    case 'recent':
      return match.mode !== 'set';
    case 'rpfilter':
      return match.loose === true || match.acceptLocal === true;
    case 'set':
      return match.extras !== undefined || unreadSets.has(match.set);
    default:
      return !EVALUATED.has(match.kind);
  }
}

/** What cannot be known of a match that is doubtful. */
export function doubtOf(match: Match): Doubt {
  switch (match.kind) {
    case 'statistic':
    case 'statistic-nth':
      return doubt('random', 'chance decides');
    case 'recent':
      return {
        ...doubt('recent', `who is in the list ${match.name} is not known`),
        name: match.name,
        holdsOnYes: match.negated !== true,
      };
    case 'limit':
      return doubt('limit', 'how many packets came before is not known');
    default:
      return doubt('match', `what it asks for (${match.kind}) is not known`);
  }
}

function doubt(kind: DoubtKind, why: string): Doubt {
  return { kind, name: undefined, holdsOnYes: true, why, key: undefined };
}
