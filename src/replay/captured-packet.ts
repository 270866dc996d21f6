import { IP_READ, IpHeader } from '../packet/ip-header.ts';
import { SENT_BY_HOST } from '../simulate/fast/plain-layout.ts';

/**
 * One packet of a capture on its way to an evaluator. One object, filled anew for every packet; the bytes are the reader's and hold
 * until the next packet.
 */
export class CapturedPacket {
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the IP header begins. */
  start = 0;
  /** One past the last byte that was captured. */
  end = 0;
  /** One past the last byte that was on the wire; beyond `end` where the capture cut the packet. May include padding of the frame. */
  wireEnd = 0;
  /** Bytes on the wire, of the whole frame. */
  originalLength = 0;
  /** What the IP header says, and what reading it came to; one of IP_READ. */
  readonly header: IpHeader = new IpHeader();
  headerRead: number = IP_READ.sound;
  /** Place of the input interface in the host's list; SENT_BY_HOST. */
  interfaceNumber: number = SENT_BY_HOST;
  /** Since the replay's first packet; never less than with the packet before. */
  timeSeconds = 0;
  /** The same in milliseconds, with a fraction. */
  nowMs = 0;
  /** Where the source MAC address stands; -1 where none is known. */
  sourceMac = -1;

  /** Reads the IP header, when everything else is set. HOT */
  readHeader(): void {
    const isSent = this.interfaceNumber === SENT_BY_HOST;
    this.headerRead = this.header.read(this.bytes, this.start, this.end, this.wireEnd, isSent);
  }
}
