import { renderIpAddress } from '../address/ip-address.ts';
import { IP_PROTOCOL, renderProtocol } from '../address/protocol.ts';
import type {
  ConnectionRecord,
  ConnectionZone,
  RecordedTuple,
} from '../host/connections/connection-record.ts';

const WITH_PORTS: readonly number[] = [
  IP_PROTOCOL.tcp,
  IP_PROTOCOL.udp,
  IP_PROTOCOL.sctp,
  IP_PROTOCOL.udplite,
];

/**
 * The program and arguments that delete exactly this entry of the kernel's connection table. Every argument is made of numbers, nothing of
 * the record's text.
 *
 * `amongZones`: the table has connections in zones of connection tracking, so that another entry may have the same addresses and ports. The program takes an entry for one of no zone that
 * has a zone for one direction alone, which its answers tell apart.
 *
 * Source: conntrack(8), tried with 1.4.7.
 */
export function conntrackDeletion(
  { original, reply, zone }: ConnectionRecord,
  amongZones: boolean,
): readonly string[] {
  const { family, protocol, source, destination, sourceKey, destinationKey } = original;
  return [
    ...['conntrack', '-D', '-f', family === 4 ? 'ipv4' : 'ipv6', '-p', renderProtocol(protocol)],
    ...['-s', renderIpAddress(source), '-d', renderIpAddress(destination)],
    ...keyArguments(protocol, sourceKey, destinationKey),
    ...(amongZones ? [...zoneArguments(zone), ...replyArguments(reply)] : []),
  ];
}

function zoneArguments({ original, reply }: ConnectionZone): readonly string[] {
  if (original === reply) return ['-w', String(original)];
  return reply === 0 ? ['--orig-zone', String(original)] : ['--reply-zone', String(reply)];
}

function replyArguments({
  protocol,
  source,
  destination,
  sourceKey,
  destinationKey,
}: RecordedTuple): readonly string[] {
  const addresses = ['-r', renderIpAddress(source), '-q', renderIpAddress(destination)];
  if (!WITH_PORTS.includes(protocol)) return addresses;
  return [
    ...addresses,
    ...['--reply-port-src', String(sourceKey), '--reply-port-dst', String(destinationKey)],
  ];
}

function keyArguments(
  protocol: number,
  sourceKey: number,
  destinationKey: number,
): readonly string[] {
  if (WITH_PORTS.includes(protocol)) {
    return ['--sport', String(sourceKey), '--dport', String(destinationKey)];
  }
  if (protocol !== IP_PROTOCOL.icmp && protocol !== IP_PROTOCOL.icmpv6) return [];
  const name = renderProtocol(protocol);
  return [
    ...[`--${name}-type`, String(destinationKey >> 8)],
    ...[`--${name}-code`, String(destinationKey & 255)],
    ...[`--${name}-id`, String(sourceKey)],
  ];
}
