import type { IpAddress, IpFamily } from '../address/ip-address.ts';
import type { ConnectionState, Packet } from '../packet/packet.ts';
import type { ConnectionTemplate } from './connection-template.ts';
import type { Connection } from './conntrack/connection.ts';

/** A packet while it travels: its headers as rewritten so far, and what the kernel keeps beside it. */
export class PacketInFlight {
  /** As it entered the host. */
  readonly packet: Packet;
  readonly family: IpFamily;
  readonly protocol: number;
  source: IpAddress;
  destination: IpAddress;
  sourcePort: number;
  destinationPort: number;
  icmpId: number;
  ttl: number;
  tos: number;
  /** What rules have added to its length. */
  addedBytes: number;
  mark: number;
  /** Empty when the host itself sends it. */
  inInterface: string;
  /** Empty before routing and for local delivery. */
  outInterface: string;
  /** Undefined before connection tracking, for untracked and for invalid packets. */
  connection: Connection | undefined;
  /** Undefined before connection tracking. */
  state: ConnectionState | undefined;
  /** Whether it travels in the reply direction of its connection. */
  isReply: boolean;
  /** Whether it began a new connection in the place of one that was over, which is forgotten whatever becomes of the packet. */
  replaces: boolean;
  /** Set by NOTRACK in table raw. */
  noTrack: boolean;
  /** What CT in table raw has said of its connection to be; undefined where it has not. */
  template: ConnectionTemplate | undefined;

  constructor(packet: Packet, inInterface: string) {
    this.packet = packet;
    this.family = packet.family;
    this.protocol = packet.protocol;
    this.source = packet.source;
    this.destination = packet.destination;
    this.sourcePort = packet.sourcePort;
    this.destinationPort = packet.destinationPort;
    this.icmpId = packet.icmpId;
    this.ttl = packet.ttl;
    this.tos = packet.tos;
    this.addedBytes = 0;
    this.mark = packet.mark;
    this.inInterface = inInterface;
    this.outInterface = '';
    this.connection = undefined;
    this.state = undefined;
    this.isReply = false;
    this.replaces = false;
    this.noTrack = false;
    this.template = undefined;
  }
}
