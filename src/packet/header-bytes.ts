import { type IpAddress, ipv4, ipv6 } from '../address/ip-address.ts';

/** Writes a 16-bit number, most significant byte first. */
export function put16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 8;
  bytes[offset + 1] = value;
}

/** Writes a 32-bit number, most significant byte first. */
export function put32(bytes: Uint8Array, offset: number, value: number): void {
  put16(bytes, offset, value >>> 16);
  put16(bytes, offset + 2, value);
}

/** Reads a 16-bit number, most significant byte first. */
export function get16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 8) | bytes[offset + 1]!;
}

/** Reads an unsigned 32-bit number, most significant byte first. */
export function get32(bytes: Uint8Array, offset: number): number {
  return ((get16(bytes, offset) << 16) | get16(bytes, offset + 2)) >>> 0;
}

/** Writes the 4 or 16 bytes of an address. */
export function putAddress(bytes: Uint8Array, offset: number, address: IpAddress): void {
  if (address.family === 4) {
    put32(bytes, offset, address.w3);
    return;
  }
  put32(bytes, offset, address.w0);
  put32(bytes, offset + 4, address.w1);
  put32(bytes, offset + 8, address.w2);
  put32(bytes, offset + 12, address.w3);
}

/** Reads an address of 4 bytes. */
export function getIpv4(bytes: Uint8Array, offset: number): IpAddress {
  return ipv4(get32(bytes, offset));
}

/** Reads an address of 16 bytes. */
export function getIpv6(bytes: Uint8Array, offset: number): IpAddress {
  return ipv6(
    get32(bytes, offset),
    get32(bytes, offset + 4),
    get32(bytes, offset + 8),
    get32(bytes, offset + 12),
  );
}
