import { IP_PROTOCOL } from '../../address/protocol.ts';
import type { Definition } from '../definition.ts';
import type { Extension } from '../extension.ts';

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

/** Other spellings, by family. Source: `iptables -j REJECT --help`, `ip6tables -j REJECT --help`, 1.8.9. */
const ALIASES: Readonly<Record<4 | 6, Readonly<Record<string, string>>>> = {
  4: {
    'net-unreach': 'icmp-net-unreachable',
    'host-unreach': 'icmp-host-unreachable',
    'proto-unreach': 'icmp-proto-unreachable',
    'port-unreach': 'icmp-port-unreachable',
    'net-prohib': 'icmp-net-prohibited',
    'host-prohib': 'icmp-host-prohibited',
    'admin-prohib': 'icmp-admin-prohibited',
    'tcp-rst': 'tcp-reset',
  },
  6: {
    'no-route': 'icmp6-no-route',
    'adm-prohibited': 'icmp6-adm-prohibited',
    'addr-unreach': 'icmp6-addr-unreachable',
    'port-unreach': 'icmp6-port-unreachable',
    'policy-fail': 'icmp6-policy-fail',
    'reject-route': 'icmp6-reject-route',
  },
};

/** Reads `-j REJECT`. */
export const rejectExtension: Extension<RejectTarget> = {
  name: 'REJECT',
  options: [{ flag: '--reject-with', words: 1 }],
  parse: (given, context) => {
    const { family } = context;
    const option = given.find('--reject-with');
    const text =
      option?.words[0]?.toLowerCase() ?? `icmp${family === 4 ? '' : '6'}-port-unreachable`;
    // Like iptables, the beginning of a name will do.
    const names = [...ANSWERS[family], ...Object.keys(ALIASES[family])];
    const name = names.includes(text) ? text : (names.find((one) => one.startsWith(text)) ?? text);
    const target: RejectTarget = { kind: 'reject', with: ALIASES[family][name] ?? name };
    const problem = rejectTarget.validate(target, context);
    if (problem !== undefined) throw given.refusal(problem, option);
    return [target];
  },
};
