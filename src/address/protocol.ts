/** IP protocol numbers that have a meaning here. Source: IANA protocol numbers. */
export const IP_PROTOCOL = {
  icmp: 1,
  ipip: 4,
  tcp: 6,
  udp: 17,
  dccp: 33,
  gre: 47,
  icmpv6: 58,
  sctp: 132,
  udplite: 136,
} as const;

/** The names that packets, policies and rules may use instead of a number. */
const NAMES: ReadonlyMap<string, number> = new Map([
  ['icmp', 1],
  ['tcp', 6],
  ['udp', 17],
  ['icmpv6', 58],
  ['sctp', 132],
  ['udplite', 136],
]);

const NUMBERS: ReadonlyMap<number, string> = new Map([...NAMES].map(([name, n]) => [n, name]));

/** The number of `tcp`, `UDP`, `ICMPv6`, `17`, ... (case does not matter); undefined when it is none or above 255. */
export function parseProtocol(text: string): number | undefined {
  const named = NAMES.get(text.toLowerCase());
  if (named !== undefined) return named;
  if (!/^\d{1,3}$/.test(text)) return undefined;
  const number = Number(text);
  return number <= 255 ? number : undefined;
}

/** `tcp`, or the number in decimal for a protocol without a name here. */
export function renderProtocol(protocol: number): string {
  return NUMBERS.get(protocol) ?? String(protocol);
}

/** How JSON has it: its name, or its number where it has none here. */
export function protocolField(protocol: number): string | number {
  return NUMBERS.get(protocol) ?? protocol;
}

/** Whether packets of the protocol carry source and destination ports. */
export function hasPorts(protocol: number): boolean {
  return (
    protocol === IP_PROTOCOL.tcp ||
    protocol === IP_PROTOCOL.udp ||
    protocol === IP_PROTOCOL.sctp ||
    protocol === IP_PROTOCOL.udplite ||
    protocol === IP_PROTOCOL.dccp
  );
}

/** Whether the protocol is ICMP or ICMPv6. */
export function isIcmp(protocol: number): boolean {
  return protocol === IP_PROTOCOL.icmp || protocol === IP_PROTOCOL.icmpv6;
}
