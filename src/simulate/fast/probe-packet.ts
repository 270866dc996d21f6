import type { IpAddress, IpFamily } from '../../address/ip-address.ts';
import { ipv4 } from '../../address/ip-address.ts';
import type { Packet } from '../../packet/packet.ts';

/** Nothing but addresses and a time to live that is not used up in transit. */
const PROBE: Packet = {
  in: undefined,
  family: 4,
  protocol: 0,
  source: ipv4(0),
  destination: ipv4(0),
  sourcePort: 0,
  destinationPort: 0,
  tcpFlags: 0,
  tcpSequence: undefined,
  tcpAcknowledgement: undefined,
  icmpType: 0,
  icmpCode: 0,
  icmpId: 0,
  quoted: undefined,
  sctpChunk: undefined,
  mac: undefined,
  ttl: 64,
  tos: 0,
  length: undefined,
  mark: 0,
  state: undefined,
  uid: undefined,
  gid: undefined,
  timeSeconds: undefined,
};

/** A packet to ask routing about, which looks at addresses and protocol alone. */
export function probePacket(fields: {
  readonly family: IpFamily;
  readonly protocol: number;
  readonly source: IpAddress;
  readonly destination: IpAddress;
}): Packet {
  return { ...PROBE, ...fields };
}
