import type { IpAddress } from '../../address/ip-address.ts';
import type { PortRange } from '../../address/port-range.ts';

/** A new place for a packet's destination or source. */
export interface NatPlace {
  readonly address: IpAddress;
  /** A port to take, whether it is free or not. Without it, and without `ports`, the port is kept where it is free. */
  readonly port: number | undefined;
  /** The interface that MASQUERADE was asked for on; undefined for other targets. */
  readonly masqueradedOn?: string;
  /** Ports of which a free one is taken; one that the packet has already is kept. */
  readonly ports?: PortRange | undefined;
  /** Destinations only: the port is `ports.first` and as much as the packet's is above this one, as far as there are ports. */
  readonly shiftedFrom?: number | undefined;
}

/** What binding a connection to a translation came to. */
export type NatOutcome =
  | {
      readonly kind: 'bound';
      readonly changed: boolean;
      /** Another free port might have been taken as well. */
      readonly byChance?: boolean | undefined;
    }
  /** The kernel chooses a port that cannot be foretold; the packet was given none. */
  | { readonly kind: 'unpredictable'; readonly reason: string };
