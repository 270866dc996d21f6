import type { IpFamily } from '../address/ip-address.ts';
import { put16 } from './header-bytes.ts';

/** Bytes of an Ethernet header without VLAN tag. */
export const ETHERNET_HEADER_BYTES = 14;

const ETHERTYPE: Readonly<Record<IpFamily, number>> = { 4: 0x0800, 6: 0x86dd };

/** The six bytes of a MAC address in its usual text, pairs of hex digits with colons. */
export function parseMac(text: string): Uint8Array {
  return Uint8Array.from(text.split(':'), (pair) => Number.parseInt(pair, 16));
}

/** The frame that carries an IP packet from one MAC address to another. Source: IEEE 802.3 3.1. */
export function encodeFrame(
  packet: Uint8Array,
  family: IpFamily,
  macs: { readonly source: Uint8Array; readonly destination: Uint8Array },
): Uint8Array {
  const frame = new Uint8Array(ETHERNET_HEADER_BYTES + packet.length);
  frame.set(macs.destination, 0);
  frame.set(macs.source, 6);
  put16(frame, 12, ETHERTYPE[family]);
  frame.set(packet, ETHERNET_HEADER_BYTES);
  return frame;
}
