import { renderIpAddress } from '../address/ip-address.ts';
import { IP_PROTOCOL, renderProtocol } from '../address/protocol.ts';
import type { ConnectionRecord } from '../host/connections/connection-record.ts';

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
 * Source: conntrack(8).
 */
export function conntrackDeletion({ original, zone }: ConnectionRecord): readonly string[] {
  const { family, protocol, source, destination, sourceKey, destinationKey } = original;
  return [
    ...['conntrack', '-D', '-f', family === 4 ? 'ipv4' : 'ipv6', '-p', renderProtocol(protocol)],
    ...['-s', renderIpAddress(source), '-d', renderIpAddress(destination)],
    ...keyArguments(protocol, sourceKey, destinationKey),
    ...(zone === 0 ? [] : ['-w', String(zone)]),
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
