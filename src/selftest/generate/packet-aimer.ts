import type { IpAddress, IpFamily } from '../../address/ip-address.ts';
import { hasPorts, IP_PROTOCOL, isIcmp } from '../../address/protocol.ts';
import { LOCAL, type Packet } from '../../packet/packet.ts';
import type { NodeModel } from '../../scenario/node-model.ts';
import { blankPacket } from '../blank-packet.ts';
import type { Random } from '../random.ts';
import { type Aim, aimsOf } from './aims.ts';
import { addressEdges } from './edges.ts';
import { randomProtocol, randomTransport } from './random-packet.ts';
import { Scout } from './scout.ts';

/** Protocols with ports, for aims that name a port alone. */
const PORTED = [IP_PROTOCOL.tcp, IP_PROTOCOL.udp] as const;
/** IPv6 takes these for headers before the transport's, of which a packet here has none. Source: RFC 8200, section 4. */
const EXTENSION_HEADERS: ReadonlySet<number> = new Set([0, 43, 44, 51, 59, 60, 135, 139, 140]);

/** How many packets are tried out for one aim. */
const MOST_COMPANIONS = 8;

/** What is left to aim at where no rule asks for anything. */
const ANYTHING: readonly Aim[] = [{ family: 4 }, { family: 6 }];

/** How far an aimer has come. */
export interface AimProgress {
  readonly aims: number;
  readonly taken: number;
}

/** Makes packets that lie at the edges of the rules of a host: each aim in turn, then all of them again with other companions. */
export class PacketAimer {
  readonly #random: Random;
  readonly #scout: Scout;
  readonly #aims: readonly Aim[];
  readonly #interfaces: readonly string[];
  readonly #own: Readonly<Record<IpFamily, readonly IpAddress[]>>;
  readonly #addresses: Readonly<Record<IpFamily, readonly IpAddress[]>>;
  #next = 0;

  constructor(model: NodeModel, random: Random) {
    const { host } = model;
    const rulesets = [model.ruleset(4), model.ruleset(6)];
    this.#random = random;
    this.#scout = new Scout(model);
    const aims = rulesets.flatMap(aimsOf);
    this.#aims = shuffled(aims.length > 0 ? aims : ANYTHING, random);
    this.#interfaces = host.interfaces.map(({ name }) => name).filter((name) => name !== 'lo');
    const own = host.interfaces
      .filter(({ name }) => name !== 'lo')
      .flatMap(({ addresses }) => addresses.map(({ address }) => address));
    const known = [
      ...host.interfaces.flatMap(({ addresses }) => addresses.map(({ cidr }) => cidr)),
      ...host.routes.map(({ to }) => to),
    ].flatMap(addressEdges);
    const aimed = this.#aims.flatMap(({ source, destination }) => [source, destination]);
    const all = [...known, ...aimed.filter((address) => address !== undefined)];
    const of = (addresses: readonly IpAddress[], family: IpFamily): readonly IpAddress[] =>
      addresses.filter((address) => address.family === family);
    this.#own = { 4: of(own, 4), 6: of(own, 6) };
    this.#addresses = { 4: of(all, 4), 6: of(all, 6) };
  }

  /** How many different aims there are, and how many have had their turn. */
  get progress(): AimProgress {
    return { aims: this.#aims.length, taken: Math.min(this.#next, this.#aims.length) };
  }

  /** The next packet; undefined where the rules have no edges, or the host no address to fill in. */
  next(): Packet | undefined {
    for (let tries = 0; tries < this.#aims.length; tries++) {
      const aim = this.#aims[this.#next % this.#aims.length] as Aim;
      this.#next++;
      const packet = this.#best(aim);
      if (packet !== undefined) return packet;
    }
    return undefined;
  }

  /** A packet that comes to the aim's rule, as far as one is found with a few companions: what it leaves open decides whether it gets there. */
  #best(aim: Aim): Packet | undefined {
    let packet: Packet | undefined;
    for (let tries = 0; tries < MOST_COMPANIONS; tries++) {
      packet = this.#packet(aim);
      if (packet === undefined || aim.chain === undefined) return packet;
      if (this.#scout.enters(packet, aim.chain)) return packet;
    }
    return packet;
  }

  #packet(aim: Aim): Packet | undefined {
    const random = this.#random;
    const { family } = aim;
    const arrival = this.#arrival(aim);
    const own = this.#own[family];
    const anywhere = this.#addresses[family];
    if (arrival === undefined || anywhere.length === 0) return undefined;
    const ownShare = (percent: number): IpAddress =>
      own.length > 0 && random.chance(percent) ? random.pick(own) : random.pick(anywhere);
    const source = aim.source ?? ownShare(arrival === LOCAL ? 80 : 5);
    const destination = aim.destination ?? ownShare(50);
    const protocol = this.#protocol(aim);
    if (family === 6 && EXTENSION_HEADERS.has(protocol)) return undefined;
    const packet = randomTransport(random, blankPacket(arrival, protocol, source, destination));
    const { ttl = packet.ttl, tcpFlags = packet.tcpFlags } = aim;
    return {
      ...packet,
      mark: aim.mark ?? 0,
      ttl,
      tcpFlags: protocol === IP_PROTOCOL.tcp ? tcpFlags : packet.tcpFlags,
      length: protocol === IP_PROTOCOL.sctp ? packet.length : (aim.length ?? packet.length),
      ...(hasPorts(protocol)
        ? {
            sourcePort: aim.sourcePort ?? packet.sourcePort,
            destinationPort: aim.destinationPort ?? packet.destinationPort,
          }
        : {}),
      ...(isIcmp(protocol)
        ? {
            icmpType: aim.icmpType ?? packet.icmpType,
            icmpCode: aim.icmpCode ?? packet.icmpCode,
          }
        : {}),
    };
  }

  #arrival(aim: Aim): string | undefined {
    if (aim.in !== undefined && this.#interfaces.includes(aim.in)) return aim.in;
    if (this.#random.chance(25)) return LOCAL;
    return this.#interfaces.length === 0 ? LOCAL : this.#random.pick(this.#interfaces);
  }

  #protocol(aim: Aim): number {
    if (aim.protocol !== undefined) return aim.protocol;
    if (aim.tcpFlags !== undefined) return IP_PROTOCOL.tcp;
    if (aim.icmpType !== undefined) return aim.family === 4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.icmpv6;
    const ported = aim.sourcePort !== undefined || aim.destinationPort !== undefined;
    return ported ? this.#random.pick(PORTED) : randomProtocol(this.#random, aim.family);
  }
}

function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}
