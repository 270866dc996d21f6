import type { IpAddress, IpFamily } from '../../address/ip-address.ts';
import { hasPorts } from '../../address/protocol.ts';
import type { IpSet, IpSetMember } from '../../ruleset/ip-set.ts';
import type { Match } from '../../ruleset/match/match.ts';
import type { Rule, Ruleset } from '../../ruleset/ruleset.ts';
import { addressEdges, byteEdges, portEdges } from './edges.ts';

/** What a packet must be like to lie at an edge of a rule; fields that are left out do not matter. */
export interface Aim {
  readonly family: IpFamily;
  readonly protocol?: number;
  readonly source?: IpAddress;
  readonly destination?: IpAddress;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly icmpType?: number;
  readonly icmpCode?: number;
  readonly in?: string;
  readonly mark?: number;
}

/** Of larger sets, members from both ends stand for the others. */
const MEMBERS_AT_EACH_END = 8;

/**
 * For every rule, aims that meet all of its criteria at once, and for each criterion aims just inside and just outside of it with
 * the others met. Equal ones are there once.
 */
export function aimsOf(ruleset: Ruleset): readonly Aim[] {
  const sets = new Map(ruleset.ipSets.map((set) => [set.name, set]));
  const found = new Map<string, Aim>();
  for (const { chains } of ruleset.tables) {
    for (const { rules } of chains) {
      for (const rule of rules) {
        for (const aim of aimsOfRule(rule, ruleset.family, sets)) found.set(keyOf(aim), aim);
      }
    }
  }
  return [...found.values()];
}

function keyOf(aim: Aim): string {
  return JSON.stringify(aim);
}

type Variant = Omit<Aim, 'family'>;

function aimsOfRule(
  rule: Rule,
  family: IpFamily,
  sets: ReadonlyMap<string, IpSet>,
): readonly Aim[] {
  const criteria = rule.matches.map((match) => ({ match, variants: variantsOf(match, sets) }));
  let base: Variant = {};
  for (const { match, variants } of criteria) {
    const inside = variants[0];
    const negated = 'negated' in match && match.negated;
    if (inside !== undefined && !negated) base = { ...base, ...inside };
  }
  const aims = criteria.flatMap(({ variants }) =>
    variants.map((variant) => ({ ...base, ...variant, family })),
  );
  return aims.filter(isPossible);
}

/** Ports need a protocol that has them, which another criterion of the rule names. */
function isPossible(aim: Aim): boolean {
  const ported = aim.sourcePort !== undefined || aim.destinationPort !== undefined;
  return !ported || aim.protocol === undefined || hasPorts(aim.protocol);
}

/** The edges of a criterion; the first lies inside of it. */
function variantsOf(match: Match, sets: ReadonlyMap<string, IpSet>): readonly Variant[] {
  switch (match.kind) {
    case 'address':
      return [match.cidr.network, ...addressEdges(match.cidr)].map((address) =>
        match.side === 'source' ? { source: address } : { destination: address },
      );
    case 'ports':
      return portVariants([match.range], match.side);
    case 'multiport':
      return portVariants(match.ranges, match.side);
    case 'protocol':
      return byteEdges(match.protocol)
        .toSorted((a, b) => Number(b === match.protocol) - Number(a === match.protocol))
        .map((protocol) => ({ protocol }));
    case 'icmp':
      return icmpVariants(match.type, match.code);
    case 'interface':
      return match.direction === 'in' && !match.prefix ? [{ in: match.name }] : [];
    case 'mark': {
      const { value, mask } = match;
      // The same with one bit of the mask turned over.
      return [value, (value ^ (mask & -mask)) >>> 0].map((mark) => ({ mark }));
    }
    case 'set':
      return membersOf(sets.get(match.set)).flatMap((member) =>
        memberVariants(member, match.directions[0] === 'src'),
      );
    default:
      return [];
  }
}

function portVariants(
  ranges: readonly { readonly first: number; readonly last: number }[],
  side: 'source' | 'destination',
): readonly Variant[] {
  const ports = [ranges[0]?.first ?? 0, ...ranges.flatMap(portEdges)];
  return ports.map((port) =>
    side === 'source' ? { sourcePort: port } : { destinationPort: port },
  );
}

function icmpVariants(type: number, code: number | undefined): readonly Variant[] {
  const icmpCode = code ?? 0;
  return [
    { icmpType: type, icmpCode },
    ...byteEdges(type).map((icmpType) => ({ icmpType, icmpCode })),
    ...byteEdges(icmpCode).map((edge) => ({ icmpType: type, icmpCode: edge })),
  ];
}

function membersOf(set: IpSet | undefined): readonly IpSetMember[] {
  const members = set?.members ?? [];
  if (members.length <= 2 * MEMBERS_AT_EACH_END) return members;
  return [...members.slice(0, MEMBERS_AT_EACH_END), ...members.slice(-MEMBERS_AT_EACH_END)];
}

function memberVariants(member: IpSetMember, isSource: boolean): readonly Variant[] {
  if (member.kind === 'net') {
    return addressEdges(member.cidr).map((address) =>
      isSource ? { source: address } : { destination: address },
    );
  }
  if (member.kind === 'element') return [];
  const { address, protocol, port } = member;
  const place = isSource ? { source: address } : { destination: address };
  return [port, ...portEdges({ first: port, last: port })].map((edge) => ({
    ...place,
    protocol,
    ...(isSource ? { sourcePort: edge } : { destinationPort: edge }),
  }));
}
