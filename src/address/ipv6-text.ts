/** The eight 16-bit groups of an IPv6 address, most significant first. */
export type Ipv6Groups = readonly number[];

const GROUP = /^[\da-f]{1,4}$/i;
const EMBEDDED_IPV4 = /^(.*:)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

/**
 * Parses every text form of RFC 4291 section 2.2: full, with `::`, and ending in a dotted quad. Undefined for anything else, zones
 * included.
 */
export function parseIpv6Groups(text: string): Ipv6Groups | undefined {
  const hex = withoutDottedQuad(text);
  if (hex === undefined) return undefined;
  const gap = hex.indexOf('::');
  if (gap < 0) return groupsOf(hex, 8);
  const before = groupsOf(hex.slice(0, gap));
  const after = groupsOf(hex.slice(gap + 2));
  if (before === undefined || after === undefined) return undefined;
  const zeros = 8 - before.length - after.length;
  // `::` stands for at least one group.
  return zeros < 1 ? undefined : [...before, ...new Array<number>(zeros).fill(0), ...after];
}

/** The groups as RFC 5952 wants them: lower case, no leading zeros, `::` for the longest run of two zeros or more. */
export function renderIpv6Groups(groups: Ipv6Groups): string {
  const { start, length } = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

/** The first of the longest runs. */
function longestZeros(groups: Ipv6Groups): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  for (let i = 0; i < groups.length; i++) {
    let end = i;
    while (groups[end] === 0) end++;
    if (end - i > best.length) best = { start: i, length: end - i };
    if (end > i) i = end;
  }
  return best;
}

function withoutDottedQuad(text: string): string | undefined {
  const found = EMBEDDED_IPV4.exec(text);
  if (found === null) return text;
  const octets = found.slice(2);
  if (octets.some((octet) => Number(octet) > 255 || /^0\d/.test(octet))) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = octets.map(Number);
  return `${found[1]}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

function groupsOf(text: string, count?: number): number[] | undefined {
  const parts = text === '' ? [] : text.split(':');
  if (count !== undefined && parts.length !== count) return undefined;
  return parts.every((part) => GROUP.test(part))
    ? parts.map((part) => Number.parseInt(part, 16))
    : undefined;
}
