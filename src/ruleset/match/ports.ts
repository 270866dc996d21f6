import type { PortRange } from '../../address/port-range.ts';
import type { Side } from './side.ts';

/** `--sport` or `--dport` of the rule's protocol (tcp, udp, sctp, udplite, dccp), which the rule must match too. */
export interface PortsMatch {
  readonly kind: 'ports';
  readonly side: Side;
  readonly range: PortRange;
  readonly negated: boolean;
}
