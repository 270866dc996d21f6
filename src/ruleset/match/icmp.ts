import { IP_PROTOCOL } from '../../address/protocol.ts';
import type { Definition } from '../definition.ts';
import { isUnsigned, not } from '../restore-text.ts';

/** `-m icmp --icmp-type` or `-m icmp6 --icmpv6-type`, by the ruleset's family. Without `code` every code. */
export interface IcmpMatch {
  readonly kind: 'icmp';
  readonly type: number;
  readonly code: number | undefined;
  readonly negated: boolean;
}

/** Checks and writes `-m icmp --icmp-type 8/0`, `-m icmp6 --icmpv6-type 128`. */
export const icmpMatch: Definition<IcmpMatch> = {
  kind: 'icmp',
  validate: ({ type, code }, { family, protocol }) => {
    if (protocol !== (family === 4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.icmpv6)) {
      return `an ICMP type needs the rule to match ${family === 4 ? 'icmp' : 'icmpv6'}`;
    }
    // Type 255 of IPv4 means every type to iptables, which is not what it says.
    if (!isUnsigned(type, family === 4 ? 254 : 255)) return `ICMP type ${type} is out of range`;
    if (code !== undefined && !isUnsigned(code, 255)) return `ICMP code ${code} is out of range`;
    return undefined;
  },
  render: ({ type, code, negated }, { family }) => {
    const option = family === 4 ? '--icmp-type' : '--icmpv6-type';
    const value = code === undefined ? `${type}` : `${type}/${code}`;
    return `-m ${family === 4 ? 'icmp' : 'icmp6'} ${not(negated)}${option} ${value}`;
  },
};
