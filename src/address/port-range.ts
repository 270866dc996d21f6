/** Ports from `first` to `last`, both included, 0 to 65535. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

const PORT = /^\d{1,5}$/;

/** Parses `80` or `1000:2000` (the separator is Calico's and iptables' colon); undefined for anything else. */
export function parsePortRange(text: string): PortRange | undefined {
  const colon = text.indexOf(':');
  const first = parsePort(colon < 0 ? text : text.slice(0, colon));
  const last = colon < 0 ? first : parsePort(text.slice(colon + 1));
  if (first === undefined || last === undefined || first > last) return undefined;
  return { first, last };
}

/** Parses a decimal port, 0 to 65535. */
export function parsePort(text: string): number | undefined {
  if (!PORT.test(text)) return undefined;
  const port = Number(text);
  return port <= 65535 ? port : undefined;
}

/** `80` or `1000:2000`. */
export function renderPortRange(range: PortRange): string {
  return range.first === range.last ? `${range.first}` : `${range.first}:${range.last}`;
}

/** Whether the port is in the range. HOT */
export function portRangeContains(range: PortRange, port: number): boolean {
  return port >= range.first && port <= range.last;
}
