import type { IpAddress } from '../../address/ip-address.ts';

/**
 * How routing ended. `reason` says why in words, naming the route, rule or sysctl.
 *
 * - `local`: to a process on the host. Never from `routeOutput`, where the host's own addresses are a `forward` to `lo`.
 * - `forward`: leaves by `outInterface`; `nextHop` is undefined where the destination itself is on the link.
 * - `drop`: gone without a word to its sender; `reject`: the sender is told, by ICMP or, a process here, by an error.
 * - `undetermined`: what would decide is not in the Host document.
 */
export type RouteOutcome =
  | { readonly kind: 'local'; readonly reason: string }
  | {
      readonly kind: 'forward';
      readonly outInterface: string;
      readonly nextHop: IpAddress | undefined;
      readonly reason: string;
    }
  | { readonly kind: 'drop'; readonly reason: string }
  | { readonly kind: 'reject'; readonly reason: string }
  | { readonly kind: 'undetermined'; readonly reason: string };
