/** A rule by its place: chain, and number from 1. */
export interface RulePlace {
  readonly chain: string;
  readonly rule: number;
}

/** Rules by family, table and handle, as `rulePlaceKey` writes them. */
export type RulePlaces = ReadonlyMap<string, RulePlace>;

/** The key of a rule; `family` is nft's word, `ip` or `ip6`. */
export function rulePlaceKey(family: string, table: string, handle: number): string {
  return `${family} ${table} ${handle}`;
}

/**
 * Finds the places of rules, whose order iptables numbers, by the handles that nft knows them by. `json` is what `nft -j list ruleset`
 * prints.
 *
 * @throws Error for anything else.
 */
export function parseRulePlaces(json: string): RulePlaces {
  const listed = field(JSON.parse(json), 'nftables');
  if (!Array.isArray(listed)) throw new Error('nft listed no ruleset');
  const places = new Map<string, RulePlace>();
  const counts = new Map<string, number>();
  for (const item of listed) {
    const rule = field(item, 'rule');
    if (rule === undefined) continue;
    const [family, table, chain] = [
      field(rule, 'family'),
      field(rule, 'table'),
      field(rule, 'chain'),
    ];
    const handle = field(rule, 'handle');
    const isRule =
      typeof family === 'string' && typeof table === 'string' && typeof chain === 'string';
    if (!isRule || typeof handle !== 'number') throw new Error('nft listed a rule without a place');
    const counted = `${family} ${table} ${chain}`;
    const number = (counts.get(counted) ?? 0) + 1;
    counts.set(counted, number);
    places.set(rulePlaceKey(family, table, handle), { chain, rule: number });
  }
  return places;
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}
