import { type IpAddress, sameIpAddress } from '../../address/ip-address.ts';
import { IP_PROTOCOL } from '../../address/protocol.ts';
import type { ConnectionEntry } from './connection-entry.ts';

/** What begins a connection: nothing of it but where it goes can be expected. */
export interface Opening {
  readonly protocol: number;
  readonly source: IpAddress;
  readonly destination: IpAddress;
}

interface Expectation {
  readonly protocols: readonly number[];
  /** `between`: the ends of the connection that is followed; `to`: one of its ends, from anybody; `with`: one of its ends on either side. */
  readonly ends: 'between' | 'to' | 'with';
}

const { tcp, udp, gre } = IP_PROTOCOL;

/**
 * What helpers expect, with the parameters that their modules have by default.
 *
 * Source: nf_conntrack_ftp.c, nf_conntrack_tftp.c, nf_conntrack_sane.c, nf_conntrack_amanda.c, nf_conntrack_pptp.c, nf_conntrack_sip.c, nf_conntrack_irc.c,
 * nf_conntrack_broadcast.c (Linux 6.18), their calls of nf_ct_expect_init.
 */
const EXPECTATIONS: Readonly<Record<string, Expectation>> = {
  ftp: { protocols: [tcp], ends: 'between' },
  tftp: { protocols: [udp], ends: 'between' },
  sane: { protocols: [tcp], ends: 'between' },
  amanda: { protocols: [tcp], ends: 'between' },
  pptp: { protocols: [gre], ends: 'between' },
  sip: { protocols: [tcp, udp], ends: 'between' },
  irc: { protocols: [tcp], ends: 'to' },
  'netbios-ns': { protocols: [udp], ends: 'to' },
  snmp: { protocols: [udp], ends: 'to' },
};

/** Of any other helper: whatever it expects has an end in common with the connection that it follows. */
const OTHER: Expectation = { protocols: [tcp, udp, gre], ends: 'with' };

/** Whether the helper that follows a connection may expect such another one. */
export function mayExpect(
  entry: ConnectionEntry,
  { protocol, source, destination }: Opening,
): boolean {
  // A helper for another port than its own bears that in its name.
  const name = entry.helper?.name.replace(/-\d+$/, '') ?? '';
  const { protocols, ends } = (Object.hasOwn(EXPECTATIONS, name) && EXPECTATIONS[name]) || OTHER;
  if (!protocols.includes(protocol)) return false;
  const isTo = isEnd(entry, destination);
  if (ends === 'to') return isTo;
  const isFrom = isEnd(entry, source);
  return ends === 'between' ? isTo && isFrom : isTo || isFrom;
}

function isEnd({ original, reply }: ConnectionEntry, address: IpAddress): boolean {
  return [original.source, original.destination, reply.source, reply.destination].some((one) =>
    sameIpAddress(one, address),
  );
}
