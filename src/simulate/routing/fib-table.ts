import { type Cidr, renderCidr } from '../../address/cidr.ts';
import { type IpAddress, renderIpAddress } from '../../address/ip-address.ts';
import type { RouteType } from '../../host/host.ts';
import type { RouteOutcome } from './route-outcome.ts';

/** What a route does; beside what can be written, what the kernel derives from addresses. */
export type FibType = RouteType | 'broadcast' | 'anycast' | 'none';

/** One route as a lookup finds it, with the outcomes that it leads to made beforehand. */
export interface FibEntry {
  readonly type: FibType;
  readonly to: Cidr;
  readonly dev: string;
  readonly via: IpAddress | undefined;
  readonly metric: number;
  /** Of equal prefixes the kernel finds table local first. */
  readonly rank: number;
  readonly src: IpAddress | undefined;
  /** The route in the words of `ip route`. */
  readonly text: string;
  /** Delivery or forwarding; undefined for types that are neither. */
  readonly outcome: RouteOutcome | undefined;
  /** Why nobody can say where packets of the route go, or whether it is theirs; undefined for what is modelled. */
  readonly unknown: string | undefined;
  /** With `unknown`: whether a lookup ends here for certain, and by a unicast route. */
  readonly isMet: boolean;
  /** The route of equal cost that the kernel spreads flows over (IPv6); undefined: none. */
  sibling: FibEntry | undefined;
}

/** A route before it is worked out what it means. Without a metric it has the best. */
export interface FibEntryOptions {
  readonly type: FibType;
  readonly to: Cidr;
  readonly dev: string;
  readonly table: string;
  readonly via?: IpAddress | undefined;
  readonly metric?: number;
  readonly src?: IpAddress | undefined;
  /** What it has that is not modelled, by the words of `ip route`. */
  readonly notModelled?: readonly string[];
}

/** What a route has that decides whether it is a packet's at all. */
const CONDITIONS = ['tos', 'from'];

/** The route as lookups find it. */
export function fibEntry(options: FibEntryOptions): FibEntry {
  const text = entryText(options);
  const unknown = whyUnknown(options, text);
  return {
    type: options.type,
    to: options.to,
    dev: options.dev,
    via: options.via,
    metric: options.metric ?? 0,
    rank: rankOf(options),
    src: options.src,
    text,
    outcome:
      unknown === undefined
        ? entryOutcome(options, text)
        : { kind: 'undetermined', reason: unknown },
    unknown,
    isMet: options.type === 'unicast' && rankOf(options) >= 0,
    sibling: undefined,
  };
}

/** What holds only for some packets comes before what holds for all. */
function rankOf({ table, notModelled = [] }: FibEntryOptions): number {
  if (notModelled.some((name) => CONDITIONS.includes(name))) return -1;
  return table === 'local' ? 0 : 1;
}

function whyUnknown({ type, notModelled = [] }: FibEntryOptions, text: string): string | undefined {
  if (type === 'multicast') return `route ${text}: multicast routing is not modelled`;
  if (notModelled.length === 0) return undefined;
  const names = notModelled.map((name) => `\`${name}\``).join(', ');
  return `route ${text} has ${names}, which is not modelled`;
}

function entryText({ type, to, via, dev, metric = 0, table }: FibEntryOptions): string {
  const parts: string[] = type === 'unicast' ? [] : [type];
  const host = to.prefixLength === (to.network.family === 4 ? 32 : 128);
  if (to.prefixLength === 0) parts.push('default');
  else parts.push(host ? renderIpAddress(to.network) : renderCidr(to));
  if (via !== undefined) parts.push(`via ${renderIpAddress(via)}`);
  if (dev !== '' && (type !== 'local' || dev !== 'lo')) parts.push(`dev ${dev}`);
  if (table !== 'main' && table !== 'local') parts.push(`table ${table}`);
  if (metric !== 0 && type === 'unicast') parts.push(`metric ${metric}`);
  return parts.join(' ');
}

function entryOutcome({ type, dev, via }: FibEntryOptions, text: string): RouteOutcome | undefined {
  if (type === 'unicast') {
    return { kind: 'forward', outInterface: dev, nextHop: via, reason: `route ${text}` };
  }
  if (type === 'local') return { kind: 'local', reason: `an address of this host (${text})` };
  if (type === 'broadcast')
    return { kind: 'local', reason: `a subnet's broadcast address (${text})` };
  if (type === 'anycast')
    return { kind: 'local', reason: `the subnet's routers' address (${text})` };
  return undefined;
}

/** The routes of one prefix length, by network. */
interface LengthGroup {
  readonly prefixLength: number;
  readonly m0: number;
  readonly m1: number;
  readonly m2: number;
  readonly m3: number;
  /** Keyed by a hash of the network; a bucket may hold several networks, each with its entries best first. */
  readonly buckets: Map<number, FibEntry[]>;
}

/** How a lookup treats interfaces. `only`: routes by no other interface; `prefer`: among equal routes this one. */
export type InterfaceChoice = 'any' | 'only' | 'prefer' | 'prefer-any-metric';

/** One routing table of one family: longest prefix first, then table local, lowest metric, oldest. */
export class FibTable {
  /** Longest first. */
  readonly #groups: LengthGroup[] = [];

  /** Every route, in the order in which a lookup comes to them. */
  *entries(): IterableIterator<FibEntry> {
    for (const { buckets } of this.#groups) for (const bucket of buckets.values()) yield* bucket;
  }

  add(entry: FibEntry): void {
    const { prefixLength, m0, m1, m2, m3, network } = entry.to;
    let at = this.#groups.findIndex((group) => group.prefixLength <= prefixLength);
    if (at < 0) at = this.#groups.length;
    if (this.#groups[at]?.prefixLength !== prefixLength) {
      this.#groups.splice(at, 0, { prefixLength, m0, m1, m2, m3, buckets: new Map() });
    }
    const buckets = (this.#groups[at] as LengthGroup).buckets;
    const key = hash(network.w0, network.w1, network.w2, network.w3);
    const bucket = buckets.get(key) ?? [];
    buckets.set(key, bucket);
    insertEntry(bucket, entry);
  }

  /** The blocks that routes of this table lead to, some of them several times. */
  *blocks(): Generator<Cidr, void> {
    for (const { buckets } of this.#groups) {
      for (const bucket of buckets.values()) for (const { to } of bucket) yield to;
    }
  }

  /**
   * The route to `address`, reject types included; undefined when none matches.
   *
   * `dev` is looked at unless `choice` is `any`. HOT
   */
  find(address: IpAddress, dev: string, choice: InterfaceChoice): FibEntry | undefined {
    const groups = this.#groups;
    const count = groups.length;
    for (let i = 0; i < count; i++) {
      const group = groups[i] as LengthGroup;
      const w0 = address.w0 & group.m0;
      const w1 = address.w1 & group.m1;
      const w2 = address.w2 & group.m2;
      const w3 = address.w3 & group.m3;
      const bucket = group.buckets.get(hash(w0, w1, w2, w3));
      if (bucket === undefined) continue;
      const found = pick(bucket, w0 >>> 0, w1 >>> 0, w2 >>> 0, w3 >>> 0, dev, choice);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** HOT */
function hash(w0: number, w1: number, w2: number, w3: number): number {
  let h = Math.imul(w0, 0x9e3779b1) ^ w1;
  h = Math.imul(h, 0x85ebca6b) ^ w2;
  h = Math.imul(h, 0xc2b2ae35) ^ w3;
  return h | 0;
}

/** HOT */
function pick(
  bucket: readonly FibEntry[],
  w0: number,
  w1: number,
  w2: number,
  w3: number,
  dev: string,
  choice: InterfaceChoice,
): FibEntry | undefined {
  let best: FibEntry | undefined;
  const count = bucket.length;
  for (let i = 0; i < count; i++) {
    const entry = bucket[i] as FibEntry;
    const n = entry.to.network;
    if (n.w3 !== w3 || n.w2 !== w2 || n.w1 !== w1 || n.w0 !== w0) continue;
    // IPv4's reject types have no interface and end the lookup whichever is wanted.
    if (choice === 'any' || entry.dev === dev || entry.dev === '') {
      // A later entry may be by the wanted interface and yet cost more than the first.
      if (best === undefined || choice === 'prefer-any-metric') return entry;
      return entry.metric === best.metric && entry.rank === best.rank ? entry : best;
    }
    if (choice !== 'only' && best === undefined) best = entry;
  }
  return best;
}

function insertEntry(bucket: FibEntry[], entry: FibEntry): void {
  const after = (other: FibEntry): boolean =>
    other.rank > entry.rank || (other.rank === entry.rank && other.metric > entry.metric);
  const at = bucket.findIndex(after);
  markSibling(bucket, entry);
  bucket.splice(at < 0 ? bucket.length : at, 0, entry);
}

/** IPv6 makes one multipath route of gateways of equal prefix and metric; IPv4 refuses the second. */
function markSibling(bucket: readonly FibEntry[], entry: FibEntry): void {
  if (entry.to.network.family === 4 || entry.via === undefined) return;
  const first = bucket.find(
    (other) =>
      other.via !== undefined &&
      other.metric === entry.metric &&
      other.rank === entry.rank &&
      other.dev !== entry.dev &&
      other.to.prefixLength === entry.to.prefixLength &&
      renderCidr(other.to) === renderCidr(entry.to),
  );
  if (first !== undefined) {
    first.sibling = entry;
    entry.sibling = first;
  }
}
