/** `-p tcp`. In IPv6 the protocol is the last header's. */
export interface ProtocolMatch {
  readonly kind: 'protocol';
  readonly protocol: number;
  readonly negated: boolean;
}
