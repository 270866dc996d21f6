import { hasInterfacePrefix } from '../address/interface-name.ts';
import { type IpAddress, sameIpAddress } from '../address/ip-address.ts';
import { IP_PROTOCOL } from '../address/protocol.ts';
import type { Flow, FlowHeaders } from './flow.ts';
import { isFailsafe, type PassMark } from './judge.ts';
import type { PolicyView } from './match-rule.ts';
import type { HostEndpointPolicy, NodePolicy } from './node-policy.ts';

/** What is known of one packet on one node, before anyone judges it. */
export class FlowFacts {
  /** Whether it has been taken off connection tracking so far; set by the raw table. */
  untracked = false;
  /** As it is at this moment of the packet's way; the tables clear it where they start afresh. */
  readonly passMark: PassMark = { isSet: false };
  private readonly policy: NodePolicy;
  private readonly flow: Flow;

  constructor(policy: NodePolicy, flow: Flow) {
    this.policy = policy;
    this.flow = flow;
  }

  /** The packet as a chain sees it whose table sees these headers. */
  view(headers: FlowHeaders): PolicyView {
    const { family, protocol, icmpType, icmpCode } = this.flow;
    return { family, protocol, icmpType, icmpCode, headers };
  }

  /** A packet that is not tracked is not translated either. */
  headersAfterDnat(): FlowHeaders {
    return this.untracked ? this.flow.original : this.flow.translated;
  }

  /** Whether the connection's destination is translated. */
  isDnated(): boolean {
    return !this.untracked && this.flow.destinationNat;
  }

  /** Known to connection tracking, or related to what is. */
  isEstablished(): boolean {
    if (this.untracked) return false;
    return this.flow.state === 'established' || this.flow.state === 'related';
  }

  /** Connection tracking can place it nowhere, and that counts. */
  isDroppedAsInvalid(): boolean {
    if (this.untracked || this.policy.config.disableConntrackInvalidCheck) return false;
    return this.flow.state === 'invalid';
  }

  /** Whether it is a tunnel packet of Calico's own VXLAN. */
  isVxlan({ destinationPort }: FlowHeaders): boolean {
    const { config, facts } = this.policy;
    if (!config.vxlanEnabled || (this.flow.family === 6 && !facts.vxlanIpv6)) return false;
    return this.flow.protocol === IP_PROTOCOL.udp && destinationPort === config.vxlanPort;
  }

  /** Whether the raw table takes it off tracking as a tunnel packet. */
  isUntrackedVxlan(headers: FlowHeaders): boolean {
    return this.policy.facts.vxlanUntracked && this.isVxlan(headers);
  }

  /** Whether the address is that of a host of the cluster. */
  isHost(address: IpAddress): boolean {
    return this.policy.hostAddresses.some((host) => sameIpAddress(host, address));
  }

  /** Whether it goes to a failsafe port of the direction. */
  isFailsafe(direction: 'ingress' | 'egress', view: PolicyView): boolean {
    const { failsafeInbound, failsafeOutbound } = this.policy.config;
    return direction === 'ingress'
      ? isFailsafe(failsafeInbound, view, { portOf: 'destination', peer: 'source' })
      : isFailsafe(failsafeOutbound, view, { portOf: 'destination', peer: 'destination' });
  }

  /** Before connection tracking replies cannot be told apart, so those from a failsafe port skip untracked policy (6). */
  isFailsafeReply(direction: 'ingress' | 'egress', view: PolicyView): boolean {
    const { failsafeInbound, failsafeOutbound } = this.policy.config;
    return direction === 'ingress'
      ? isFailsafe(failsafeOutbound, view, { portOf: 'source', peer: 'source' })
      : isFailsafe(failsafeInbound, view, { portOf: 'source', peer: 'destination' });
  }

  /** Whether the host tunnels to another one. */
  isTunnelOutput(): boolean {
    const headers = this.headersAfterDnat();
    if (!this.isHost(headers.destination)) return false;
    const isIpip =
      this.flow.family === 4 &&
      this.policy.config.ipipEnabled &&
      this.flow.protocol === IP_PROTOCOL.ipip;
    return isIpip || this.isVxlan(headers);
  }

  /** Workloads may not pose as hosts that tunnel to each other. */
  isForbiddenTunnel(headers: FlowHeaders): boolean {
    const { facts, config } = this.policy;
    if (!facts.workloadTunnelsDropped) return false;
    const isVxlan =
      this.flow.protocol === IP_PROTOCOL.udp && headers.destinationPort === config.vxlanPort;
    if (isVxlan && !config.allowVxlanFromWorkloads) return true;
    return this.flow.protocol === IP_PROTOCOL.ipip && !config.allowIpipFromWorkloads;
  }

  /** By the name's prefix alone. */
  isWorkloadInterface(name: string): boolean {
    return hasInterfacePrefix(name, this.policy.config.interfacePrefixes);
  }

  /** The endpoint that is in force on the interface itself. */
  ownEndpoint(interfaceName: string): HostEndpointPolicy | undefined {
    return this.policy.hostEndpoints.find((endpoint) =>
      endpoint.interfaces.includes(interfaceName),
    );
  }

  /** The endpoint of every interface. */
  wildcardEndpoint(): HostEndpointPolicy | undefined {
    return this.policy.hostEndpoints.find((endpoint) => endpoint.wildcard);
  }

  /** For normal and forward policy, where an interface's own endpoint always takes the place of the `*` one. */
  filterEndpoint(interfaceName: string): HostEndpointPolicy | undefined {
    const own = this.ownEndpoint(interfaceName);
    const wildcardFilters = this.policy.facts.wildcardEndpoint === 'all-but-untracked';
    return own ?? (wildcardFilters ? this.wildcardEndpoint() : undefined);
  }
}
