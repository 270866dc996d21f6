import type { IpFamily } from '../address/ip-address.ts';
import type { PortRange } from '../address/port-range.ts';
import { IP_PROTOCOL, isIcmp } from '../address/protocol.ts';
import {
  ANY_ENTITY,
  type EntityRule,
  type IcmpFields,
  type PolicyRule,
  type RulePort,
} from '../resources/policy-rule.ts';
import type { NotModelled } from '../resources/resource-set.ts';
import { tagLabel } from './labelled-endpoints.ts';
import type {
  AddressSet,
  IcmpCriterion,
  PortSet,
  ResolvedEntity,
  ResolvedRule,
} from './node-policy.ts';
import type { SetResolver } from './set-resolver.ts';
import { entitySelector, writtenSelector } from './translate-selectors.ts';

/** Where a rule stands: what its selectors and services are relative to. */
export interface RuleScope {
  /** Of the policy; undefined where it has none. */
  readonly namespace: string | undefined;
}

/** Rules have many lists without elements. */
const NONE: readonly never[] = [];

const ANYTHING: ResolvedEntity = {
  nets: NONE,
  notNets: NONE,
  sets: NONE,
  notSets: NONE,
  ports: NONE,
  portSets: NONE,
  notPorts: NONE,
  notPortSets: NONE,
};

/** Resolves the rules of policies and profiles, and remembers what in them is not modelled. */
export class RuleResolver {
  readonly notModelled: NotModelled[] = [];
  private readonly sets: SetResolver;

  constructor(sets: SetResolver) {
    this.sets = sets;
  }

  /** One direction's rules. */
  resolve(rules: readonly PolicyRule[], scope: RuleScope): readonly ResolvedRule[] {
    return rules.map((rule, index) => this.resolveRule(rule, index, scope));
  }

  private resolveRule(rule: PolicyRule, index: number, scope: RuleScope): ResolvedRule {
    const icmp = icmpCriterion(rule.icmp);
    const notIcmp = icmpCriterion(rule.notIcmp);
    if (rule.protocol === undefined || !isIcmp(rule.protocol)) {
      if (icmp !== undefined) this.noteUnmodelled('icmp', rule);
      if (notIcmp !== undefined) this.noteUnmodelled('notICMP', rule);
    }
    return {
      index: rule.index ?? index,
      location: rule.location,
      action: rule.action,
      ipVersion: rule.ipVersion ?? impliedFamily(rule.protocol),
      protocol: rule.protocol,
      notProtocol: rule.notProtocol,
      icmp,
      notIcmp,
      source: this.resolveEntity(rule.source, 'source', rule, scope),
      destination: this.resolveEntity(rule.destination, 'destination', rule, scope),
      annotations: rule.annotations,
    };
  }

  private resolveEntity(
    entity: EntityRule,
    side: 'source' | 'destination',
    rule: PolicyRule,
    scope: RuleScope,
  ): ResolvedEntity {
    if (entity === ANY_ENTITY) return ANYTHING;
    const selector = entitySelector(entity, scope.namespace);
    const named = (ports: readonly RulePort[]): readonly PortSet[] => {
      if (ports.every((port) => port.kind === 'numeric')) return NONE;
      return ports
        .filter((port) => port.kind === 'named')
        .map(({ name }) =>
          this.sets.byNamedPort({
            name,
            protocol: rule.protocol,
            selector: selector ?? { kind: 'all' },
          }),
        );
    };
    let sets: readonly AddressSet[] =
      selector === undefined ? NONE : [this.sets.bySelector(selector)];
    let portSets = named(entity.ports);
    if (entity.services !== undefined) {
      const { name } = entity.services;
      const namespace = entity.services.namespace || (scope.namespace ?? '');
      // A service in the destination is met by address, protocol and port; in the source by address alone.
      if (side === 'destination') {
        portSets = [...portSets, this.sets.portsOfService(namespace, name)];
      } else sets = [...sets, this.sets.addressesOfService(namespace, name)];
    }
    return {
      nets: entity.nets,
      notNets: entity.notNets,
      sets,
      notSets: this.negatedSets(entity),
      ports: numericPorts(entity.ports),
      portSets,
      notPorts: numericPorts(entity.notPorts),
      notPortSets: named(entity.notPorts),
    };
  }

  private negatedSets(entity: EntityRule): readonly AddressSet[] {
    const selector = writtenSelector(entity.notSelector);
    if (selector === undefined && entity.notTag === undefined) return NONE;
    const sets: AddressSet[] = [];
    if (selector !== undefined) sets.push(this.sets.bySelector(selector));
    if (entity.notTag !== undefined) {
      sets.push(this.sets.bySelector({ kind: 'has', label: tagLabel(entity.notTag) }));
    }
    return sets;
  }

  /** An ICMP match needs a rule for ICMP alone; what the kernel makes of it elsewhere is not known (4, "notICMP"). */
  private noteUnmodelled(field: 'icmp' | 'notICMP', rule: PolicyRule): void {
    this.notModelled.push({
      what: `${field} in a rule whose protocol is not ICMP`,
      location: rule.location,
      family: rule.ipVersion,
    });
  }
}

/** Felix renders an ICMP match by its type alone: without one it is no criterion. Source: felix/rules/policy.go. */
function icmpCriterion(fields: IcmpFields | undefined): IcmpCriterion | undefined {
  return fields?.type === undefined ? undefined : { type: fields.type, code: fields.code };
}

function numericPorts(ports: readonly RulePort[]): readonly PortRange[] {
  if (ports.length === 0) return NONE;
  if (ports.every((port) => port.kind === 'numeric')) return ports.map(({ range }) => range);
  const ranges: PortRange[] = [];
  for (const port of ports) if (port.kind === 'numeric') ranges.push(port.range);
  return ranges;
}

/** The family that a positive ICMP protocol is for; notProtocol implies none (4, trap 17). */
function impliedFamily(protocol: number | undefined): IpFamily | undefined {
  if (protocol === IP_PROTOCOL.icmp) return 4;
  return protocol === IP_PROTOCOL.icmpv6 ? 6 : undefined;
}
