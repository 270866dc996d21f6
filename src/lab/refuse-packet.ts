import { LOCAL, type Packet } from '../packet/packet.ts';
import { LabError } from './lab-error.ts';

/**
 * Checks that nothing of a packet would be left out.
 *
 * @throws LabError for one that the lab cannot inject as it is.
 */
export function refusePacket(packet: Packet): void {
  const why = whyNotInjected(packet);
  if (why !== undefined) throw new LabError('unsupported', `the lab cannot inject a packet ${why}`);
}

function whyNotInjected(packet: Packet): string | undefined {
  if (packet.in === undefined) return 'that does not say where it comes in';
  if (packet.in === 'lo') return 'that arrives on lo';
  if (packet.state !== undefined) return 'whose connection state is given';
  if (packet.timeSeconds !== undefined && packet.timeSeconds !== 0) return 'of another time';
  if (packet.in !== LOCAL && packet.mark !== 0 && packet.mac !== undefined) {
    return 'that arrives with both a mark and a source MAC address';
  }
  return undefined;
}
