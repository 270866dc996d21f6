import { type IpAddress, type IpFamily, parseIpAddress } from '../../address/ip-address.ts';
import { hasPorts, IP_PROTOCOL } from '../../address/protocol.ts';
import { LOCAL, type Packet } from '../../packet/packet.ts';
import { smallestLengthBytes } from '../../packet/packet-defaults.ts';
import { parseTcpFlags } from '../../packet/tcp-flags.ts';
import { blankPacket } from '../blank-packet.ts';
import type { Random } from '../random.ts';
import { PORTS, type World } from './world.ts';

/** Protocols without ports that are tracked by their addresses alone; in IPv6 none that is an extension header. */
const GENERIC = [47, 47, 4, 50, 89, 112, 253] as const;
const FLAGS = ['A', 'SA', 'PA', 'FA', 'F', 'R', 'RA', 'none', 'SR', 'SEC', 'SP', 'FPU'] as const;
const ICMP_TYPES = [0, 3, 5, 9, 10, 11, 12, 13, 14, 15, 17, 30, 255] as const;
const ICMPV6_TYPES = [129, 1, 2, 3, 4, 130, 131, 132, 133, 134, 135, 136, 137, 139, 143] as const;
/** Not SHUTDOWN_ACK: whether its answers belong to it depends on verification tags, which packets do not have here. */
const CHUNKS = ['HEARTBEAT', 'DATA', 'ABORT', 'INIT_ACK'] as const;
const SOURCE_PORTS = [40000, 40001, 49152, 53, 999, 22, 1024, 65535] as const;
const TTLS = [1, 2, 255] as const;

/** A packet that arrives somewhere on the generated machine, or that it sends, aimed at what its documents speak of. */
export function randomPacket(random: Random, world: World): Packet {
  const family = random.chance(60) ? 4 : 6;
  const from = random.weighted({ uplink: 6, workload: 4, local: 3 });
  const workload = random.pick(world.workloads);
  const arrival =
    from === 'uplink'
      ? random.pick(world.uplinks)
      : from === 'workload'
        ? workload.interfaceName
        : LOCAL;
  const usual =
    from === 'workload'
      ? [family === 4 ? workload.v4 : workload.v6]
      : from === 'local'
        ? world.own[family]
        : [];
  const anywhere = world.addresses[family];
  const source = usual.length > 0 && random.chance(80) ? random.pick(usual) : random.pick(anywhere);
  const destination =
    random.chance(30) && world.own[family].length > 0
      ? random.pick(world.own[family])
      : random.pick(anywhere);
  const protocol = randomProtocol(random, family);
  return randomTransport(
    random,
    blankPacket(arrival, protocol, addressOf(source), addressOf(destination)),
  );
}

/** One of the protocols that rules and connection tracking treat each in its own way. */
export function randomProtocol(random: Random, family: IpFamily): number {
  switch (random.weighted({ tcp: 40, udp: 25, icmp: 15, generic: 8, sctp: 5, udplite: 4 })) {
    case 'tcp':
      return IP_PROTOCOL.tcp;
    case 'udp':
      return IP_PROTOCOL.udp;
    case 'icmp':
      return family === 4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.icmpv6;
    case 'sctp':
      return IP_PROTOCOL.sctp;
    case 'udplite':
      return IP_PROTOCOL.udplite;
    default:
      return random.pick(GENERIC);
  }
}

/** The packet with random fields of its protocol. */
export function randomTransport(random: Random, packet: Packet): Packet {
  const { protocol, family } = packet;
  const ports = hasPorts(protocol)
    ? { sourcePort: random.pick(SOURCE_PORTS), destinationPort: random.pick(PORTS) }
    : {};
  // A chunk needs room of its own, which a length does not speak of.
  const sized = protocol !== IP_PROTOCOL.sctp && random.chance(15);
  const length = sized ? smallestLengthBytes(family, protocol) + random.below(64) : undefined;
  if (protocol === IP_PROTOCOL.gre) return { ...packet, length: greLength(family) };
  const ttl = random.chance(4) ? random.pick(TTLS) : packet.ttl;
  return { ...packet, ...ports, ...ownFields(random, packet), length, ttl };
}

function ownFields(random: Random, { protocol, family }: Packet): Partial<Packet> {
  switch (protocol) {
    case IP_PROTOCOL.tcp:
      return random.chance(35) ? { tcpFlags: parseTcpFlags(random.pick(FLAGS)) ?? 0 } : {};
    case IP_PROTOCOL.sctp:
      return random.chance(25) ? { sctpChunk: random.pick(CHUNKS) } : {};
    case IP_PROTOCOL.icmp:
    case IP_PROTOCOL.icmpv6: {
      const icmpId = 1 + random.below(4);
      // Rules name codes of echo requests, of which all but 0 are without meaning.
      if (random.chance(65)) return { icmpId, icmpCode: random.chance(15) ? 1 : 0 };
      const icmpType = random.pick(family === 4 ? ICMP_TYPES : ICMPV6_TYPES);
      return { icmpId, icmpType, icmpCode: random.chance(20) ? 1 : 0 };
    }
    default:
      return {};
  }
}

function addressOf(text: string): IpAddress {
  const address = parseIpAddress(text);
  if (address === undefined) throw new Error(`a world has the address ${text}`);
  return address;
}

/** Room for the header of GRE, which the smallest packet of a protocol without ports lacks. */
export function greLength(family: IpFamily): number {
  return smallestLengthBytes(family, IP_PROTOCOL.gre) + 16;
}
