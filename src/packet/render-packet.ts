import { renderIpAddress } from '../address/ip-address.ts';
import {
  hasPorts,
  IP_PROTOCOL,
  isIcmp,
  protocolField,
  renderProtocol,
} from '../address/protocol.ts';
import { type Packet, TCP_FLAG } from './packet.ts';
import {
  DEFAULT_ICMP_ID,
  DEFAULT_SCTP_CHUNK,
  DEFAULT_SOURCE_PORT,
  DEFAULT_TTL,
  defaultIcmpType,
  hasIcmpId,
} from './packet-defaults.ts';
import { renderTcpFlags } from './tcp-flags.ts';

/** The one-line form, with only what differs from the defaults; `parsePacketLine` gives the packet back. */
export function renderPacketLine(packet: Packet): string {
  const ports = hasPorts(packet.protocol);
  const sourcePort = packet.sourcePort === DEFAULT_SOURCE_PORT ? undefined : packet.sourcePort;
  const words = [
    renderProtocol(packet.protocol),
    renderEndpoint(renderIpAddress(packet.source), ports ? sourcePort : undefined),
    '->',
    renderEndpoint(renderIpAddress(packet.destination), ports ? packet.destinationPort : undefined),
  ];
  const { quoted, ...rest } = rareFields(packet);
  const fields = { in: packet.in, ...ownFieldsOffDefault(packet), ...rest, quoted };
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) words.push(`${name}=${value}`);
  }
  return words.join(' ');
}

/** The object form that results print: every field that the protocol has, and of the others those off their default. */
export function packetToFields(packet: Packet): Record<string, string | number> {
  const ports = hasPorts(packet.protocol);
  return withoutUndefined({
    in: packet.in,
    proto: protocolField(packet.protocol),
    src: renderIpAddress(packet.source),
    sport: ports ? packet.sourcePort : undefined,
    dst: renderIpAddress(packet.destination),
    dport: ports ? packet.destinationPort : undefined,
    ...ownFields(packet),
    ...rareFields(packet),
  });
}

type OptionalFields = Record<string, string | number | undefined>;

function ownFields(packet: Packet): OptionalFields {
  if (packet.protocol === IP_PROTOCOL.tcp) return { flags: renderTcpFlags(packet.tcpFlags) };
  if (packet.protocol === IP_PROTOCOL.sctp) return { chunk: packet.sctpChunk };
  if (!isIcmp(packet.protocol)) return {};
  const showId = hasIcmpId(packet.family, packet.icmpType) || packet.icmpId !== DEFAULT_ICMP_ID;
  return {
    type: packet.icmpType,
    code: packet.icmpCode,
    id: showId ? packet.icmpId : undefined,
  };
}

function ownFieldsOffDefault(packet: Packet): OptionalFields {
  if (packet.protocol === IP_PROTOCOL.tcp) {
    return { flags: packet.tcpFlags === TCP_FLAG.S ? undefined : renderTcpFlags(packet.tcpFlags) };
  }
  if (packet.protocol === IP_PROTOCOL.sctp) {
    return { chunk: packet.sctpChunk === DEFAULT_SCTP_CHUNK ? undefined : packet.sctpChunk };
  }
  if (!isIcmp(packet.protocol)) return {};
  const { family, icmpType, icmpCode, icmpId } = packet;
  return {
    type: icmpType === defaultIcmpType(family) ? undefined : icmpType,
    code: icmpCode === 0 ? undefined : icmpCode,
    id: icmpId === DEFAULT_ICMP_ID ? undefined : icmpId,
  };
}

function rareFields(packet: Packet): OptionalFields {
  return {
    seq: packet.tcpSequence,
    ack: packet.tcpAcknowledgement,
    mac: packet.mac,
    ttl: packet.ttl === DEFAULT_TTL ? undefined : packet.ttl,
    tos: packet.tos === 0 ? undefined : packet.tos,
    length: packet.length,
    mark: packet.mark === 0 ? undefined : packet.mark,
    uid: packet.uid,
    gid: packet.gid,
    state: packet.state,
    time: packet.timeSeconds,
    quoted: packet.quoted === undefined ? undefined : renderPacketLine(packet.quoted),
  };
}

function renderEndpoint(address: string, port: number | undefined): string {
  if (port === undefined) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function withoutUndefined(fields: OptionalFields): Record<string, string | number> {
  const found: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) found[name] = value;
  return found;
}
