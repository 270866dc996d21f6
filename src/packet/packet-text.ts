import type { Packet } from './packet.ts';

/** What is wrong with a packet as written. `column` counts from 1 in a line; `field` names an object's field. */
export interface PacketProblem {
  readonly message: string;
  readonly hint: string | undefined;
  readonly column: number | undefined;
  readonly field: string | undefined;
}

export type ParsedPacket =
  | { readonly kind: 'packet'; readonly packet: Packet }
  | { readonly kind: 'problems'; readonly problems: readonly PacketProblem[] };

/** A packet in the object form: field names of the outside contract, values as JSON has them. */
export type PacketFields = Readonly<Record<string, unknown>>;

/** Parses the one-line form: `tcp 203.0.113.7:40000 -> 192.0.2.10:31852 in=eth0 flags=S`. */
export function parsePacketLine(_text: string): ParsedPacket {
  throw new Error('parsePacketLine is being written');
}

/** Parses the object form. */
export function parsePacketFields(_fields: PacketFields): ParsedPacket {
  throw new Error('parsePacketFields is being written');
}

/** The one-line form, with only what differs from the defaults; `parsePacketLine` gives the packet back. */
export function renderPacketLine(_packet: Packet): string {
  throw new Error('renderPacketLine is being written');
}

/** The object form that results print. */
export function packetToFields(_packet: Packet): Record<string, string | number> {
  throw new Error('packetToFields is being written');
}
