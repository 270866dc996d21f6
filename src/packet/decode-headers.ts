import type { IpAddress } from '../address/ip-address.ts';
import { hasPorts } from '../address/protocol.ts';
import { get16, getIpv4, getIpv6 } from './header-bytes.ts';
import { IPV6_HEADER_BYTES } from './ipv6.ts';

/** Addresses and ports of a packet, read from its bytes. */
export interface DecodedHeaders {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly protocol: number;
  /** 0 for a protocol without ports. */
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** Bytes from an IP packet's start within which `decodeHeaders` finds all that it reads, IPv4 options at their longest included. */
export const HEADERS_BYTES = 64;

/**
 * Reads addresses and ports from the bytes of an IP packet, which may be cut after the ports. IPv6 extension headers are not followed: what is
 * behind them has no ports here. Undefined for what is no IP packet or too short.
 */
export function decodeHeaders(bytes: Uint8Array): DecodedHeaders | undefined {
  const version = bytes.length === 0 ? 0 : bytes[0]! >>> 4;
  if (version === 4 && bytes.length >= 20) {
    const transport = (bytes[0]! & 15) * 4;
    return withPorts(bytes, transport, bytes[9]!, getIpv4(bytes, 12), getIpv4(bytes, 16));
  }
  if (version === 6 && bytes.length >= IPV6_HEADER_BYTES) {
    const [source, destination] = [getIpv6(bytes, 8), getIpv6(bytes, 24)];
    return withPorts(bytes, IPV6_HEADER_BYTES, bytes[6]!, source, destination);
  }
  return undefined;
}

function withPorts(
  bytes: Uint8Array,
  transport: number,
  protocol: number,
  source: IpAddress,
  destination: IpAddress,
): DecodedHeaders {
  const known = hasPorts(protocol) && bytes.length >= transport + 4;
  return {
    source,
    destination,
    protocol,
    sourcePort: known ? get16(bytes, transport) : 0,
    destinationPort: known ? get16(bytes, transport + 2) : 0,
  };
}
