import { IP_PROTOCOL } from '../../address/protocol.ts';
import type { Definition } from '../definition.ts';

/** `REJECT --reject-with`; table filter only. */
export interface RejectTarget {
  readonly kind: 'reject';
  readonly with: string;
}

/** What iptables-save prints after `--reject-with`, by family. Source: libipt_REJECT.c, libip6t_REJECT.c, iptables 1.8.9. */
const ANSWERS: Readonly<Record<4 | 6, ReadonlySet<string>>> = {
  4: new Set([
    'icmp-net-unreachable',
    'icmp-host-unreachable',
    'icmp-proto-unreachable',
    'icmp-port-unreachable',
    'icmp-net-prohibited',
    'icmp-host-prohibited',
    'icmp-admin-prohibited',
    'tcp-reset',
  ]),
  6: new Set([
    'icmp6-no-route',
    'icmp6-adm-prohibited',
    'icmp6-addr-unreachable',
    'icmp6-port-unreachable',
    'icmp6-policy-fail',
    'icmp6-reject-route',
    'tcp-reset',
  ]),
};

/** Checks and writes `-j REJECT --reject-with icmp-port-unreachable`. */
export const rejectTarget: Definition<RejectTarget> = {
  kind: 'reject',
  validate: (target, { family, table, protocol }) => {
    if (table !== undefined && table !== 'filter') return `REJECT in table ${table}`;
    if (!ANSWERS[family].has(target.with))
      return `an IPv${family} rule cannot reject with ${target.with}`;
    return target.with === 'tcp-reset' && protocol !== IP_PROTOCOL.tcp
      ? 'tcp-reset needs the rule to match tcp'
      : undefined;
  },
  render: (target) => `-j REJECT --reject-with ${target.with}`,
};
