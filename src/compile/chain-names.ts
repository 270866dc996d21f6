import { nameHash } from './short-hash.ts';

/** The prefix of every chain that is ours, and of a set of ours with the family behind it. */
export const OWN_PREFIX = 'hep';

/** What the comment of every rule of ours begins with. */
export const OWN_COMMENT: string = `${OWN_PREFIX}:`;

/** The chains that every host has. */
export const CHAIN = {
  prerouting: 'hep-PREROUTING',
  input: 'hep-INPUT',
  forward: 'hep-FORWARD',
  output: 'hep-OUTPUT',
  postrouting: 'hep-POSTROUTING',
  fromHostEndpoint: 'hep-from-host-endpoint',
  toHostEndpoint: 'hep-to-host-endpoint',
  fromHostEndpointForward: 'hep-from-hep-forward',
  toHostEndpointForward: 'hep-to-hep-forward',
  fromWorkload: 'hep-from-wl-dispatch',
  toWorkload: 'hep-to-wl-dispatch',
  workloadToHost: 'hep-wl-to-host',
  failsafeIn: 'hep-failsafe-in',
  failsafeOut: 'hep-failsafe-out',
  floatingIpDnat: 'hep-fip-dnat',
  floatingIpSnat: 'hep-fip-snat',
  natOutgoing: 'hep-nat-outgoing',
} as const;

/** What the chains of endpoints, policies and profiles start with: `from` is what arrives through the interface. */
export const CHAIN_PREFIX = {
  fromHostEndpoint: 'hep-fh-',
  toHostEndpoint: 'hep-th-',
  fromHostEndpointForward: 'hep-fhfw-',
  toHostEndpointForward: 'hep-thfw-',
  fromWorkload: 'hep-fw-',
  toWorkload: 'hep-tw-',
  policyIn: 'hep-pi-',
  policyOut: 'hep-po-',
  profileIn: 'hep-pri-',
  profileOut: 'hep-pro-',
} as const;

/** In the place of an interface's name in the chains of a `*` endpoint. Source: `calico-semantics` 7. */
export const ANY_INTERFACE = 'any-interface-at-all';

const CHAIN_NAME_LENGTH = 28;

/** A name starts with no underscore, so that it is never mistaken for a hash, which does. */
const PLAIN_NAME = /^[A-Za-z0-9.][A-Za-z0-9_.-]*$/;

/**
 * A chain name: prefix and name where that is short and plain, otherwise prefix, `_` and a hash of `identity`.
 *
 * `identity` must differ wherever things of one prefix do; `name` may be the same for two identities only when it is not plain.
 */
export function chainName(prefix: string, name: string, identity: string = name): string {
  const plain = PLAIN_NAME.test(name) && prefix.length + name.length <= CHAIN_NAME_LENGTH;
  return plain ? `${prefix}${name}` : `${prefix}_${nameHash(identity)}`;
}
