import type { IpFamily } from '../../address/ip-address.ts';
import { hasPorts, IP_PROTOCOL } from '../../address/protocol.ts';
import type { ElementPart } from '../ip-set.ts';
import { parseIcmpType } from '../option/icmp-types.ts';
import { DASHED_PORT_RANGE } from '../option/port-codecs.ts';
import { parseProtocolWord } from '../option/protocol-codec.ts';

type PortPart = Extract<ElementPart, { kind: 'port' }>;

/**
 * The ports of `tcp:80`, `80-90` (tcp), `icmp:8/0`, `icmpv6:echo-request` or `esp:0`, one part for each. Undefined for text that ipset would not take.
 * `plain`: the set has ports without protocols.
 */
export function expandPorts(
  text: string,
  { family, plain }: { readonly family: IpFamily; readonly plain: boolean },
): readonly PortPart[] | undefined {
  if (plain) return portsOf(text, 0);
  const colon = text.indexOf(':');
  if (colon < 0) return portsOf(text, IP_PROTOCOL.tcp);
  const protocol = parseProtocolWord(text.slice(0, colon));
  const value = text.slice(colon + 1);
  if (protocol === undefined || protocol === 0) return undefined;
  const icmp = family === 4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.icmpv6;
  if (protocol === icmp) {
    const found = parseIcmpType(value, family);
    if (found === undefined) return undefined;
    return [{ kind: 'port', protocol, port: (found.type << 8) | (found.code ?? 0) }];
  }
  if (hasPorts(protocol)) return portsOf(value, protocol);
  return value === '0' ? [{ kind: 'port', protocol, port: 0 }] : undefined;
}

function portsOf(text: string, protocol: number): readonly PortPart[] | undefined {
  const range = DASHED_PORT_RANGE.parse(text, 4);
  if (range === undefined) return undefined;
  return Array.from({ length: range.last - range.first + 1 }, (_, i) => ({
    kind: 'port',
    protocol,
    port: range.first + i,
  }));
}
