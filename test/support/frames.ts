import { encodePacket, NO_NUMBERS } from '../../src/packet/encode-packet.ts';
import { encodeFrame, parseMac } from '../../src/packet/ethernet.ts';
import { packet } from './packets.ts';

const MACS = { source: parseMac('02:00:00:00:00:01'), destination: parseMac('02:00:00:00:00:02') };

/** The bytes of the packet of a line, with the sequence and acknowledgement numbers that it names. */
export function ipPacket(line: string): Uint8Array {
  const read = packet(line);
  const tcp = {
    ...NO_NUMBERS.tcp,
    sequence: read.tcpSequence ?? 1,
    acknowledgement: read.tcpAcknowledgement ?? 0,
  };
  return encodePacket(read, { ...NO_NUMBERS, tcp });
}

/** The same in an Ethernet frame. */
export function frame(line: string, macs: typeof MACS = MACS): Uint8Array {
  return encodeFrame(ipPacket(line), packet(line).family, macs);
}
