import type { Match } from './match.ts';

/** The options of `-m tcp`, `-m udp`, `-m sctp` and `-m dccp`, in the order in which iptables-save prints them. */
const PLACE: Readonly<Partial<Record<Match['kind'], number>>> = {
  ports: 0,
  'tcp-option': 2,
  'tcp-flags': 3,
};

function placeOf(match: Match): number | undefined {
  const place = PLACE[match.kind];
  return match.kind === 'ports' && match.side === 'destination' ? 1 : place;
}

/** The matches behind one `-m`, of which the first is marked where it could be taken for one of those that stand before. */
export function keepApart(matches: readonly Match[], before: readonly Match[]): readonly Match[] {
  const [first, ...others] = matches;
  if (first === undefined || !canShareExtension(first, before)) return matches;
  return [{ ...first, apart: true } as Match, ...others];
}

/** Whether a match is an option that fits behind those of one loaded extension of its protocol, in the stored order and once each. */
export function canShareExtension(match: Match, before: readonly Match[]): boolean {
  if ('apart' in match && match.apart === true) return false;
  const place = placeOf(match);
  const last = before.at(-1);
  const lastPlace = last === undefined ? undefined : placeOf(last);
  return place !== undefined && lastPlace !== undefined && lastPlace < place;
}
