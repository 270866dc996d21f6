import type { Packet } from './packet.ts';

/** What is wrong with a packet as written. `column` counts from 1 in a line; `field` names an object's field. */
export interface PacketProblem {
  readonly message: string;
  readonly hint: string | undefined;
  readonly column: number | undefined;
  readonly field: string | undefined;
}

/** A packet, or everything that is wrong with what was written. */
export type ParsedPacket =
  | { readonly kind: 'packet'; readonly packet: Packet }
  | { readonly kind: 'problems'; readonly problems: readonly PacketProblem[] };

/** Where something of a packet is written: a column of a line, or a field of an object. */
export interface PacketPlace {
  readonly column: number | undefined;
  readonly field: string | undefined;
}

/** One field as written, in either form. */
export interface WrittenField {
  /** As JSON has it; always a string in a line. */
  readonly value: unknown;
  readonly place: PacketPlace;
}
