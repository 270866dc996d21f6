import { type Cidr, hostCidr } from '../../address/cidr.ts';
import { type IpAddress, ipv4, ipv6 } from '../../address/ip-address.ts';
import type { PortRange } from '../../address/port-range.ts';

/** The first and the last address of a block, and the ones outside beside them; those beyond the address space are left out. */
export function addressEdges(cidr: Cidr): readonly IpAddress[] {
  const first = cidr.network;
  const last = lastAddress(cidr);
  const edges = [beside(first, -1), first, beside(last, 1)];
  if (cidr.prefixLength < hostCidr(first).prefixLength) edges.push(last);
  return edges.filter((address) => address !== undefined);
}

/** The first and the last port of a range, and the ones outside beside them. */
export function portEdges({ first, last }: PortRange): readonly number[] {
  const edges = new Set([first - 1, first, last, last + 1]);
  return [...edges].filter((port) => port >= 0 && port <= 65535);
}

/** A number of eight bits and its neighbours. */
export function byteEdges(value: number): readonly number[] {
  return [value - 1, value, value + 1].filter((edge) => edge >= 0 && edge <= 255);
}

function lastAddress({ network, m0, m1, m2, m3 }: Cidr): IpAddress {
  if (network.family === 4) return ipv4((network.w3 | ~m3) >>> 0);
  return ipv6(network.w0 | ~m0, network.w1 | ~m1, network.w2 | ~m2, network.w3 | ~m3);
}

function beside(address: IpAddress, step: 1 | -1): IpAddress | undefined {
  const words =
    address.family === 4 ? [address.w3] : [address.w0, address.w1, address.w2, address.w3];
  const wrapsAt = step === 1 ? 0xffff_ffff : 0;
  for (let i = words.length - 1; i >= 0; i--) {
    const word = words[i] as number;
    words[i] = (word + step) >>> 0;
    if (word !== wrapsAt) return fromWords(words);
  }
  return undefined;
}

function fromWords(words: readonly number[]): IpAddress {
  const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = words;
  return words.length === 1 ? ipv4(w0) : ipv6(w0, w1, w2, w3);
}
