import { type IpAddress, renderIpAddress } from '../address/ip-address.ts';
import {
  hasPorts,
  IP_PROTOCOL,
  isIcmp,
  parseProtocol,
  renderProtocol,
} from '../address/protocol.ts';
import { LOCAL, type Packet, TCP_FLAG } from '../packet/packet.ts';
import { type PacketProblem, parsePacketFields } from '../packet/packet-text.ts';
import type { PacketResult } from '../simulate/packet-result.ts';

export type BuiltReply =
  | { readonly kind: 'packet'; readonly packet: Packet }
  /** The packet before arrived nowhere, so nobody answers it. */
  | { readonly kind: 'no-receiver'; readonly reason: string }
  | { readonly kind: 'problems'; readonly problems: readonly PacketProblem[] };

/**
 * The answer to a packet as its receiver would send it: addresses and ports of its end swapped, from where it was delivered, with
 * the flags or type that answer its own. `fields` of the packet's object form override. An ICMP error quotes the packet.
 */
export function buildReply(
  before: PacketResult,
  fields: Readonly<Record<string, unknown>>,
): BuiltReply {
  const { packet, final, delivered, verdict } = before;
  if (delivered === null) {
    return { kind: 'no-receiver', reason: `the packet before was not delivered (${verdict})` };
  }
  const protocol = protocolOf(fields) ?? packet.protocol;
  const same = protocol === packet.protocol;
  const answer: Record<string, unknown> = {
    in: delivered === 'local' ? LOCAL : delivered,
    proto: renderProtocol(protocol),
    src: renderIpAddress(final.destination),
    dst: renderIpAddress(final.source),
    ...(same && hasPorts(protocol)
      ? { sport: final.destinationPort, dport: final.sourcePort }
      : {}),
    ...(same && protocol === IP_PROTOCOL.tcp ? { flags: answerFlags(packet.tcpFlags) } : {}),
    ...(same && isIcmp(protocol) ? answerIcmp(packet) : {}),
    ...fields,
  };
  const parsed = parsePacketFields(answer);
  if (parsed.kind === 'problems') return parsed;
  if (!isIcmpError(parsed.packet)) return parsed;
  return {
    kind: 'packet',
    packet: { ...parsed.packet, quoted: parsed.packet.quoted ?? asReceived(before) },
  };
}

function protocolOf(fields: Readonly<Record<string, unknown>>): number | undefined {
  const { proto } = fields;
  return proto === undefined ? undefined : parseProtocol(String(proto));
}

/** What a TCP that is content sends next. */
function answerFlags(flags: number): string {
  const { S, A, F, R, P } = TCP_FLAG;
  if ((flags & R) !== 0) return 'R';
  if ((flags & S) !== 0) return (flags & A) === 0 ? 'SA' : 'A';
  if ((flags & F) !== 0) return 'FA';
  return (flags & P) !== 0 ? 'A' : 'PA';
}

/** The type that answers a query, by type. Source: RFC 792, RFC 950, RFC 1256, RFC 4443, RFC 4620. */
const ICMP_ANSWERS: ReadonlyMap<number, number> = new Map([
  [8, 0],
  [10, 9],
  [13, 14],
  [15, 16],
  [17, 18],
]);
const ICMPV6_ANSWERS: ReadonlyMap<number, number> = new Map([
  [128, 129],
  [133, 134],
  [135, 136],
  [139, 140],
]);

function answerIcmp(packet: Packet): Record<string, unknown> {
  const answers = packet.protocol === IP_PROTOCOL.icmp ? ICMP_ANSWERS : ICMPV6_ANSWERS;
  const queries = new Map([...answers].map(([query, answer]) => [answer, query]));
  const type = answers.get(packet.icmpType) ?? queries.get(packet.icmpType) ?? packet.icmpType;
  return { type, code: packet.icmpCode, id: packet.icmpId };
}

/** Source: RFC 792 (3, 4, 5, 11, 12), RFC 4443 section 2.1 (below 128). */
function isIcmpError(packet: Packet): boolean {
  if (packet.protocol === IP_PROTOCOL.icmpv6) return packet.icmpType < 128;
  return packet.protocol === IP_PROTOCOL.icmp && [3, 4, 5, 11, 12].includes(packet.icmpType);
}

/** The packet with the headers that its receiver saw. */
function asReceived({ packet, final }: PacketResult): Packet {
  const headers: {
    source: IpAddress;
    destination: IpAddress;
    sourcePort: number;
    destinationPort: number;
  } = final;
  const { source, destination, sourcePort, destinationPort } = headers;
  return { ...packet, source, destination, sourcePort, destinationPort };
}
