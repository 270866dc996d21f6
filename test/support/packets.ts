import type { Packet } from '../../src/packet/packet.ts';
import { parsePacketLine } from '../../src/packet/packet-text.ts';

/** A packet from its one-line form. */
export function packet(line: string): Packet {
  const parsed = parsePacketLine(line);
  if (parsed.kind === 'packet') return parsed.packet;
  throw new Error(`${line}: ${parsed.problems.map((problem) => problem.message).join('; ')}`);
}
