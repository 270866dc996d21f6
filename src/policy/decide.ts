import { hasInterfacePrefix } from '../address/interface-name.ts';
import { type IpAddress, sameIpAddress } from '../address/ip-address.ts';
import { IP_PROTOCOL } from '../address/protocol.ts';
import type { SourceLocation } from '../source/location.ts';
import type { Flow, FlowHeaders } from './flow.ts';
import { type Aspect, isFailsafe, type Judgement, judgeProfiles, judgeTiers } from './judge.ts';
import type { PolicyView } from './match-rule.ts';
import type { HostEndpointPolicy, NodePolicy } from './node-policy.ts';

/** One thing that accepted or dropped the packet, in the words of the outside contract. */
export interface PolicyStep {
  readonly kind:
    | 'policy'
    | 'profile'
    | 'failsafe'
    | 'default'
    | 'conntrack'
    | 'workload'
    | 'tunnel';
  readonly verdict: 'accept' | 'drop' | 'reject';
  /** Policy or profile. */
  readonly policy: string | undefined;
  readonly tier: string | undefined;
  readonly direction: 'ingress' | 'egress' | undefined;
  readonly ruleIndex: number | undefined;
  readonly endpoint: string | undefined;
  readonly type: 'untracked' | 'preDNAT' | 'normal' | 'forward' | 'workload' | undefined;
  readonly source: SourceLocation | undefined;
}

/**
 * What policy says of one packet. `unpoliced`: nothing of Calico's decided, the host's own rules do.
 * `returned`: Calico allowed it somewhere on its way and in the end left it to the host's own rules: allow action RETURN,
 * workload-to-host RETURN, or a later endpoint that neither allowed nor dropped.
 */
export interface PolicyDecision {
  readonly verdict: 'accept' | 'drop' | 'reject' | 'unpoliced' | 'returned';
  /** The step that settled it; undefined when unpoliced, or accepted only by the default of forwarding. */
  readonly decision: PolicyStep | undefined;
  readonly steps: readonly PolicyStep[];
}

/**
 * Decides one packet straight from the ordered policies, slowly and obviously; shares no code with the compiler, so that each
 * checks the other.
 *
 * `flow` gives the facts of routing, NAT and connection tracking. A packet from the host to itself (`outInterface` or
 * `finalOutInterface` is `lo`, no `inInterface`) is decided on both halves of its way.
 */
export function decide(policy: NodePolicy, flow: Flow): PolicyDecision {
  return new PolicyWalk(policy, flow).run();
}

/*
 * What an acceptance is worth. Accepting means one of two things, and they reach differently far:
 *
 * - A rule of a policy or profile *allows*: the packet is marked, and goes on to whatever else has a say. An endpoint that is asked
 *   later forgets the allowance of the one before, and gives or refuses its own; so the endpoint that was asked last decides (8.4,
 *   trap 11). The mark outlives its table: what untracked policy allowed, preDNAT policy does not see, and neither does the normal
 *   or forward policy of the interface of arrival; but a workload that it goes to, and the interface that it leaves by, are
 *   asked all the same (8.1, trap 12).
 * - Failsafes and connection tracking *accept*: that ends the table there and then, and so skips whatever the table had still to
 *   ask (in version 2.6 the failsafe of one interface thereby spares a forwarded packet the policy of the other). But it marks
 *   nothing: the next table asks anew (trap 4).
 *
 * An allowed packet is accepted, or with allow action RETURN left to the host's own rules, only where a table's walk ends.
 */

/** What a table's part of the walk came to. */
type Outcome =
  | 'dropped'
  /** Out of the table at once, unmarked. */
  | 'accepted'
  /** Marked; the walk goes on. */
  | 'allowed'
  /** Nobody objected and nobody allowed. */
  | 'undecided';

/** How the whole way through the filter table ended. */
type End = 'dropped' | 'accepted' | 'left to the host';

/** ICMPv6 of neighbour and multicast listener discovery, which the host needs from its workloads (5.7). Not 134, 137. */
const ICMPV6_FROM_WORKLOADS: readonly number[] = [130, 131, 132, 133, 135, 136];

class PolicyWalk {
  private readonly policy: NodePolicy;
  private readonly flow: Flow;
  private readonly steps: PolicyStep[] = [];
  /** Whether it has been taken off connection tracking. */
  private untracked = false;

  constructor(policy: NodePolicy, flow: Flow) {
    this.policy = policy;
    this.flow = flow;
  }

  run(): PolicyDecision {
    const { inInterface } = this.flow;
    const end =
      inInterface === undefined ? this.sentByHost() : this.arrives(inInterface, 'from the wire');
    const decision = this.steps[this.steps.length - 1];
    const steps = this.steps;
    if (end === 'dropped') {
      return { verdict: decision?.verdict ?? 'drop', decision, steps };
    }
    if (end === 'accepted') return { verdict: 'accept', decision, steps };
    return { verdict: decision === undefined ? 'unpoliced' : 'returned', decision, steps };
  }

  /** From PREROUTING on. Over `lo` come packets that the host sent to itself, rewritten and tracked already. */
  private arrives(inInterface: string, from: 'from the wire' | 'over lo'): End {
    const { flow } = this;
    const headers = from === 'over lo' ? this.headersAfterDnat() : flow.original;
    const raw = this.rawPrerouting(inInterface, headers, from);
    if (raw === 'dropped') return 'dropped';
    const mangle = this.manglePrerouting(inInterface, headers, raw === 'allowed');
    if (mangle === 'dropped') return 'dropped';
    const allowed = raw === 'allowed' || mangle === 'allowed';
    if (from === 'over lo') return this.filterInput(inInterface, allowed);
    if (!flow.routed) return 'left to the host';
    if (flow.outInterface === undefined) return this.filterInput(inInterface, allowed);
    return this.filterForward(inInterface, flow.outInterface, allowed);
  }

  /** From OUTPUT on; a packet to an address of the host comes back over `lo`. */
  private sentByHost(): End {
    const { flow } = this;
    const { outInterface } = flow;
    if (!flow.routed || outInterface === undefined) return 'left to the host';
    const finalOutInterface = flow.finalOutInterface ?? outInterface;
    const raw = this.rawOutput(outInterface);
    if (raw === 'dropped') return 'dropped';
    const output = this.filterOutput(outInterface, raw === 'allowed');
    if (output.end === 'dropped') return 'dropped';
    if (!output.allowed && this.manglePostrouting(finalOutInterface) === 'dropped') {
      return 'dropped';
    }
    if (finalOutInterface !== 'lo') return output.end;
    const arrival = this.arrives('lo', 'over lo');
    if (arrival === 'dropped') return 'dropped';
    return arrival === 'accepted' && output.end === 'accepted' ? 'accepted' : 'left to the host';
  }

  // --- raw (5.1, 5.2)

  private rawPrerouting(
    inInterface: string,
    headers: FlowHeaders,
    from: 'from the wire' | 'over lo',
  ): Outcome {
    // NOTRACK does nothing over lo: the packet has been looked up in OUTPUT already.
    const isTrackable = from === 'from the wire';
    if (isTrackable && this.isUntrackedVxlan(headers)) this.untracked = true;
    if (this.isWorkloadInterface(inInterface)) return this.reversePath();
    const outcome = this.untrackedPolicy(inInterface, 'ingress', headers);
    if (isTrackable && outcome === 'allowed') this.untracked = true;
    return outcome;
  }

  private rawOutput(outInterface: string): Outcome {
    const headers = this.flow.original;
    const outcome = this.untrackedPolicy(outInterface, 'egress', headers);
    // A failsafe ends the table before the VXLAN rule that stands below the endpoints.
    if (outcome === 'allowed') this.untracked = true;
    if (outcome === 'undecided' && this.isUntrackedVxlan(headers)) this.untracked = true;
    return outcome;
  }

  /** Untracked policy, which drops by rule alone. An interface whose endpoint has none is not looked at, failsafes included. */
  private untrackedPolicy(
    interfaceName: string,
    direction: 'ingress' | 'egress',
    headers: FlowHeaders,
  ): Outcome {
    const endpoint = this.ownEndpoint(interfaceName);
    if (endpoint === undefined || endpoint.untracked.length === 0) return 'undecided';
    const judge = this.judgeOf(endpoint, { direction, type: 'untracked' }, 'raw');
    const view = this.view(headers);
    if (this.isFailsafe(direction, view) || this.isFailsafeReply(direction, view)) {
      return judge.failsafe();
    }
    return judge.settle(judgeTiers(endpoint.untracked, direction, view, this.policy.facts));
  }

  /** Workloads may only send from addresses that are routed to them. Not a matter of any endpoint's policy. */
  private reversePath(): Outcome {
    const { family, reversePathFails } = this.flow;
    const isChecked = family === 6 || this.policy.facts.workloadRpfIpv4;
    return isChecked && reversePathFails ? this.drop({ kind: 'workload' }, 'raw') : 'undecided';
  }

  private isUntrackedVxlan(headers: FlowHeaders): boolean {
    return this.policy.facts.vxlanUntracked && this.isVxlan(headers);
  }

  // --- mangle PREROUTING (5.3)

  private manglePrerouting(
    inInterface: string,
    headers: FlowHeaders,
    alreadyAllowed: boolean,
  ): Outcome {
    const { facts } = this.policy;
    // No step: all traffic meets this rule, on interfaces that nothing polices too.
    if (this.isEstablished() || alreadyAllowed) return 'accepted';
    if (facts.mangleAcceptsWorkloads && this.isWorkloadInterface(inInterface)) return 'accepted';
    // Only endpoints that have preDNAT policy are listed here, so the `*` endpoint's also stands in for one that has none (7).
    const endpoint = [this.ownEndpoint(inInterface), this.wildcardEndpoint()].find(
      (candidate) => candidate !== undefined && candidate.preDnat.length > 0,
    );
    if (endpoint === undefined) return 'undecided';
    const judge = this.judgeOf(endpoint, { direction: 'ingress', type: 'preDNAT' }, 'mangle');
    const view = this.view(headers);
    if (this.isDroppedAsInvalid()) return judge.invalid();
    if (this.isFailsafe('ingress', view)) return judge.failsafe();
    return judge.settle(judgeTiers(endpoint.preDnat, 'ingress', view, facts));
  }

  // --- filter INPUT (5.6, 5.7)

  private filterInput(inInterface: string, alreadyAllowed: boolean): End {
    const { facts, config } = this.policy;
    if (facts.inputAcceptsMarked === 'first' && alreadyAllowed) return this.allowed();
    const tunnel = this.tunnelInput();
    if (tunnel !== undefined) return tunnel;
    if (this.isWorkloadInterface(inInterface)) return this.workloadToHost(inInterface);
    if (alreadyAllowed) return this.allowed();
    const endpoint = this.filterEndpoint(inInterface);
    if (endpoint === undefined) return 'left to the host';
    return this.endOf(
      this.normalPolicy(endpoint, 'ingress', { table: 'filter', returns: returnsIn(config) }),
    );
  }

  /** IPIP and VXLAN from other hosts are let in, from anyone else kept out, before any policy. */
  private tunnelInput(): End | undefined {
    const { config } = this.policy;
    const { source, destination } = this.headersAfterDnat();
    const toHost = !isMulticastOrBroadcast(destination);
    const tunnel = { kind: 'tunnel' } as const;
    if (this.flow.family === 4 && config.ipipEnabled && this.flow.protocol === IP_PROTOCOL.ipip) {
      if (toHost && this.isHost(source)) {
        this.accept(tunnel);
        return this.allowed();
      }
      this.drop(tunnel, 'filter');
      return 'dropped';
    }
    if (!toHost || !this.isVxlan(this.headersAfterDnat())) return undefined;
    if (this.isHost(source)) {
      this.accept(tunnel);
      return this.allowed();
    }
    // Felix drops these over IPv4 even where it is told to reject.
    this.drop(tunnel, this.flow.family === 4 ? 'raw' : 'filter');
    return 'dropped';
  }

  /** The workload's own egress policy, then DefaultEndpointToHostAction. Host endpoints have no say. */
  private workloadToHost(inInterface: string): End {
    const { config } = this.policy;
    const { flow } = this;
    const byDefault = { kind: 'workload' } as const;
    if (
      flow.protocol === IP_PROTOCOL.icmpv6 &&
      flow.family === 6 &&
      ICMPV6_FROM_WORKLOADS.includes(flow.icmpType)
    ) {
      this.accept(byDefault);
      return this.allowed();
    }
    const outcome = this.workloadPolicy(inInterface, 'egress');
    if (outcome !== 'allowed') return this.endOf(outcome);
    switch (config.defaultEndpointToHostAction) {
      case 'accept':
        this.accept(byDefault);
        return 'accepted';
      case 'drop':
        this.drop(byDefault, 'raw');
        return 'dropped';
      case 'return':
        return 'left to the host';
    }
  }

  // --- filter FORWARD (5.8)

  private filterForward(inInterface: string, outInterface: string, alreadyAllowed: boolean): End {
    return this.policy.facts.forwardPolicy === 'normal'
      ? this.forwardByNormalPolicy(inInterface, outInterface, alreadyAllowed)
      : this.forwardByOwnPolicy(inInterface, outInterface, alreadyAllowed);
  }

  /** Version 2.6: normal policy polices what passes between host interfaces; where a workload takes part, the workload's alone. */
  private forwardByNormalPolicy(
    inInterface: string,
    outInterface: string,
    alreadyAllowed: boolean,
  ): End {
    const returns = returnsIn(this.policy.config);
    const workloads = this.workloadsInForward(inInterface, outInterface);
    if (workloads !== 'undecided') return this.endOf(workloads);
    const ingress = alreadyAllowed ? undefined : this.filterEndpoint(inInterface);
    let outcome: Outcome = alreadyAllowed ? 'allowed' : 'undecided';
    if (ingress !== undefined) {
      outcome = this.normalPolicy(ingress, 'ingress', { table: 'filter', returns });
    }
    if (outcome === 'dropped' || outcome === 'accepted') return this.endOf(outcome);
    const egress = this.filterEndpoint(outInterface);
    if (egress !== undefined) {
      outcome = this.normalPolicy(egress, 'egress', { table: 'filter', returns });
    }
    return this.endOf(outcome);
  }

  /** Since version 3.0: forward policy of the interface of arrival, workloads, forward policy of the interface of departure. */
  private forwardByOwnPolicy(
    inInterface: string,
    outInterface: string,
    alreadyAllowed: boolean,
  ): End {
    let outcome: Outcome = alreadyAllowed ? 'allowed' : 'undecided';
    const questions: readonly (() => Outcome | undefined)[] = [
      () => (alreadyAllowed ? undefined : this.forwardPolicy(inInterface, 'ingress')),
      () => {
        const workloads = this.workloadsInForward(inInterface, outInterface);
        return workloads === 'undecided' ? undefined : workloads;
      },
      () => this.forwardPolicy(outInterface, 'egress'),
    ];
    for (const ask of questions) {
      outcome = ask() ?? outcome;
      if (outcome === 'dropped' || outcome === 'accepted') break;
    }
    // What connection tracking accepted here is not marked, so that POSTROUTING looks at it again, with the same result.
    if (outcome === 'accepted') this.manglePostrouting(outInterface);
    return this.endOf(outcome);
  }

  /** The sender's egress, then the receiver's ingress. Undecided where neither is a workload. */
  private workloadsInForward(inInterface: string, outInterface: string): Outcome {
    let outcome: Outcome = 'undecided';
    if (this.isWorkloadInterface(inInterface)) {
      outcome = this.workloadPolicy(inInterface, 'egress');
      if (outcome === 'dropped' || outcome === 'accepted') return outcome;
    }
    if (this.isWorkloadInterface(outInterface)) {
      outcome = this.workloadPolicy(outInterface, 'ingress');
    }
    return outcome;
  }

  /** Undefined where the interface has no endpoint that is asked. */
  private forwardPolicy(
    interfaceName: string,
    direction: 'ingress' | 'egress',
  ): Outcome | undefined {
    const endpoint = this.filterEndpoint(interfaceName);
    if (endpoint === undefined) return undefined;
    const { facts, config } = this.policy;
    const judge = this.judgeOf(endpoint, { direction, type: 'forward' }, 'filter');
    const known = this.connectionTracking(judge, returnsIn(config));
    if (known !== undefined) return known;
    const judgement = judgeTiers(
      endpoint.forward,
      direction,
      this.view(this.headersAfterDnat()),
      facts,
    );
    if (judgement.kind !== 'undecided') return judge.settle(judgement);
    // Without forward policy forwarding is free. In newer versions policy for one direction ends that for the other too, which
    // then neither allows nor drops (8.3).
    const isFree =
      facts.forwardDefault === 'both-directions'
        ? endpoint.forward.length === 0
        : endpoint.forward.every((tier) => tier[direction].length === 0);
    return isFree ? 'allowed' : 'undecided';
  }

  // --- filter OUTPUT and mangle POSTROUTING (5.9, 5.4)

  /** `allowed`: marked, so that POSTROUTING does not ask again. */
  private filterOutput(
    outInterface: string,
    alreadyAllowed: boolean,
  ): { readonly end: End; readonly allowed: boolean } {
    const { facts, config } = this.policy;
    if (alreadyAllowed) return { end: this.allowed(), allowed: true };
    // What the host sends to its own workloads is nobody's to judge.
    if (this.isWorkloadInterface(outInterface)) return { end: 'left to the host', allowed: false };
    if (this.isTunnelOutput()) {
      this.accept({ kind: 'tunnel' });
      return { end: this.allowed(), allowed: false };
    }
    const endpoint =
      facts.egressAfterDnat && this.isDnated() ? undefined : this.filterEndpoint(outInterface);
    if (endpoint === undefined) return { end: 'left to the host', allowed: false };
    const options = { table: 'filter', returns: returnsIn(config) } as const;
    const outcome = this.normalPolicy(endpoint, 'egress', options);
    return { end: this.endOf(outcome), allowed: outcome === 'allowed' };
  }

  private isTunnelOutput(): boolean {
    const headers = this.headersAfterDnat();
    if (!this.isHost(headers.destination)) return false;
    const isIpip =
      this.flow.family === 4 &&
      this.policy.config.ipipEnabled &&
      this.flow.protocol === IP_PROTOCOL.ipip;
    return isIpip || this.isVxlan(headers);
  }

  /**
   * Newer versions judge what the host sends and DNAT redirects only here, where the interface of departure is the final one; by
   * normal policy. Allowing lets the packet on; filter has left it to the host's own rules.
   */
  private manglePostrouting(outInterface: string): Outcome {
    const { facts } = this.policy;
    if (!facts.egressAfterDnat || !this.isDnated()) return 'undecided';
    if (this.isWorkloadInterface(outInterface)) return 'undecided';
    const endpoint = this.filterEndpoint(outInterface);
    if (endpoint === undefined) return 'undecided';
    return this.normalPolicy(endpoint, 'egress', { table: 'mangle', returns: true });
  }

  // --- endpoints (5.11)

  /** `returns`: what connection tracking knows is only marked, and others are still asked. */
  private normalPolicy(
    endpoint: HostEndpointPolicy,
    direction: 'ingress' | 'egress',
    { table, returns }: { readonly table: 'filter' | 'mangle'; readonly returns: boolean },
  ): Outcome {
    const { facts } = this.policy;
    const judge = this.judgeOf(endpoint, { direction, type: 'normal' }, table);
    const known = this.connectionTracking(judge, returns);
    if (known !== undefined) return known;
    const view = this.view(this.headersAfterDnat());
    if (this.isFailsafe(direction, view)) return judge.failsafe();
    const byPolicy = judgeTiers(endpoint.normal, direction, view, facts);
    if (byPolicy.kind !== 'undecided') return judge.settle(byPolicy);
    const byProfile = judgeProfiles(endpoint.profiles, direction, view, facts);
    return byProfile.kind === 'undecided' ? judge.nothingMatched() : judge.settle(byProfile);
  }

  /** `interfaceName` is a workload's by its prefix; one without an endpoint is unknown, and drops everything. */
  private workloadPolicy(interfaceName: string, direction: 'ingress' | 'egress'): Outcome {
    const { facts, config } = this.policy;
    const endpoint = this.policy.workloadEndpoints.find(
      (candidate) => candidate.interfaceName === interfaceName,
    );
    if (endpoint === undefined) {
      return this.drop({ kind: 'workload' }, 'filter');
    }
    const aspect = { direction, type: 'workload' } as const;
    const judge = this.judgeOf(endpoint, aspect, 'filter');
    const known = this.connectionTracking(judge, returnsIn(config));
    if (known !== undefined) return known;
    const headers = this.headersAfterDnat();
    if (direction === 'egress' && this.isForbiddenTunnel(headers)) {
      return this.drop({ kind: 'workload', endpoint: endpoint.name, ...aspect }, 'filter');
    }
    const view = this.view(headers);
    const byPolicy = judgeTiers(endpoint.tiers, direction, view, facts);
    if (byPolicy.kind !== 'undecided') return judge.settle(byPolicy);
    const byProfile = judgeProfiles(endpoint.profiles, direction, view, facts);
    return byProfile.kind === 'undecided' ? judge.nothingMatched() : judge.settle(byProfile);
  }

  /** Workloads may not pose as hosts that tunnel to each other. */
  private isForbiddenTunnel(headers: FlowHeaders): boolean {
    const { facts, config } = this.policy;
    if (!facts.workloadTunnelsDropped) return false;
    const isVxlan =
      this.flow.protocol === IP_PROTOCOL.udp && headers.destinationPort === config.vxlanPort;
    if (isVxlan && !config.allowVxlanFromWorkloads) return true;
    return this.flow.protocol === IP_PROTOCOL.ipip && !config.allowIpipFromWorkloads;
  }

  /** The first two rules of an endpoint: established flows pass, what tracking cannot place does not. Undefined: neither. */
  private connectionTracking(judge: EndpointJudge, returns: boolean): Outcome | undefined {
    if (this.isEstablished()) return judge.established(returns);
    return this.isDroppedAsInvalid() ? judge.invalid() : undefined;
  }

  // --- which endpoint

  private ownEndpoint(interfaceName: string): HostEndpointPolicy | undefined {
    return this.policy.hostEndpoints.find((endpoint) =>
      endpoint.interfaces.includes(interfaceName),
    );
  }

  private wildcardEndpoint(): HostEndpointPolicy | undefined {
    return this.policy.hostEndpoints.find((endpoint) => endpoint.wildcard);
  }

  /** For normal and forward policy, where an interface's own endpoint always takes the place of the `*` one. */
  private filterEndpoint(interfaceName: string): HostEndpointPolicy | undefined {
    const own = this.ownEndpoint(interfaceName);
    const wildcardFilters = this.policy.facts.wildcardEndpoint === 'all-but-untracked';
    return own ?? (wildcardFilters ? this.wildcardEndpoint() : undefined);
  }

  private isWorkloadInterface(name: string): boolean {
    return hasInterfacePrefix(name, this.policy.config.interfacePrefixes);
  }

  // --- facts of the packet

  private view(headers: FlowHeaders): PolicyView {
    const { family, protocol, icmpType, icmpCode } = this.flow;
    return { family, protocol, icmpType, icmpCode, headers };
  }

  /** A packet that is not tracked is not translated either. */
  private headersAfterDnat(): FlowHeaders {
    return this.untracked ? this.flow.original : this.flow.translated;
  }

  private isDnated(): boolean {
    return !this.untracked && this.flow.destinationNat;
  }

  private isEstablished(): boolean {
    if (this.untracked) return false;
    return this.flow.state === 'established' || this.flow.state === 'related';
  }

  private isDroppedAsInvalid(): boolean {
    if (this.untracked || this.policy.config.disableConntrackInvalidCheck) return false;
    return this.flow.state === 'invalid';
  }

  private isVxlan({ destinationPort }: FlowHeaders): boolean {
    const { config, facts } = this.policy;
    if (!config.vxlanEnabled || (this.flow.family === 6 && !facts.vxlanIpv6)) return false;
    return this.flow.protocol === IP_PROTOCOL.udp && destinationPort === config.vxlanPort;
  }

  private isHost(address: IpAddress): boolean {
    return this.policy.hostAddresses.some((host) => sameIpAddress(host, address));
  }

  private isFailsafe(direction: 'ingress' | 'egress', view: PolicyView): boolean {
    const { failsafeInbound, failsafeOutbound } = this.policy.config;
    return direction === 'ingress'
      ? isFailsafe(failsafeInbound, view, { portOf: 'destination', peer: 'source' })
      : isFailsafe(failsafeOutbound, view, { portOf: 'destination', peer: 'destination' });
  }

  /** Before connection tracking replies cannot be told apart, so those from a failsafe port skip untracked policy (6). */
  private isFailsafeReply(direction: 'ingress' | 'egress', view: PolicyView): boolean {
    const { failsafeInbound, failsafeOutbound } = this.policy.config;
    return direction === 'ingress'
      ? isFailsafe(failsafeOutbound, view, { portOf: 'source', peer: 'source' })
      : isFailsafe(failsafeInbound, view, { portOf: 'source', peer: 'destination' });
  }

  // --- what is written down

  private accept(step: StepFields): void {
    this.steps.push({ ...NO_FIELDS, ...step, verdict: 'accept' });
  }

  private drop(step: StepFields, table: TableOfDrop): 'dropped' {
    const rejects = table === 'filter' && this.policy.config.filterDenyAction === 'reject';
    this.steps.push({ ...NO_FIELDS, ...step, verdict: rejects ? 'reject' : 'drop' });
    return 'dropped';
  }

  private judgeOf(
    endpoint: { readonly name: string; readonly location: SourceLocation },
    aspect: Aspect,
    table: TableOfDrop,
  ): EndpointJudge {
    const fields = { ...aspect, endpoint: endpoint.name, source: endpoint.location };
    return {
      established: (returns) => {
        this.accept({ ...fields, kind: 'conntrack' });
        return returns ? 'allowed' : 'accepted';
      },
      invalid: () => this.drop({ ...fields, kind: 'conntrack' }, table),
      failsafe: () => {
        // A failsafe port stands in no document that the endpoint knows of.
        this.accept({ ...fields, kind: 'failsafe', source: undefined });
        return 'accepted';
      },
      nothingMatched: () => this.drop({ ...fields, kind: 'default' }, table),
      settle: (judgement) => {
        if (judgement.kind === 'undecided') return 'undecided';
        if (judgement.kind === 'end-of-tier') {
          return this.drop({ ...fields, kind: 'default', tier: judgement.tier }, table);
        }
        const { kind, name, tier, rule, action } = judgement;
        const step: StepFields = {
          ...fields,
          kind,
          policy: name,
          tier,
          ruleIndex: rule.index,
          source: rule.location,
        };
        if (action === 'deny') return this.drop(step, table);
        this.accept(step);
        return 'allowed';
      },
    };
  }

  // --- how a table's walk ends

  private endOf(outcome: Outcome): End {
    switch (outcome) {
      case 'allowed':
        return this.allowed();
      case 'undecided':
        return 'left to the host';
      default:
        return outcome;
    }
  }

  private allowed(): End {
    return this.policy.config.filterAllowAction === 'accept' ? 'accepted' : 'left to the host';
  }
}

/** Fields of a step beside its verdict; those left out do not apply. */
type StepFields = Pick<PolicyStep, 'kind'> & Partial<Omit<PolicyStep, 'kind' | 'verdict'>>;

/** The kernel rejects in filter alone; `raw` and `mangle` say that the rule drops whatever the deny action is. */
type TableOfDrop = 'raw' | 'mangle' | 'filter';

/** Writes down what an endpoint's chain does, and says how the walk goes on. */
interface EndpointJudge {
  established(returns: boolean): Outcome;
  invalid(): Outcome;
  failsafe(): Outcome;
  nothingMatched(): Outcome;
  settle(judgement: Judgement): Outcome;
}

const NO_FIELDS: Omit<PolicyStep, 'kind' | 'verdict'> = {
  policy: undefined,
  tier: undefined,
  direction: undefined,
  ruleIndex: undefined,
  endpoint: undefined,
  type: undefined,
  source: undefined,
};

function returnsIn({ filterAllowAction }: NodePolicy['config']): boolean {
  return filterAllowAction === 'return';
}

function isMulticastOrBroadcast(address: IpAddress): boolean {
  if (address.family === 6) return address.w0 >>> 24 === 0xff;
  return address.w3 >>> 28 === 0xe || address.w3 === 0xffffffff;
}
