import type { PacketInFlight } from './packet-in-flight.ts';

/** Matches that look for one header and are not met without it, inverted ones neither; by the number of the header. Source: ip6t_rt.c, ip6t_frag.c, ip6t_hbh.c, ip6t_ah.c, ip6t_mh.c, xt_esp.c, ipt_ah.c, Linux 6.6. */
const LOOKS_FOR: Readonly<Record<string, number>> = {
  hbh: 0,
  rt: 43,
  frag: 44,
  esp: 50,
  ah: 51,
  dst: 60,
  mh: 135,
};

/** What is a header of its own in IPv6, and not what the packet carries. */
const EXTENSION_HEADERS: ReadonlySet<number> = new Set([0, 43, 44, 50, 51, 59, 60]);

/** How iptables names what a packet carries, beside the names of headers. Source: libip6t_ipv6header.c, iptables 1.8.9. */
const CARRIED: ReadonlySet<string> = new Set(['prot', '255', 'protocol']);

/**
 * Whether a packet meets a match that has no kind of its own, where that is plain because the packet has none of the headers asked for: one that
 * is written as fields has its protocol's header alone, and so have most of those that were read from bytes. Undefined for all others.
 */
export function matchesWithoutHeader(
  { name, text }: { readonly name: string; readonly text: string },
  { family, protocol, packet }: PacketInFlight,
): boolean | undefined {
  // What a packet's bytes have of such headers is not kept.
  if (packet.wire !== undefined && packet.wire.hasExtensions !== false) return undefined;
  if (name === 'ipv6header') {
    return family === 6 && !EXTENSION_HEADERS.has(protocol) ? hasOnlyCarried(text) : undefined;
  }
  const wanted = LOOKS_FOR[name];
  return wanted === undefined || wanted === protocol ? undefined : false;
}

/** `-m ipv6header` of a packet without extension headers. Source: ip6t_ipv6header.c, ipv6header_mt6, Linux 6.6. */
function hasOnlyCarried(text: string): boolean | undefined {
  const found = /^-m ipv6header (! )?--header (\S+)( --soft)?$/.exec(text);
  if (found === null) return undefined;
  const names = (found[2] as string).toLowerCase().split(',');
  const asked = names.filter((name) => !CARRIED.has(name)).length > 0;
  const carried = names.some((name) => CARRIED.has(name));
  const isNegated = found[1] !== undefined;
  // With `--soft` each header that is named must be there (`!`: must not), other ones may be.
  if (found[3] !== undefined) return isNegated ? !carried : carried && !asked;
  return (carried && !asked) !== isNegated;
}
