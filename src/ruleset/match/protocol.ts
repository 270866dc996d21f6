import { IP_PROTOCOL, renderProtocol } from '../../address/protocol.ts';
import type { Definition } from '../definition.ts';
import { isUnsigned, not } from '../restore-text.ts';

/** `-p tcp`. In IPv6 the protocol is the last header's. */
export interface ProtocolMatch {
  readonly kind: 'protocol';
  readonly protocol: number;
  readonly negated: boolean;
}

/** Checks and writes `-p tcp`, `! -p 47`. */
export const protocolMatch: Definition<ProtocolMatch> = {
  kind: 'protocol',
  // 0 is every protocol to iptables, so protocol 0 itself cannot be matched.
  validate: ({ protocol }) =>
    isUnsigned(protocol, 255) && protocol !== 0 ? undefined : `protocol ${protocol}`,
  // Names beyond these depend on the machine's /etc/protocols, so a number is the only spelling that every machine takes.
  render: ({ protocol, negated }) =>
    `${not(negated)}-p ${protocol === IP_PROTOCOL.icmpv6 ? 'ipv6-icmp' : renderProtocol(protocol)}`,
};
