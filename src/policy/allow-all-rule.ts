import type { EntityRule, PolicyRule } from '../resources/policy-rule.ts';
import type { SourceLocation } from '../source/location.ts';

/** One side of a rule without any criterion. */
export const ANY_ENTITY: EntityRule = {
  nets: [],
  notNets: [],
  selector: undefined,
  notSelector: undefined,
  namespaceSelector: undefined,
  serviceAccounts: undefined,
  services: undefined,
  ports: [],
  notPorts: [],
  tag: undefined,
  notTag: undefined,
};

/** A rule that allows every packet. */
export function allowAllRule(location: SourceLocation): PolicyRule {
  return {
    action: 'allow',
    ipVersion: undefined,
    protocol: undefined,
    notProtocol: undefined,
    icmp: undefined,
    notIcmp: undefined,
    source: ANY_ENTITY,
    destination: ANY_ENTITY,
    http: false,
    annotations: new Map(),
    location,
  };
}
