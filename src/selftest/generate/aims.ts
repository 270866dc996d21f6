import { hostCidr } from '../../address/cidr.ts';
import type { IpAddress, IpFamily } from '../../address/ip-address.ts';
import { hasPorts } from '../../address/protocol.ts';
import type { IpSet } from '../../ruleset/ip-set.ts';
import type { Match } from '../../ruleset/match/match.ts';
import type { Side } from '../../ruleset/match/side.ts';
import type { AddressRange } from '../../ruleset/option/address-codecs.ts';
import type { NumberRange } from '../../ruleset/option/number-codecs.ts';
import type { Rule, Ruleset } from '../../ruleset/ruleset.ts';
import { addressEdges, byteEdges, portEdges } from './edges.ts';
import type { CalledChain } from './scout.ts';
import { setVariants } from './set-aims.ts';

/** What a packet must be like to lie at an edge of a rule; fields that are left out do not matter. */
export interface Aim {
  readonly family: IpFamily;
  /** Where the rule is, unless that is a base chain. */
  readonly chain?: CalledChain;
  readonly protocol?: number;
  readonly source?: IpAddress;
  readonly destination?: IpAddress;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly icmpType?: number;
  readonly icmpCode?: number;
  readonly in?: string;
  readonly mark?: number;
  readonly tcpFlags?: number;
  readonly ttl?: number;
  readonly length?: number;
}

/**
 * For every rule, aims that meet all of its criteria at once, and for each criterion aims just inside and just outside of it with
 * the others met. Equal ones of one chain are there once.
 */
export function aimsOf(ruleset: Ruleset): readonly Aim[] {
  const sets = new Map(ruleset.ipSets.map((set) => [set.name, set]));
  const found = new Map<string, Aim>();
  for (const { name: table, chains } of ruleset.tables) {
    for (const { kind, name, rules } of chains) {
      const place = kind === 'base' ? {} : { chain: { table, name } };
      for (const rule of rules) {
        for (const aim of aimsOfRule(rule, ruleset.family, sets)) {
          const placed = { ...aim, ...place };
          found.set(keyOf(placed), placed);
        }
      }
    }
  }
  return [...found.values()];
}

function keyOf(aim: Aim): string {
  return JSON.stringify(aim);
}

/** An aim without what the rule itself says. */
export type Variant = Omit<Aim, 'family' | 'chain'>;

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
      return setVariants(sets.get(match.set), match.directions);
    case 'multiport-either':
      return [
        ...portVariants(match.ranges, 'source'),
        ...portVariants(match.ranges, 'destination'),
      ];
    case 'iprange':
      return [
        ...rangeVariants(match.source?.value, 'source'),
        ...rangeVariants(match.destination?.value, 'destination'),
      ];
    case 'tcp-flags': {
      const { set, mask } = match;
      return [set, (set ^ (mask & -mask)) >>> 0].map((tcpFlags) => ({ tcpFlags }));
    }
    case 'hop-limit':
      return byteEdges(match.value).map((ttl) => ({ ttl }));
    case 'length':
      return lengthVariants(match.lengths.value);
    default:
      return [];
  }
}

function portVariants(
  ranges: readonly { readonly first: number; readonly last: number }[],
  side: Side,
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

function rangeVariants(range: AddressRange | undefined, side: Side): readonly Variant[] {
  if (range === undefined) return [];
  const edges = [range.first, range.last].flatMap((address) => addressEdges(hostCidr(address)));
  return [range.first, ...edges].map((address) =>
    side === 'source' ? { source: address } : { destination: address },
  );
}

/** No packet is shorter than its headers, and none here longer than an interface takes. */
const SHORTEST = 60;
const LONGEST = 1500;

function lengthVariants({ first, last }: NumberRange): readonly Variant[] {
  const lengths = [first, first - 1, last, last + 1];
  return lengths
    .filter((length) => length >= SHORTEST && length <= LONGEST)
    .map((length) => ({ length }));
}
