import type { Match } from '../ruleset/match/match.ts';

/** What an assumption may say. */
interface Words {
  readonly yes: string;
  readonly no: string;
}

/** The words where nothing else says it better. */
const MATCHING: Words = { yes: 'match', no: 'no-match' };

/** What matches can ask that nobody may know; mostly the extension's name. */
export type DoubtKind =
  | 'limit'
  | 'connlimit'
  | 'quota'
  | 'recent'
  | 'random'
  | 'set'
  | 'string'
  | 'tcp-option'
  | 'socket'
  | 'ipsec'
  | 'time'
  | 'owner'
  | 'mac'
  | 'pkttype'
  | 'physdev'
  | 'u32'
  | 'tcpmss'
  | 'conntrack'
  | 'addrtype'
  | 'helper'
  | 'timeout'
  | 'match';

/** The words for yes and no that an assumption gives. */
export const DOUBTS: Readonly<Record<DoubtKind, Words>> = {
  limit: { yes: 'under', no: 'over' },
  connlimit: { yes: 'under', no: 'over' },
  quota: { yes: 'used', no: 'left' },
  recent: { yes: 'seen', no: 'unseen' },
  random: { yes: 'always', no: 'never' },
  set: { yes: 'member', no: 'absent' },
  string: { yes: 'present', no: 'absent' },
  'tcp-option': { yes: 'present', no: 'absent' },
  socket: { yes: 'open', no: 'none' },
  ipsec: { yes: 'used', no: 'unused' },
  time: MATCHING,
  owner: MATCHING,
  mac: MATCHING,
  pkttype: MATCHING,
  physdev: MATCHING,
  u32: MATCHING,
  tcpmss: MATCHING,
  conntrack: MATCHING,
  addrtype: MATCHING,
  helper: { yes: 'expected', no: 'new' },
  timeout: { yes: 'kept', no: 'forgotten' },
  match: MATCHING,
};

/** What a match asks beside the packet that the simulation does not know. */
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

/** Kinds of match that packet, rules and host always decide. */
const CERTAIN: ReadonlySet<Match['kind']> = new Set([
  'protocol',
  'address',
  'interface',
  'ports',
  'multiport',
  'conntrack-state',
  'mark',
  'icmp',
  'icmp-any',
  'address-type',
  'rpfilter',
  'masked-address',
  'iprange',
  'multiport-either',
  'tcp-flags',
  'hop-limit',
  'dscp',
  'tos',
  'length',
  'fragment',
  'transport-header',
  'comment',
  'connmark',
]);

/** Whether there may be packets for which the match cannot be decided. `doubtfulSets`: names of sets whose answer may not be known. */
export function isDoubtful(match: Match, doubtfulSets: ReadonlySet<string>): boolean {
  switch (match.kind) {
    case 'statistic':
      return match.probability > 0 && match.probability < 1;
    case 'statistic-nth':
      return match.every > 1;
    case 'recent':
      return match.mode !== 'set';
    case 'conntrack':
      return match.expires !== undefined;
    case 'address-types':
      return match.limitIn || match.limitOut;
    case 'set':
      return match.extras !== undefined || doubtfulSets.has(match.set);
    default:
      return !CERTAIN.has(match.kind);
  }
}

/** What is not known of a match that could not be decided. */
export function doubtOf(match: Match): Doubt {
  switch (match.kind) {
    case 'statistic':
    case 'statistic-nth':
      return doubt('random', 'for chance decides', { holdsOnYes: match.negated !== true });
    case 'recent': {
      const { name } = match;
      const holdsOnYes = match.negated !== true;
      return doubt('recent', `for nobody says who is in the list ${name}`, { name, holdsOnYes });
    }
    case 'limit':
      return doubt('limit', RATE);
    case 'hashlimit':
      return doubt('limit', RATE, { name: match.name, holdsOnYes: !match.above });
    case 'connlimit':
      return doubt('connlimit', 'for connections of others are not known', {
        holdsOnYes: !match.above,
      });
    case 'nfacct':
      return doubt('quota', 'for nobody says whether it has a quota', { name: match.name });
    case 'set':
      return doubt('set', `for what is in the set ${match.set} is not known`, {
        name: match.set,
        holdsOnYes: !match.negated,
      });
    case 'string':
      return doubt('string', PAYLOAD, { holdsOnYes: !match.negated });
    case 'u32':
      return doubt('u32', PAYLOAD);
    case 'tcp-option':
      return doubt('tcp-option', 'for the packet does not say which TCP options it bears', {
        name: String(match.option),
        holdsOnYes: !match.negated,
      });
    case 'tcpmss':
      return doubt('tcpmss', 'for the packet does not say its maximum segment size');
    case 'socket':
      return doubt('socket', 'for the sockets of processes are not known');
    case 'policy':
      return doubt('ipsec', 'for IPsec is not modelled', {
        holdsOnYes: match.policy === 'ipsec',
        key: match.elements.length === 0 ? `ipsec ${match.direction}` : undefined,
      });
    case 'time':
      return doubt('time', 'for it asks what time it is', { key: JSON.stringify(match) });
    case 'owner':
      return doubt('owner', 'for the packet does not say whose it is (uid=, gid=)');
    case 'mac':
      return doubt('mac', 'for the packet does not say its source MAC address (mac=)');
    case 'pkttype':
      return doubt('pkttype', 'for the packet does not say whom its frame is for');
    case 'physdev':
      return doubt('physdev', 'for what a bridge does with packets is not modelled');
    case 'conntrack':
      return doubt('conntrack', 'for it asks how long the connection will be remembered');
    case 'address-types':
      return doubt('addrtype', 'for it asks what another interface has for a route');
    case 'unknown-match':
      return doubt('match', `for \`${match.name}\` is not modelled`, { name: match.name });
    default:
      return doubt('match', `for \`${match.kind}\` asks for more than the packet says`);
  }
}

const RATE = 'for how many packets came before is not known';
const PAYLOAD = 'for the packet does not say what it carries';

function doubt(
  kind: DoubtKind,
  why: string,
  fields: Partial<Pick<Doubt, 'name' | 'holdsOnYes' | 'key'>> = {},
): Doubt {
  return { kind, name: undefined, holdsOnYes: true, why, key: undefined, ...fields };
}
