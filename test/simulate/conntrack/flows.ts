import { type IpAddress, parseIpAddress } from '../../../src/address/ip-address.ts';
import { IP_PROTOCOL } from '../../../src/address/protocol.ts';
import { type Packet, TCP_FLAG } from '../../../src/packet/packet.ts';
import {
  ConnectionTracker,
  type NatOutcome,
  type NatPlace,
} from '../../../src/simulate/conntrack/connection-tracker.ts';
import { PacketInFlight } from '../../../src/simulate/packet-in-flight.ts';

export function ip(text: string): IpAddress {
  const address = parseIpAddress(text);
  if (address === undefined) throw new Error(`not an address: ${text}`);
  return address;
}

/** A UDP packet between `from` and `to` (`ADDRESS` or, in v4, `ADDRESS:PORT`), with anything else given. */
export function packet(from: string, to: string, more: Partial<Packet> = {}): Packet {
  const [source, sourcePort] = place(from);
  const [destination, destinationPort] = place(to);
  return {
    in: 'eth0',
    family: source.family,
    protocol: IP_PROTOCOL.udp,
    source,
    destination,
    sourcePort,
    destinationPort,
    tcpFlags: 0,
    tcpSequence: undefined,
    tcpAcknowledgement: undefined,
    icmpType: 0,
    icmpCode: 0,
    icmpId: 0,
    quoted: undefined,
    sctpChunk: undefined,
    mac: undefined,
    ttl: 64,
    length: undefined,
    mark: 0,
    state: undefined,
    tos: 0,
    uid: undefined,
    gid: undefined,
    timeSeconds: undefined,
    ...more,
  };
}

function place(text: string): [IpAddress, number] {
  const bracket = /^\[(.*)\]:(\d+)$/.exec(text) ?? /^([\d.]+):(\d+)$/.exec(text);
  return bracket === null ? [ip(text), 0] : [ip(bracket[1] as string), Number(bracket[2])];
}

export const CLIENT = '192.0.2.10:40000';
export const SERVER = '198.51.100.10:80';

/** TCP flags by initials: `SA`. */
export function flags(initials: string): number {
  let bits = 0;
  for (const initial of initials) bits |= TCP_FLAG[initial as keyof typeof TCP_FLAG];
  return bits;
}

export function tcp(
  from: string,
  to: string,
  initials: string,
  more: Partial<Packet> = {},
): Packet {
  return packet(from, to, { protocol: IP_PROTOCOL.tcp, tcpFlags: flags(initials), ...more });
}

export function icmp(
  from: string,
  to: string,
  icmpType: number,
  more: Partial<Packet> = {},
): Packet {
  const protocol = from.includes(':') ? IP_PROTOCOL.icmpv6 : IP_PROTOCOL.icmp;
  return packet(from, to, {
    protocol,
    icmpType,
    icmpId: 1,
    ...more,
  });
}

/** What the rules of a host would say of translation. */
export interface NatRules {
  readonly destination?: NatPlace;
  readonly source?: NatPlace;
}

/** One host's connection tracking with every packet going all the way through it, unless it is said to be dropped. */
export class Flows {
  readonly tracker: ConnectionTracker;
  nowMs = 0;
  lastOutcomes: NatOutcome[] = [];

  constructor(sysctls: Readonly<Record<string, number>> = {}) {
    this.tracker = new ConnectionTracker(new Map(Object.entries(sysctls)));
  }

  /** Only what `track` says of it: the packet is dropped before it is confirmed. */
  dropped(sent: Packet): PacketInFlight {
    const flight = new PacketInFlight(sent, 'eth0');
    this.tracker.track(flight, this.nowMs);
    this.tracker.forget(flight);
    return flight;
  }

  /** The whole way; state `undefined` and `clash` are to be read off the packet and the result. */
  send(sent: Packet, nat: NatRules = {}): PacketInFlight {
    return this.sendWithResult(sent, nat).flight;
  }

  sendWithResult(
    sent: Packet,
    nat: NatRules = {},
  ): { flight: PacketInFlight; end: 'confirmed' | 'clash' | 'table-full' | 'unpredictable' } {
    const flight = new PacketInFlight(sent, 'eth0');
    const { tracker } = this;
    if (tracker.track(flight, this.nowMs) === 'table-full') return { flight, end: 'table-full' };
    this.lastOutcomes = [];
    if (tracker.needsDestinationNat(flight)) {
      this.lastOutcomes.push(tracker.bindDestination(flight, nat.destination));
    } else tracker.applyDestination(flight);
    if (tracker.needsSourceNat(flight)) {
      const outcome = tracker.bindSource(flight, nat.source);
      this.lastOutcomes.push(outcome);
      if (outcome.kind === 'unpredictable') return { flight, end: 'unpredictable' };
    } else tracker.applySource(flight);
    return { flight, end: tracker.confirm(flight, this.nowMs) };
  }

  /** The states of packets sent one after the other. */
  states(...sent: readonly Packet[]): (string | undefined)[] {
    return sent.map((each) => this.send(each).state);
  }
}
