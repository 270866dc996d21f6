/** `-m icmp --icmp-type` or `-m icmp6 --icmpv6-type`, by the ruleset's family. Without `code` every code. */
export interface IcmpMatch {
  readonly kind: 'icmp';
  readonly type: number;
  readonly code: number | undefined;
  readonly negated: boolean;
}
