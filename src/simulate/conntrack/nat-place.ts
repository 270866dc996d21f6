import type { IpAddress } from '../../address/ip-address.ts';

/** A new place for a packet's destination or source. Without `port` the port is kept where it is free. */
export interface NatPlace {
  readonly address: IpAddress;
  readonly port: number | undefined;
  /** The interface that MASQUERADE was asked for on; undefined for other targets. */
  readonly masqueradedOn?: string;
}

/** What binding a connection to a translation came to. */
export type NatOutcome =
  | { readonly kind: 'bound'; readonly changed: boolean }
  /** The kernel chooses a port that cannot be foretold; the packet was given none. */
  | { readonly kind: 'unpredictable'; readonly reason: string };
