import type { Packet } from '../packet/packet.ts';

/** Gives the packets that flows begin with. */
export interface PacketStarts {
  readonly next: () => Packet;
}
