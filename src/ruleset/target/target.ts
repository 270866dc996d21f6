import type { IpAddress } from '../../address/ip-address.ts';

/** What a rule does with a packet that it matches. */
export type Target =
  | { readonly kind: 'accept' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'return' }
  | { readonly kind: 'jump'; readonly chain: string }
  | { readonly kind: 'goto'; readonly chain: string }
  /** `MARK --set-xmark value/mask`: `mark = (mark & ~mask) ^ value`. */
  | { readonly kind: 'mark'; readonly value: number; readonly mask: number }
  /** `CT --notrack`; table raw only. */
  | { readonly kind: 'notrack' }
  /** `REJECT --reject-with`; table filter only. */
  | { readonly kind: 'reject'; readonly with: string }
  /** `LOG`; evaluation goes on. `prefix` is at most 29 bytes. */
  | { readonly kind: 'log'; readonly prefix: string; readonly level: number }
  /** `DNAT --to-destination`; nat PREROUTING and OUTPUT. Without `port` the port stays. */
  | { readonly kind: 'dnat'; readonly address: IpAddress; readonly port: number | undefined }
  /** `SNAT --to-source`; nat POSTROUTING and INPUT. */
  | { readonly kind: 'snat'; readonly address: IpAddress; readonly port: number | undefined }
  /** `MASQUERADE`; nat POSTROUTING. */
  | { readonly kind: 'masquerade'; readonly randomFully: boolean }
  /** Rules of the host that are known to exist but not what they say: a packet that meets them is undetermined. */
  | { readonly kind: 'opaque'; readonly description: string };
