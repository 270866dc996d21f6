import type { AddressIntervals } from '../../address/address-intervals.ts';
import type { HeaderValues } from './condition-tests.ts';
import { FlowHeaders } from './flow-headers.ts';

/** Not looked up yet. */
const OPEN = -1;

/**
 * The headers that conditions and routes are asked of, addresses as the intervals that they lie in: most packets are never asked for all of them, and each costs a
 * search. One object, filled anew for every packet.
 */
export class AskedHeaders implements HeaderValues {
  serial = 0;
  sourcePort = 0;
  key = 0;
  readonly #addresses: AddressIntervals;
  readonly #routed: AddressIntervals;
  #flow: FlowHeaders = new FlowHeaders();
  #source = OPEN;
  #destination = OPEN;

  /** `addresses` are cut as conditions ask, `routed` as routes do. */
  constructor(addresses: AddressIntervals, routed: AddressIntervals) {
    this.#addresses = addresses;
    this.#routed = routed;
  }

  /** Takes a packet's headers, which must stay until the next one's are taken. HOT */
  take(flow: FlowHeaders): void {
    this.serial++;
    this.#flow = flow;
    this.sourcePort = flow.sourceKey;
    this.key = flow.destinationKey;
    this.#source = OPEN;
    this.#destination = OPEN;
  }

  /** HOT */
  get source(): number {
    if (this.#source === OPEN) this.#source = sourceIn(this.#addresses, this.#flow);
    return this.#source;
  }

  /** HOT */
  get destination(): number {
    if (this.#destination === OPEN) {
      this.#destination = destinationIn(this.#addresses, this.#flow);
    }
    return this.#destination;
  }

  /** HOT */
  get routedSource(): number {
    return sourceIn(this.#routed, this.#flow);
  }

  /** HOT */
  get routedDestination(): number {
    return destinationIn(this.#routed, this.#flow);
  }
}

/** HOT */
function sourceIn(intervals: AddressIntervals, { family, s0, s1, s2, s3 }: FlowHeaders): number {
  return family === 4
    ? intervals.indexOf4(s3 >>> 0)
    : intervals.indexOf6(s0 >>> 0, s1 >>> 0, s2 >>> 0, s3 >>> 0);
}

/** HOT */
function destinationIn(
  intervals: AddressIntervals,
  { family, d0, d1, d2, d3 }: FlowHeaders,
): number {
  return family === 4
    ? intervals.indexOf4(d3 >>> 0)
    : intervals.indexOf6(d0 >>> 0, d1 >>> 0, d2 >>> 0, d3 >>> 0);
}
