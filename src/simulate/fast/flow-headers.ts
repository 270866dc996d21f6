import type { IpFamily } from '../../address/ip-address.ts';
import { isIcmp } from '../../address/protocol.ts';

/**
 * What tells the flow of one packet: addresses as signed words of which IPv4 uses the last alone, and ports; of ICMP the identifier, and
 * type and code. One object, filled anew for every packet.
 */
export class FlowHeaders {
  family: IpFamily = 4;
  protocol = 0;
  s0 = 0;
  s1 = 0;
  s2 = 0;
  s3 = 0;
  d0 = 0;
  d1 = 0;
  d2 = 0;
  d3 = 0;
  sourceKey = 0;
  destinationKey = 0;
  /** The keys as packets of the other direction bear them. */
  replySourceKey = 0;
  replyDestinationKey = 0;
  /** The same in both directions. */
  hash = 0;

  /** Works out `hash`; of keys only what both directions have in common. HOT */
  mix(): void {
    const isPorts = !isIcmp(this.protocol);
    const a = end(this.s0, this.s1, this.s2, this.s3, isPorts ? this.sourceKey : 0);
    const b = end(this.d0, this.d1, this.d2, this.d3, isPorts ? this.destinationKey : 0);
    const shared = isPorts ? this.protocol : (this.sourceKey << 8) | this.protocol;
    this.hash = mixEnds(a, b, shared);
  }
}

/** The `hash` of an IPv4 packet of a protocol with ports; addresses as signed words. HOT */
export function hashOfPorts(
  protocol: number,
  source: number,
  destination: number,
  sourcePort: number,
  destinationPort: number,
): number {
  const a = end(0, 0, 0, source, sourcePort);
  return mixEnds(a, end(0, 0, 0, destination, destinationPort), protocol);
}

/** HOT */
function mixEnds(a: number, b: number, shared: number): number {
  let h = Math.imul((a + b) ^ Math.imul(shared, 0x9e3779b1), 0x85ebca6b) ^ (a ^ b);
  h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35);
  return h ^ (h >>> 13);
}

/** One end of a flow as a number. HOT */
function end(w0: number, w1: number, w2: number, w3: number, key: number): number {
  let h = Math.imul(w3 ^ (key << 15) ^ (key >>> 1), 0x2c1b3c6d);
  if ((w0 | w1 | w2) !== 0) {
    h = Math.imul(h ^ w2 ^ (h >>> 15), 0x297a2d39);
    h = Math.imul(h ^ w1 ^ (h >>> 13), 0x165667b1);
    h = Math.imul(h ^ w0 ^ (h >>> 16), 0x27d4eb2f);
  }
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  return h ^ (h >>> 14);
}
