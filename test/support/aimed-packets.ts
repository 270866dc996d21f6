import { type Cidr, parseCidr } from '../../src/address/cidr.ts';
import {
  type IpAddress,
  type IpFamily,
  ipv4,
  ipv6,
  renderIpAddress,
} from '../../src/address/ip-address.ts';
import type { Host } from '../../src/host/host.ts';
import type { Packet } from '../../src/packet/packet.ts';
import type { Random } from '../../src/selftest/random.ts';
import { packet } from './packets.ts';

/** What rules speak of, as their text has it, so that packets can be made that mean them. */
export interface Targets {
  readonly family: IpFamily;
  readonly blocks: readonly Cidr[];
  readonly ports: readonly number[];
}

const BLOCK: Readonly<Record<IpFamily, RegExp>> = {
  4: /\b\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?/g,
  6: /(?<![\w:])[\da-f]{0,4}:[\da-f:]*:[\da-f]{0,4}(?:\/\d{1,3})?/g,
};
const WORLD: Readonly<Record<IpFamily, readonly string[]>> = {
  4: ['203.0.113.0/24', '8.8.8.8', '192.0.2.10', '198.51.100.9', '255.255.255.255', '224.0.0.251'],
  6: ['2001:db8:77::/64', '2001:db8:0:2::10', '2001:db8:0:100::9', 'fe80::9', 'ff02::fb'],
};
const WELL_KNOWN = [22, 53, 67, 80, 137, 443, 546, 5353, 40_000];

/** The targets of saved rules and sets. */
export function targetsOf(text: string, family: IpFamily): Targets {
  const written = [...text.matchAll(BLOCK[family])].map(([word]) => word);
  const blocks = [...new Set([...written, ...WORLD[family]])].flatMap(
    (word) => parseCidr(word) ?? [],
  );
  const ports = [...text.matchAll(/(?:--[sd]ports? |--to-ports |:)([\d,:]+)\b/g)]
    .flatMap(([, list]) => (list as string).split(/[,:]/))
    .map(Number)
    .filter((port) => port > 0 && port <= 65_535);
  return {
    family,
    blocks: blocks.filter(({ network }) => network.family === family),
    ports: [...new Set([...WELL_KNOWN, ...ports])],
  };
}

/** A packet aimed at what the rules speak of, or just beside it. */
export function aimedPacket(
  { family, blocks, ports }: Targets,
  host: Host,
  random: Random,
): Packet {
  const names = host.interfaces.map(({ name }) => name).filter((name) => name !== 'lo');
  const from = random.pick([...names, 'eth0', 'local']);
  const own = host.interfaces
    .flatMap(({ addresses }) => addresses.map(({ address }) => address))
    .filter((address) => address.family === family);
  const anywhere = (): IpAddress =>
    random.chance(30) ? random.pick(own) : inside(random.pick(blocks), random);
  const source = renderIpAddress(from === 'local' ? random.pick(own) : anywhere());
  const destination = renderIpAddress(anywhere());
  const more = `in=${from} ttl=${random.pick([1, 64, 255])}`;
  const protocol = random.weighted({ tcp: 6, udp: 4, icmp: 3, other: 1 });
  if (protocol === 'icmp') {
    const [name, types] =
      family === 4 ? ['icmp', [0, 3, 8, 13]] : ['icmpv6', [1, 128, 129, 135, 136]];
    return packet(
      `${name} ${source} -> ${destination} type=${random.pick(types as number[])} ${more}`,
    );
  }
  if (protocol === 'other') {
    return packet(`${random.pick([47, 50, 112])} ${source} -> ${destination} ${more}`);
  }
  const flags = ['S', 'S', 'S', 'A', 'SA', 'R', 'FA', 'FSPU'];
  const tcp = protocol === 'tcp' ? `flags=${random.pick(flags)}` : '';
  const [a, b] = family === 4 ? ['', ''] : ['[', ']'];
  const end = (address: string): string => `${a}${address}${b}:${random.pick(ports)}`;
  return packet(`${protocol} ${end(source)} -> ${end(destination)} ${tcp} ${more}`);
}

/** The first address of a block, its last, or one between. */
function inside({ network, m1, m2, m3, ...block }: Cidr, random: Random): IpAddress {
  const bits = random.pick([0, 0xffffffff, random.below(2 ** 32)]);
  const { w0, w1, w2, w3 } = network;
  if (network.family === 4) return ipv4(w3 | (bits & ~m3));
  return ipv6(w0 | (bits & ~block.m0), w1 | (bits & ~m1), w2 | (bits & ~m2), w3 | (bits & ~m3));
}
