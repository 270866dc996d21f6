import { ipv4, ipv6 } from '../address/ip-address.ts';
import { IP_PROTOCOL, isIcmp } from '../address/protocol.ts';
import { LOCAL, type Packet, TCP_FLAG } from '../packet/packet.ts';
import { smallestLengthBytes } from '../packet/packet-defaults.ts';
import { buildReply } from '../scenario/build-reply.ts';
import type { PacketSession } from '../scenario/packet-session.ts';
import type { PacketResult } from '../simulate/packet-result.ts';
import type { Random } from './random.ts';

/** A packet and what the simulation says of it. */
export interface SimulatedPacket {
  /** With every field that the kernel must know, `in` and the source included. */
  readonly packet: Packet;
  readonly result: PacketResult;
}

/** How many steps a flow has at most; connections of TCP need some to get through their states. */
const MOST_STEPS = 6;
/** How the broadcast addresses end of the subnets that generated machines have. */
const BROADCASTS: ReadonlySet<number> = new Set([127, 255]);
/** How many of a hundred ICMP errors go astray. */
const STRAY_PERCENT = 20;
/** Beyond any window. */
const FAR = 300_000;

/**
 * Runs a packet and what may follow it: answers as the receiver would send them, more from the same sender, ICMP errors about it.
 * TCP carries numbers that fit, and now and then some that do not. A flow ends with a packet of which nobody knows what it leaves behind.
 */
export function runFlow(
  start: Packet,
  session: PacketSession,
  random: Random,
): readonly SimulatedPacket[] {
  const isTcp = start.protocol === IP_PROTOCOL.tcp;
  const numbers = isTcp ? new TcpNumbers(random) : undefined;
  const ran: SimulatedPacket[] = [];
  const send = (packet: Packet, isReply: boolean): SimulatedPacket => {
    const numbered = numbers === undefined ? packet : numbers.number(packet, isReply, random);
    const result = session.run(numbered);
    const done = { packet: completed(numbered, result), result };
    ran.push(done);
    return done;
  };
  let last = { ...send(start, false), isReply: false };
  const steps = random.weighted({ 1: 4, 2: 3, 3: 2, 4: 1, [MOST_STEPS]: isTcp ? 4 : 1 });
  for (let left = Number(steps) - 1; left > 0; left--) {
    if (isOpenEnd(last.result)) break;
    const next = nextPacket(last, random);
    if (next === undefined) break;
    const isReply = next.turned ? !last.isReply : last.isReply;
    if (!canBeSent(next.packet)) break;
    const done = send(next.packet, isReply);
    if (isOpenEnd(done.result)) break;
    // What arrived nowhere is answered by nobody; the flow goes on from what did.
    if (done.result.verdict === 'accept' && !isError(done.packet)) last = { ...done, isReply };
  }
  return ran;
}

/**
 * Whether a process can be thought to send it: how one comes by the address of a broadcast or a group is anybody's guess, and the
 * kernel looks at how.
 */
export function canBeSent({ in: from, source }: Packet): boolean {
  if (from !== LOCAL) return true;
  if (source.family === 6) return source.w0 >>> 24 !== 0xff;
  return source.w3 >>> 28 !== 0xe && !BROADCASTS.has(source.w3 & 0xff) && source.w3 >>> 24 !== 0;
}

/** Whether nobody knows the connection table after it: it is undetermined, or chance has more than one way for it. */
export function isOpenEnd({ verdict, otherWays }: PacketResult): boolean {
  return verdict === 'undetermined' || (otherWays !== undefined && otherWays.length > 0);
}

interface NextPacket {
  readonly packet: Packet;
  readonly turned: boolean;
}

function nextPacket({ packet, result }: SimulatedPacket, random: Random): NextPacket | undefined {
  const kind =
    result.verdict === 'accept' ? random.weighted({ reply: 6, again: 2, error: 2 }) : 'again';
  if (kind === 'again') return { packet: again(packet, random), turned: false };
  const fields = kind === 'error' ? errorFields(packet, random) : replyFields(packet, random);
  const built = buildReply(result, fields);
  if (built.kind !== 'packet') return undefined;
  const isStray = kind === 'error' && random.chance(STRAY_PERCENT);
  return { packet: isStray ? strayed(built.packet) : built.packet, turned: true };
}

/** An ICMP error for somebody else than the sender of what it quotes: the address beside. */
function strayed(packet: Packet): Packet {
  const { destination } = packet;
  const w3 = (destination.w3 ^ 1) >>> 0;
  const other =
    destination.family === 4 ? ipv4(w3) : ipv6(destination.w0, destination.w1, destination.w2, w3);
  return { ...packet, destination: other };
}

function again(packet: Packet, random: Random): Packet {
  if (packet.protocol !== IP_PROTOCOL.tcp || random.chance(40)) return packet;
  const { A, P, F, R, S } = TCP_FLAG;
  if (isOver(packet) && random.chance(60)) return { ...packet, tcpFlags: S };
  return { ...packet, tcpFlags: random.pick([A, A | P, A | F, R, A | R, S, S]) };
}

/** Whether its sender is done with the connection; the next one may begin with the same ports. */
function isOver({ tcpFlags }: Packet): boolean {
  return (tcpFlags & (TCP_FLAG.R | TCP_FLAG.F)) !== 0;
}

const REPLY_FLAGS = ['R', 'RA', 'FA', 'A', 'PA', 'SA', 'S'] as const;

function replyFields(packet: Packet, random: Random): Readonly<Record<string, unknown>> {
  if (packet.protocol === IP_PROTOCOL.tcp && random.chance(25)) {
    return { flags: isOver(packet) ? 'S' : random.pick(REPLY_FLAGS) };
  }
  if (packet.protocol === IP_PROTOCOL.gre) return { length: packet.length };
  if (packet.protocol === IP_PROTOCOL.sctp)
    return { chunk: random.pick(['INIT_ACK', 'DATA', 'ABORT']) };
  return {};
}

function errorFields({ family }: Packet, random: Random): Readonly<Record<string, unknown>> {
  return family === 4
    ? { proto: 'icmp', type: random.pick([3, 3, 11, 12, 5]), code: random.pick([0, 1]) }
    : { proto: 'icmpv6', type: random.pick([1, 1, 3, 4, 2]), code: 0 };
}

function isError(packet: Packet): boolean {
  return isIcmp(packet.protocol) && packet.quoted !== undefined;
}

/** The packet as it is sent: from where, and by whom. */
function completed(packet: Packet, { packet: { in: from, source } }: PacketResult): Packet {
  return packet.in === from && packet.source === source ? packet : { ...packet, in: from, source };
}

/** The sequence numbers of the two sides of a TCP connection. */
class TcpNumbers {
  /** The next number of the side that began, and of the other. */
  readonly #next: [number, number];

  constructor(random: Random) {
    // Near the wrap as well.
    const start = (): number => (random.chance(20) ? 0xffff_fffe : random.below(0xffff_fff0));
    this.#next = [start(), start()];
  }

  /** The packet with the numbers that its sender would put into it, or wrong ones. */
  number(packet: Packet, isReply: boolean, random: Random): Packet {
    if (packet.protocol !== IP_PROTOCOL.tcp) return packet;
    const { tcpFlags } = packet;
    const side = isReply ? 1 : 0;
    const isSyn = (tcpFlags & TCP_FLAG.S) !== 0;
    const data = isSyn ? 0 : dataLength(packet);
    const wrong = random.chance(8) ? FAR : 0;
    const sequence = (this.#next[side] + wrong) >>> 0;
    const acknowledgement = (this.#next[1 - side]! + (random.chance(4) ? FAR : 0)) >>> 0;
    if (wrong === 0) {
      const step = data + (isSyn ? 1 : 0) + ((tcpFlags & TCP_FLAG.F) !== 0 ? 1 : 0);
      this.#next[side] = (sequence + step) >>> 0;
    }
    return {
      ...packet,
      tcpSequence: sequence,
      tcpAcknowledgement: (tcpFlags & TCP_FLAG.A) !== 0 ? acknowledgement : undefined,
    };
  }
}

function dataLength({ length, family, protocol }: Packet): number {
  return length === undefined ? 0 : length - smallestLengthBytes(family, protocol);
}
