import { type IpAddress, renderIpAddress } from '../address/ip-address.ts';
import { IP_PROTOCOL, isIcmp } from '../address/protocol.ts';
import { get16, get32 } from '../packet/header-bytes.ts';
import type { Packet } from '../packet/packet.ts';
import { hasIcmpId } from '../packet/packet-defaults.ts';
import type { PacketResult } from '../simulate/packet-result.ts';
import type { CapturedPacket } from './captured-packet.ts';
import type { FlowTable } from './flow-table.ts';

/** The two ends of a flow. */
export interface FlowEnds {
  readonly protocol: number;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** Ports; for an ICMP query its identifier, at both ends; else 0. */
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/**
 * The flow that a result's packet belongs to. With a connection it is the connection's first direction, so that what was translated and
 * the errors about it count with it.
 */
export function flowOfResult({ flow, packet }: PacketResult): FlowEnds {
  if (flow === undefined) return flowOfPacket(packet);
  const { protocol, source, destination, sourceKey, destinationKey } = flow;
  const destinationPort = isIcmp(protocol) ? sourceKey : destinationKey;
  return { protocol, source, destination, sourcePort: sourceKey, destinationPort };
}

function flowOfPacket(packet: Packet): FlowEnds {
  const { family, protocol, source, destination, icmpId } = packet;
  if (hasFlowPorts(protocol)) return packet;
  const id = isIcmp(protocol) && hasIcmpId(family, packet.icmpType) ? icmpId : 0;
  return { protocol, source, destination, sourcePort: id, destinationPort: id };
}

const words: Uint32Array = new Uint32Array(8);

/** Counts a packet of the flow, and of two classes. */
export function noteFlow(table: FlowTable, flow: FlowEnds, first: number, second: number): void {
  const { protocol, source, destination, sourcePort, destinationPort } = flow;
  if (source.family === 4) {
    table.note4(protocol, source.w3, destination.w3, sourcePort, destinationPort, first, second);
    return;
  }
  for (const [at, address] of [source, destination].entries()) {
    words[at * 4] = address.w0;
    words[at * 4 + 1] = address.w1;
    words[at * 4 + 2] = address.w2;
    words[at * 4 + 3] = address.w3;
  }
  table.note6(protocol, words, sourcePort, destinationPort, first, second);
}

/**
 * The same straight from a packet's bytes, for a packet that no connection translates: whole, and in IPv6 without extension headers, or
 * one of which nothing but its addresses matters. HOT
 */
export function noteFlowOfBytes(
  table: FlowTable,
  { bytes, start, end }: CapturedPacket,
  first: number,
  second: number,
): void {
  const isIpv4 = bytes[start]! >>> 4 === 4;
  const protocol = bytes[start + (isIpv4 ? 9 : 6)]!;
  const transport = start + (isIpv4 ? (bytes[start]! & 15) * 4 : 40);
  let sourcePort = 0;
  let destinationPort = 0;
  if (hasFlowPorts(protocol) && end >= transport + 4) {
    sourcePort = get16(bytes, transport);
    destinationPort = get16(bytes, transport + 2);
  } else if (isIcmp(protocol) && end >= transport + 8) {
    if (hasIcmpId(isIpv4 ? 4 : 6, bytes[transport]!)) {
      sourcePort = get16(bytes, transport + 4);
      destinationPort = sourcePort;
    }
  }
  if (isIpv4) {
    const source = get32(bytes, start + 12);
    const destination = get32(bytes, start + 16);
    table.note4(protocol, source, destination, sourcePort, destinationPort, first, second);
    return;
  }
  for (let i = 0; i < 8; i++) words[i] = get32(bytes, start + 8 + i * 4);
  table.note6(protocol, words, sourcePort, destinationPort, first, second);
}

/** The protocols whose flows have ports, as connection tracking has them. HOT */
export function hasFlowPorts(protocol: number): boolean {
  return (
    protocol === IP_PROTOCOL.tcp ||
    protocol === IP_PROTOCOL.udp ||
    protocol === IP_PROTOCOL.sctp ||
    protocol === IP_PROTOCOL.udplite
  );
}

/** `203.0.113.7:40000`, `[2001:db8::7]:40000`, or the address alone. */
export function renderEnd(address: IpAddress, port: number, protocol: number): string {
  const text = renderIpAddress(address);
  if (!hasFlowPorts(protocol)) return text;
  return address.family === 6 ? `[${text}]:${port}` : `${text}:${port}`;
}
