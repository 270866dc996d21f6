import { IP_PROTOCOL } from '../address/protocol.ts';
import { EndpointAsker, returnsIn } from './ask-endpoint.ts';
import type { Flow, FlowHeaders } from './flow.ts';
import { FlowFacts } from './flow-facts.ts';
import { judgeTiers } from './judge.ts';
import type { NodePolicy } from './node-policy.ts';
import { type Outcome, type PolicyStep, StepLog } from './step-log.ts';

export type { PolicyStep } from './step-log.ts';

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
  if (flow.family === 6 && !policy.config.ipv6Support) {
    return { verdict: 'unpoliced', decision: undefined, steps: [] };
  }
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

/** How the whole way through the filter table ended. */
type End = 'dropped' | 'accepted' | 'left to the host';

/** ICMPv6 of neighbour and multicast listener discovery, which the host needs from its workloads (5.7). Not 134, 137. */
const ICMPV6_FROM_WORKLOADS: readonly number[] = [130, 131, 132, 133, 135, 136];

class PolicyWalk {
  private readonly policy: NodePolicy;
  private readonly flow: Flow;
  private readonly facts: FlowFacts;
  private readonly log: StepLog;
  private readonly ask: EndpointAsker;

  constructor(policy: NodePolicy, flow: Flow) {
    this.policy = policy;
    this.flow = flow;
    this.facts = new FlowFacts(policy, flow);
    this.log = new StepLog({ rejectsInFilter: policy.config.filterDenyAction === 'reject' });
    this.ask = new EndpointAsker(policy, this.facts, this.log);
  }

  run(): PolicyDecision {
    const { inInterface } = this.flow;
    const end =
      inInterface === undefined ? this.sentByHost() : this.arrives(inInterface, 'from the wire');
    const decision = this.log.steps[this.log.steps.length - 1];
    const steps = this.log.steps;
    if (end === 'dropped') {
      return { verdict: decision?.verdict ?? 'drop', decision, steps };
    }
    if (end === 'accepted') return { verdict: 'accept', decision, steps };
    return { verdict: decision === undefined ? 'unpoliced' : 'returned', decision, steps };
  }

  /** From PREROUTING on. Over `lo` come packets that the host sent to itself, rewritten and tracked already. */
  private arrives(inInterface: string, from: 'from the wire' | 'over lo'): End {
    const { flow } = this;
    const headers = from === 'over lo' ? this.facts.headersAfterDnat() : flow.original;
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
    if (!flow.routedAgain) return 'left to the host';
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
    this.facts.passMark.isSet = false;
    // NOTRACK does nothing over lo: the packet has been looked up in OUTPUT already.
    const isTrackable = from === 'from the wire';
    if (isTrackable && this.facts.isUntrackedVxlan(headers)) this.facts.untracked = true;
    if (this.facts.isWorkloadInterface(inInterface)) return this.reversePath();
    const outcome = this.ask.untrackedPolicy(inInterface, 'ingress', headers);
    if (isTrackable && outcome === 'allowed') this.facts.untracked = true;
    return outcome;
  }

  private rawOutput(outInterface: string): Outcome {
    this.facts.passMark.isSet = false;
    const headers = this.flow.original;
    const outcome = this.ask.untrackedPolicy(outInterface, 'egress', headers);
    // A failsafe ends the table before the VXLAN rule that stands below the endpoints.
    if (outcome === 'allowed') this.facts.untracked = true;
    if (outcome === 'undecided' && this.facts.isUntrackedVxlan(headers)) {
      this.facts.untracked = true;
    }
    return outcome;
  }

  /** Workloads may only send from addresses that are routed to them. Not a matter of any endpoint's policy. */
  private reversePath(): Outcome {
    const { family, reversePathFails } = this.flow;
    const isChecked = family === 6 || this.policy.facts.workloadRpfIpv4;
    return isChecked && reversePathFails ? this.log.drop({ kind: 'workload' }, 'raw') : 'undecided';
  }

  // --- mangle PREROUTING (5.3)

  private manglePrerouting(
    inInterface: string,
    headers: FlowHeaders,
    alreadyAllowed: boolean,
  ): Outcome {
    const { facts } = this.policy;
    // No step: all traffic meets this rule, on interfaces that nothing polices too.
    if (this.facts.isEstablished() || alreadyAllowed) return 'accepted';
    if (facts.mangleAcceptsWorkloads && this.facts.isWorkloadInterface(inInterface)) {
      return 'accepted';
    }
    // Only endpoints that have preDNAT policy are listed here, so the `*` endpoint's also stands in for one that has none (7).
    const endpoint = [this.facts.ownEndpoint(inInterface), this.facts.wildcardEndpoint()].find(
      (candidate) => candidate !== undefined && candidate.preDnat.length > 0,
    );
    if (endpoint === undefined) return 'undecided';
    const judge = this.log.judgeOf(endpoint, { direction: 'ingress', type: 'preDNAT' }, 'mangle');
    const view = this.facts.view(headers);
    if (this.facts.isDroppedAsInvalid()) return judge.invalid();
    if (this.facts.isFailsafe('ingress', view)) return judge.failsafe();
    return judge.settle(judgeTiers(endpoint.preDnat, 'ingress', view, this.facts.passMark));
  }

  // --- filter INPUT (5.6, 5.7)

  private filterInput(inInterface: string, alreadyAllowed: boolean): End {
    const { facts, config } = this.policy;
    if (facts.inputAcceptsMarked === 'first' && alreadyAllowed) return this.allowed();
    const tunnel = this.tunnelInput();
    if (tunnel !== undefined) return tunnel;
    if (this.facts.isWorkloadInterface(inInterface)) return this.workloadToHost(inInterface);
    if (alreadyAllowed) return this.allowed();
    this.facts.passMark.isSet = false;
    const endpoint = this.facts.filterEndpoint(inInterface);
    if (endpoint === undefined) return 'left to the host';
    return this.endOf(
      this.ask.normalPolicy(endpoint, 'ingress', { table: 'filter', returns: returnsIn(config) }),
    );
  }

  /** IPIP and VXLAN from other hosts are let in, from anyone else kept out, before any policy. */
  private tunnelInput(): End | undefined {
    const { config } = this.policy;
    const { source } = this.facts.headersAfterDnat();
    const toHost = this.flow.toOwnAddress;
    const tunnel = { kind: 'tunnel' } as const;
    if (this.flow.family === 4 && config.ipipEnabled && this.flow.protocol === IP_PROTOCOL.ipip) {
      if (toHost && this.facts.isHost(source)) {
        this.log.accept(tunnel);
        return this.allowed();
      }
      this.log.drop(tunnel, 'filter');
      return 'dropped';
    }
    if (!toHost || !this.facts.isVxlan(this.facts.headersAfterDnat())) return undefined;
    if (this.facts.isHost(source)) {
      this.log.accept(tunnel);
      return this.allowed();
    }
    // Felix drops these over IPv4 even where it is told to reject.
    this.log.drop(tunnel, this.flow.family === 4 ? 'raw' : 'filter');
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
      this.log.accept(byDefault);
      return this.allowed();
    }
    const outcome = this.ask.workloadPolicy(inInterface, 'egress');
    if (outcome !== 'allowed') return this.endOf(outcome);
    switch (config.defaultEndpointToHostAction) {
      case 'accept':
        this.log.accept(byDefault);
        return 'accepted';
      case 'drop':
        // Drops even where denied packets are rejected (felix/rules/rule_defs.go, EndpointToHostAction).
        this.log.drop(byDefault, 'raw');
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
    // What workloads allow is accepted there and then, whatever the allow action is.
    if (workloads === 'allowed') return 'accepted';
    if (workloads !== 'undecided') return this.endOf(workloads);
    this.facts.passMark.isSet = false;
    const ingress = alreadyAllowed ? undefined : this.facts.filterEndpoint(inInterface);
    let outcome: Outcome = alreadyAllowed ? 'allowed' : 'undecided';
    if (ingress !== undefined) {
      outcome = this.ask.normalPolicy(ingress, 'ingress', { table: 'filter', returns });
    }
    if (outcome === 'dropped' || outcome === 'accepted') return this.endOf(outcome);
    const egress = this.facts.filterEndpoint(outInterface);
    if (egress !== undefined) {
      outcome = this.ask.normalPolicy(egress, 'egress', { table: 'filter', returns });
    }
    return this.endOf(outcome);
  }

  /** Since version 3.0: forward policy of the interface of arrival, workloads, forward policy of the interface of departure. */
  private forwardByOwnPolicy(
    inInterface: string,
    outInterface: string,
    alreadyAllowed: boolean,
  ): End {
    this.facts.passMark.isSet = false;
    let outcome: Outcome = alreadyAllowed ? 'allowed' : 'undecided';
    const questions: readonly (() => Outcome | undefined)[] = [
      () => (alreadyAllowed ? undefined : this.ask.forwardPolicy(inInterface, 'ingress')),
      () => {
        const workloads = this.workloadsInForward(inInterface, outInterface);
        return workloads === 'undecided' ? undefined : workloads;
      },
      () => this.ask.forwardPolicy(outInterface, 'egress'),
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
    if (this.facts.isWorkloadInterface(inInterface)) {
      outcome = this.ask.workloadPolicy(inInterface, 'egress');
      if (outcome === 'dropped' || outcome === 'accepted') return outcome;
    }
    if (this.facts.isWorkloadInterface(outInterface)) {
      outcome = this.ask.workloadPolicy(outInterface, 'ingress');
    }
    return outcome;
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
    if (this.facts.isWorkloadInterface(outInterface)) {
      return { end: 'left to the host', allowed: false };
    }
    if (this.facts.isTunnelOutput()) {
      this.log.accept({ kind: 'tunnel' });
      return { end: this.allowed(), allowed: false };
    }
    const endpoint =
      facts.egressAfterDnat && this.facts.isDnated()
        ? undefined
        : this.facts.filterEndpoint(outInterface);
    if (endpoint === undefined) return { end: 'left to the host', allowed: false };
    this.facts.passMark.isSet = false;
    const options = { table: 'filter', returns: returnsIn(config) } as const;
    const outcome = this.ask.normalPolicy(endpoint, 'egress', options);
    return { end: this.endOf(outcome), allowed: outcome === 'allowed' };
  }

  /**
   * Newer versions judge what the host sends and DNAT redirects only here, where the interface of departure is the final one; by
   * normal policy. Allowing lets the packet on; filter has left it to the host's own rules.
   */
  private manglePostrouting(outInterface: string): Outcome {
    const { facts } = this.policy;
    if (!facts.egressAfterDnat || !this.facts.isDnated()) return 'undecided';
    if (this.facts.isWorkloadInterface(outInterface)) return 'undecided';
    const endpoint = this.facts.filterEndpoint(outInterface);
    if (endpoint === undefined) return 'undecided';
    this.facts.passMark.isSet = false;
    return this.ask.normalPolicy(endpoint, 'egress', { table: 'mangle', returns: true });
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
