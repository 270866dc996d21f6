import { type Cidr, cidrContains } from '../address/cidr.ts';
import { type IpAddress, type IpFamily, sameIpAddress } from '../address/ip-address.ts';
import { portRangeContains } from '../address/port-range.ts';
import { hasPorts, IP_PROTOCOL } from '../address/protocol.ts';
import type { FlowHeaders } from './flow.ts';
import type {
  AddressSet,
  IcmpCriterion,
  PortSet,
  ResolvedEntity,
  ResolvedRule,
} from './node-policy.ts';

/** A packet as one chain of policy sees it. */
export interface PolicyView {
  readonly family: IpFamily;
  readonly protocol: number;
  readonly icmpType: number;
  readonly icmpCode: number;
  readonly headers: FlowHeaders;
}

/** One side of a packet. */
interface Side {
  readonly address: IpAddress;
  readonly port: number;
}

/** Whether all criteria of the rule hold for the packet. Source: `calico-semantics` 4. */
export function ruleMatches(rule: ResolvedRule, view: PolicyView): boolean {
  const { headers } = view;
  if (!canMatchFamily(rule, view.family)) return false;
  if (rule.protocol !== undefined && rule.protocol !== view.protocol) return false;
  if (rule.notProtocol !== undefined && rule.notProtocol === view.protocol) return false;
  if (rule.icmp !== undefined && !icmpMatches(rule.icmp, view)) return false;
  if (rule.notIcmp !== undefined && icmpMatches(rule.notIcmp, view)) return false;
  return (
    entityMatches(
      rule.source,
      { address: headers.source, port: headers.sourcePort },
      view.protocol,
    ) &&
    entityMatches(
      rule.destination,
      { address: headers.destination, port: headers.destinationPort },
      view.protocol,
    )
  );
}

/**
 * Whether a packet of the family could match; a rule that none could is not written at all.
 *
 * Nets of the other family are left out of the rule; a list that they leave empty takes the whole rule with it, instead of matching
 * anything (4, trap 15).
 */
export function canMatchFamily(rule: ResolvedRule, family: IpFamily): boolean {
  if (rule.ipVersion !== undefined && rule.ipVersion !== family) return false;
  if (rule.protocol !== undefined && rule.protocol === rule.notProtocol) return false;
  const { source, destination } = rule;
  const isOf = (net: Cidr): boolean => net.network.family === family;
  const notNets = [source.notNets, destination.notNets];
  if (notNets.some((nets) => nets.some((net) => isOf(net) && net.prefixLength === 0))) return false;
  return [source.nets, destination.nets, ...notNets].every(
    (nets) => nets.length === 0 || nets.some(isOf),
  );
}

function icmpMatches({ type, code }: IcmpCriterion, view: PolicyView): boolean {
  const icmp = view.family === 4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.icmpv6;
  if (view.protocol !== icmp || type !== view.icmpType) return false;
  return code === undefined || code === view.icmpCode;
}

function entityMatches(entity: ResolvedEntity, side: Side, protocol: number): boolean {
  if (entity.nets.length > 0 && !isInNets(entity.nets, side.address)) return false;
  if (isInNets(entity.notNets, side.address)) return false;
  if (!entity.sets.every((set) => isInSet(set, side.address))) return false;
  if (entity.notSets.some((set) => isInSet(set, side.address))) return false;
  const wantsPort = entity.ports.length + entity.portSets.length > 0;
  if (wantsPort && !hasPort(entity.ports, entity.portSets, side, protocol)) return false;
  return !hasPort(entity.notPorts, entity.notPortSets, side, protocol);
}

function hasPort(
  ranges: ResolvedEntity['ports'],
  sets: readonly PortSet[],
  side: Side,
  protocol: number,
): boolean {
  if (!hasPorts(protocol)) return false;
  return (
    ranges.some((range) => portRangeContains(range, side.port)) ||
    sets.some((set) =>
      set.members.some(
        (member) =>
          member.port === side.port &&
          member.protocol === protocol &&
          sameIpAddress(member.address, side.address),
      ),
    )
  );
}

function isInSet(set: AddressSet, address: IpAddress): boolean {
  return isInNets(set.members, address);
}

function isInNets(nets: readonly Cidr[], address: IpAddress): boolean {
  return nets.some((net) => cidrContains(net, address));
}
