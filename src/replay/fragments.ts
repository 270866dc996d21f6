import { put16 } from '../packet/header-bytes.ts';
import type { IpHeader } from '../packet/ip-header.ts';
import type { CapturedPacket } from './captured-packet.ts';

/** What waits for the rest of a datagram. */
export interface Datagram {
  readonly family: 4 | 6;
  /** In IPv6 what the first fragment says, when it is there. */
  readonly protocol: number;
  /** Both addresses' bytes, the source first. */
  readonly addresses: Uint8Array;
  readonly expiresAtMs: number;
}

/** What became of one fragment. */
export type FragmentEnd =
  | { readonly kind: 'waits'; readonly datagram: Datagram }
  /** The fragment alone is dropped. */
  | { readonly kind: 'dropped'; readonly reason: string }
  /** The datagram is dropped with everything that was there of it. */
  | { readonly kind: 'given-up'; readonly datagram: Datagram; readonly reason: string }
  /** The datagram is whole; the bytes are an IP packet without any fragment header, of which the captures hold `capturedBytes`. */
  | {
      readonly kind: 'whole';
      readonly datagram: Datagram;
      readonly bytes: Uint8Array;
      readonly capturedBytes: number;
    };

/** How long parts wait for the rest. */
export interface FragmentSettings {
  readonly timeoutMs: { readonly 4: number; readonly 6: number };
  /** What may wait in all, of each family. */
  readonly mostBytes: number;
}

/** Reads the settings from sysctls by full name; what is absent has the kernel's default. */
export function fragmentSettings(sysctls: ReadonlyMap<string, number>): FragmentSettings {
  return {
    timeoutMs: {
      4: (sysctls.get('net.ipv4.ipfrag_time') ?? 30) * 1000,
      6: (sysctls.get('net.netfilter.nf_conntrack_frag6_timeout') ?? 60) * 1000,
    },
    mostBytes: sysctls.get('net.ipv4.ipfrag_high_thresh') ?? 4 * 1024 * 1024,
  };
}

interface Part {
  readonly offset: number;
  /** Zeros where the capture lacks them. */
  readonly bytes: Uint8Array;
  readonly capturedBytes: number;
}

interface Waiting extends Datagram {
  protocol: number;
  readonly key: string;
  readonly parts: Part[];
  /** Everything up to the fragment's payload; of the first fragment. */
  headers: Uint8Array | undefined;
  /** One past the last byte; known with the last fragment. */
  length: number | undefined;
  cost: number;
}

/** What the kernel spends on a fragment beside its bytes, about. */
const PART_COST = 768;

const LONGEST_DATAGRAM = 65_535;

/**
 * Puts fragments together, as the kernel does in front of connection tracking: nobody sees one before its datagram is whole.
 *
 * Source: net/ipv4/ip_fragment.c, inet_frag_queue_insert; net/ipv6/netfilter/nf_conntrack_reasm.c (Linux 6.18); netfilter-facts 3.4.
 */
export class Fragments {
  readonly #settings: FragmentSettings;
  readonly #waiting: Map<string, Waiting> = new Map();
  #bytesWaiting = 0;

  constructor(settings: FragmentSettings) {
    this.#settings = settings;
  }

  /** Takes a fragment, whose header has been read. */
  add({ bytes, start, end: capturedEnd, nowMs, header }: CapturedPacket): FragmentEnd {
    const waiting = this.#find(bytes, header, nowMs);
    if (waiting === undefined) return { kind: 'dropped', reason: 'too many fragments wait' };
    const { fragmentOffset, moreFragments, transport } = header;
    const length = lengthOf(header);
    if (length === undefined) {
      this.#forgetEmpty(waiting);
      return { kind: 'dropped', reason: 'a fragment that ends within a word' };
    }
    const end = fragmentOffset + length;
    if (end > LONGEST_DATAGRAM) return this.#giveUp(waiting, 'a datagram beyond 65535 bytes');
    if (!moreFragments) {
      const isContrary = waiting.length !== undefined && waiting.length !== end;
      if (isContrary || end < reachOf(waiting.parts)) {
        return this.#giveUp(waiting, 'fragments that disagree about the length');
      }
      waiting.length = end;
    } else if (waiting.length !== undefined && end > waiting.length) {
      return this.#giveUp(waiting, 'fragments that disagree about the length');
    }
    const place = placeFor(waiting.parts, fragmentOffset, end);
    if (place === 'known') return { kind: 'dropped', reason: 'a fragment that was there already' };
    if (place === 'overlap') return this.#giveUp(waiting, 'fragments that overlap');
    const there = bytes.subarray(transport, Math.min(transport + length, capturedEnd));
    const part = new Uint8Array(length);
    part.set(there);
    const capturedBytes = there.length;
    waiting.parts.splice(place, 0, { offset: fragmentOffset, bytes: part, capturedBytes });
    waiting.cost += part.length + PART_COST;
    this.#bytesWaiting += part.length + PART_COST;
    if (fragmentOffset === 0) {
      waiting.headers = bytes.slice(start, header.family === 4 ? transport : header.fragmentHeader);
      waiting.protocol = header.protocol;
    }
    if (!isWhole(waiting)) return { kind: 'waits', datagram: waiting };
    this.#remove(waiting);
    return { kind: 'whole', datagram: waiting, ...joined(waiting) };
  }

  /** The datagrams whose time is over at `nowMs`, or all that wait; they are forgotten. */
  expired(nowMs: number): readonly Datagram[] {
    const over: Waiting[] = [];
    for (const waiting of this.#waiting.values()) {
      if (waiting.expiresAtMs <= nowMs) over.push(waiting);
    }
    for (const waiting of over) this.#remove(waiting);
    return over;
  }

  #find(bytes: Uint8Array, header: IpHeader, nowMs: number): Waiting | undefined {
    const addressBytes = header.family === 4 ? 8 : 32;
    const addresses = bytes.slice(header.source, header.source + addressBytes);
    // IPv6 does not tell protocols apart here: the first fragment alone may know it.
    const protocol = header.family === 4 ? header.protocol : 0;
    const key = `${header.family} ${header.identification} ${protocol} ${addresses.join(' ')}`;
    const known = this.#waiting.get(key);
    if (known !== undefined) return known;
    if (this.#bytesWaiting > this.#settings.mostBytes) return undefined;
    const made: Waiting = {
      family: header.family,
      protocol: header.protocol,
      addresses,
      expiresAtMs: nowMs + this.#settings.timeoutMs[header.family],
      key,
      parts: [],
      headers: undefined,
      length: undefined,
      cost: 0,
    };
    this.#waiting.set(key, made);
    return made;
  }

  #giveUp(waiting: Waiting, reason: string): FragmentEnd {
    this.#remove(waiting);
    return { kind: 'given-up', datagram: waiting, reason };
  }

  #forgetEmpty(waiting: Waiting): void {
    if (waiting.parts.length === 0) this.#remove(waiting);
  }

  #remove(waiting: Waiting): void {
    this.#waiting.delete(waiting.key);
    this.#bytesWaiting -= waiting.cost;
  }
}

/** Bytes of the fragment's payload; undefined for one that cannot be continued. IPv4 cuts such a one to whole words. */
function lengthOf(header: IpHeader): number | undefined {
  const length = header.datagramEnd - header.transport;
  if (!header.moreFragments) return length;
  const whole = length & ~7;
  if (header.family === 6 && whole !== length) return undefined;
  return whole === 0 ? undefined : whole;
}

function reachOf(parts: readonly Part[]): number {
  const last = parts.at(-1);
  return last === undefined ? 0 : last.offset + last.bytes.length;
}

/** Where among the parts, which are in order, there is room for one from `offset` to `end`. */
function placeFor(
  parts: readonly Part[],
  offset: number,
  end: number,
): number | 'known' | 'overlap' {
  let place = 0;
  // A run of parts that touch each other counts as one.
  let runStart = 0;
  let runEnd = 0;
  for (const [index, part] of parts.entries()) {
    if (part.offset !== runEnd || index === 0) runStart = part.offset;
    runEnd = part.offset + part.bytes.length;
    const next = parts[index + 1];
    if (next !== undefined && next.offset === runEnd) {
      if (part.offset < offset) place = index + 1;
      continue;
    }
    if (offset >= runStart && end <= runEnd) return 'known';
    if (offset < runEnd && end > runStart) return 'overlap';
    if (runEnd <= offset) place = index + 1;
  }
  return place;
}

function isWhole({ parts, length, headers }: Waiting): boolean {
  if (length === undefined || headers === undefined) return false;
  let reach = 0;
  for (const part of parts) {
    if (part.offset !== reach) return false;
    reach += part.bytes.length;
  }
  return reach === length;
}

function joined(waiting: Waiting): { readonly bytes: Uint8Array; readonly capturedBytes: number } {
  const { headers, parts, length, family } = waiting;
  if (headers === undefined || length === undefined) throw new Error('the datagram is not whole');
  const bytes = new Uint8Array(headers.length + length);
  bytes.set(headers);
  for (const part of parts) bytes.set(part.bytes, headers.length + part.offset);
  if (family === 4) {
    put16(bytes, 2, Math.min(bytes.length, LONGEST_DATAGRAM));
    put16(bytes, 6, 0);
  } else {
    put16(bytes, 4, Math.min(bytes.length - 40, LONGEST_DATAGRAM));
    setNextHeader(bytes, headers.length, waiting.protocol);
  }
  const cut = parts.find((part) => part.capturedBytes < part.bytes.length);
  const capturedBytes =
    cut === undefined ? bytes.length : headers.length + cut.offset + cut.capturedBytes;
  return { bytes, capturedBytes };
}

/** Names in the last of the headers, in place of the fragment header, what that led to. */
function setNextHeader(bytes: Uint8Array, headersEnd: number, protocol: number): void {
  let at = 6;
  let offset = 40;
  while (offset + 1 < headersEnd) {
    at = offset;
    offset += (bytes[offset + 1]! + 1) * 8;
  }
  bytes[at] = protocol;
}
