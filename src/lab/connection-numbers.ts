import type { IpAddress } from '../address/ip-address.ts';
import { IP_PROTOCOL } from '../address/protocol.ts';
import type { WireNumbers } from '../packet/encode-packet.ts';
import { type Packet, TCP_FLAG } from '../packet/packet.ts';
import type { SctpTags } from '../packet/sctp.ts';
import type { Observation } from './kernel-lab.ts';

/** What a Linux stack first offers; without scaling. */
const WINDOW = 64_240;

/** The number before which a side's first byte stands, by side. */
const INITIAL_SEQUENCE: readonly [number, number] = [1_000_000, 500_000_000];

const TAGS: readonly [number, number] = [0x0a0a0a0a, 0x0b0b0b0b];

/** One direction of a TCP connection, as whoever tracks it has seen it. */
interface Side {
  /** One past the last byte sent. */
  end: number;
  hasSent: boolean;
  /** The greatest acknowledgement that it sent; undefined before the first. */
  acknowledged: number | undefined;
}

interface Place {
  readonly sides: readonly [Side, Side];
  readonly side: 0 | 1;
}

/** What numbers need of a packet: where it comes from and goes. */
interface Ends {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/**
 * The numbers that packets leave to their connection: TCP sequence and acknowledgement numbers and SCTP tags such that each packet
 * fits what connection tracking has seen before. Translation is followed: a reply is known by the headers that the packet left with.
 */
export class ConnectionNumbers {
  readonly #places = new Map<string, Place>();
  #identification = 0;

  /** Forgets all connections. */
  clear(): void {
    this.#places.clear();
  }

  /** The numbers for a packet that is about to be sent. */
  numbersFor(packet: Packet): WireNumbers {
    this.#identification = (this.#identification % 0xffff) + 1;
    if (packet.protocol !== IP_PROTOCOL.tcp && packet.protocol !== IP_PROTOCOL.sctp) {
      return { ...PORTLESS, identification: this.#identification };
    }
    const place = this.#placeOf(packet);
    return {
      tcp: packet.protocol === IP_PROTOCOL.tcp ? tcpNumbers(packet, place) : PORTLESS.tcp,
      sctp: place.side === 0 ? SCTP_TAGS[0] : SCTP_TAGS[1],
      identification: this.#identification,
    };
  }

  /** Remembers what became of a packet that was sent with these numbers. */
  remember(packet: Packet, numbers: WireNumbers, seen: Observation): void {
    if (packet.protocol !== IP_PROTOCOL.tcp && packet.protocol !== IP_PROTOCOL.sctp) return;
    const place = this.#placeOf(packet);
    if (seen.verdict === 'accept' && (seen.state === 'new' || seen.state === undefined)) {
      // A newer connection with these headers has taken the older one's place.
      const reply = { sides: place.sides, side: place.side === 0 ? 1 : 0 } as const;
      this.#places.set(key(packet.protocol, turned(seen.final)), reply);
    }
    const isTracked =
      seen.state === undefined
        ? seen.verdict === 'accept'
        : seen.state !== 'invalid' && seen.state !== 'untracked';
    if (isTracked && packet.protocol === IP_PROTOCOL.tcp) advance(packet, place, numbers);
  }

  #placeOf(packet: Packet): Place {
    const name = key(packet.protocol, packet);
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const sides = [newSide(0), newSide(1)] as const;
    const place: Place = { sides, side: 0 };
    this.#places.set(name, place);
    const back = key(packet.protocol, turned(packet));
    if (!this.#places.has(back)) this.#places.set(back, { sides, side: 1 });
    return place;
  }
}

const SCTP_TAGS: readonly [SctpTags, SctpTags] = [
  { verification: TAGS[1], own: TAGS[0] },
  { verification: TAGS[0], own: TAGS[1] },
];

const PORTLESS: WireNumbers = {
  tcp: { sequence: 0, acknowledgement: 0, window: WINDOW },
  sctp: SCTP_TAGS[0],
  identification: 1,
};

function newSide(side: 0 | 1): Side {
  return { end: INITIAL_SEQUENCE[side], hasSent: false, acknowledged: undefined };
}

function tcpNumbers(packet: Packet, { sides, side }: Place): WireNumbers['tcp'] {
  const sender = sides[side];
  const receiver = sides[side === 0 ? 1 : 0];
  const hasAck = (packet.tcpFlags & TCP_FLAG.A) !== 0;
  return {
    sequence: packet.tcpSequence ?? expectedSequence(packet, sender, receiver),
    acknowledgement: packet.tcpAcknowledgement ?? (hasAck ? receiver.end : 0),
    window: WINDOW,
  };
}

function expectedSequence(packet: Packet, sender: Side, receiver: Side): number {
  // A RST ends a connection only when it stands exactly at what the other side has acknowledged.
  const isRst = (packet.tcpFlags & TCP_FLAG.R) !== 0;
  if (isRst && receiver.acknowledged !== undefined) return receiver.acknowledged;
  // A SYN that comes again is the same one, not the next byte.
  const isSyn = (packet.tcpFlags & TCP_FLAG.S) !== 0;
  if (isSyn && sender.hasSent) return (sender.end - sequenceLength(packet)) >>> 0;
  return sender.end;
}

/** How far a segment moves its side's sequence numbers: its bytes, and one each for SYN and FIN. */
function sequenceLength(packet: Packet): number {
  const headers = packet.family === 4 ? 40 : 60;
  const payload = Math.max(0, (packet.length ?? headers) - headers);
  const flags = packet.tcpFlags;
  return payload + ((flags & TCP_FLAG.S) !== 0 ? 1 : 0) + ((flags & TCP_FLAG.F) !== 0 ? 1 : 0);
}

function advance(packet: Packet, { sides, side }: Place, { tcp }: WireNumbers): void {
  const sender = sides[side];
  const end = (tcp.sequence + sequenceLength(packet)) >>> 0;
  if (!sender.hasSent || isAfter(end, sender.end)) sender.end = end;
  sender.hasSent = true;
  if ((packet.tcpFlags & TCP_FLAG.A) === 0) return;
  const before = sender.acknowledged;
  if (before === undefined || isAfter(tcp.acknowledgement, before)) {
    sender.acknowledged = tcp.acknowledgement;
  }
}

/** Whether one sequence number comes after another, around the end of the number range. */
function isAfter(one: number, other: number): boolean {
  return ((one - other) | 0) > 0;
}

function turned({ source, destination, sourcePort, destinationPort }: Ends): Ends {
  return {
    source: destination,
    destination: source,
    sourcePort: destinationPort,
    destinationPort: sourcePort,
  };
}

function key(protocol: number, ends: Ends): string {
  const from = `${addressKey(ends.source)}:${ends.sourcePort}`;
  return `${protocol} ${from} ${addressKey(ends.destination)}:${ends.destinationPort}`;
}

function addressKey({ family, w0, w1, w2, w3 }: IpAddress): string {
  return family === 4 ? `${w3}` : `${w0}.${w1}.${w2}.${w3}`;
}
