import { type PortRange, renderPortRange } from '../../address/port-range.ts';
import { IP_PROTOCOL } from '../../address/protocol.ts';
import type { Definition } from '../definition.ts';
import { isUnsigned, not } from '../restore-text.ts';
import type { Side } from './side.ts';

/** `--sport` or `--dport` of the rule's protocol (tcp, udp, sctp, dccp), which the rule must match too. */
export interface PortsMatch {
  readonly kind: 'ports';
  readonly side: Side;
  readonly range: PortRange;
  readonly negated: boolean;
  /** Written behind a `-m` of its own where it could share the one before. */
  readonly apart?: boolean | undefined;
}

/** The protocols whose extension has `--sport` and `--dport`; iptables has none for UDP-Lite, which needs multiport. */
const EXTENSIONS: ReadonlyMap<number, string> = new Map([
  [IP_PROTOCOL.tcp, 'tcp'],
  [IP_PROTOCOL.udp, 'udp'],
  [IP_PROTOCOL.sctp, 'sctp'],
  [IP_PROTOCOL.dccp, 'dccp'],
]);

/** Checks and writes `-m tcp --dport 80:90`. */
export const portsMatch: Definition<PortsMatch> = {
  kind: 'ports',
  validate: ({ range, negated }, { protocol }) => {
    // The builds of iptables store these each in its own way, and not as written.
    if (range.first === 0 && (range.last === 65535 || negated)) {
      return `port range ${renderPortRange(range)}${negated ? ', negated' : ''}`;
    }
    if (protocol === undefined || !EXTENSIONS.has(protocol)) {
      return 'a port option needs the rule to match tcp, udp, sctp or dccp';
    }
    return isUnsigned(range.first, 65535) &&
      isUnsigned(range.last, 65535) &&
      range.first <= range.last
      ? undefined
      : `port range ${renderPortRange(range)}`;
  },
  render: ({ side, range, negated }, { protocol }) => {
    const option = side === 'source' ? '--sport' : '--dport';
    return `-m ${EXTENSIONS.get(protocol as number)} ${not(negated)}${option} ${renderPortRange(range)}`;
  },
};
