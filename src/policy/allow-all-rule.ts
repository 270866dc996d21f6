import { ANY_ENTITY, type PolicyRule } from '../resources/policy-rule.ts';
import type { SourceLocation } from '../source/location.ts';

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
