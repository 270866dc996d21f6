import type { FlowHeaders } from './flow.ts';
import type { FlowFacts } from './flow-facts.ts';
import { judgeProfiles, judgeTiers, type PassMark } from './judge.ts';
import type { HostEndpointPolicy, NodePolicy } from './node-policy.ts';
import type { EndpointJudge, Outcome, StepLog } from './step-log.ts';

/**
 * Asks endpoints what they say of a packet: the chains of `calico-semantics` 5.11 in words, from connection tracking over failsafes
 * and policies to the default.
 */
export class EndpointAsker {
  private readonly policy: NodePolicy;
  private readonly facts: FlowFacts;
  private readonly log: StepLog;

  constructor(policy: NodePolicy, facts: FlowFacts, log: StepLog) {
    this.policy = policy;
    this.facts = facts;
    this.log = log;
  }

  /** Untracked policy, which drops by rule alone. An interface whose endpoint has none is not looked at, failsafes included. */
  untrackedPolicy(
    interfaceName: string,
    direction: 'ingress' | 'egress',
    headers: FlowHeaders,
  ): Outcome {
    const endpoint = this.facts.ownEndpoint(interfaceName);
    if (endpoint === undefined || endpoint.untracked.length === 0) return 'undecided';
    const judge = this.log.judgeOf(endpoint, { direction, type: 'untracked' }, 'raw');
    const view = this.facts.view(headers);
    if (this.facts.isFailsafe(direction, view) || this.facts.isFailsafeReply(direction, view)) {
      return judge.failsafe();
    }
    return judge.settle(judgeTiers(endpoint.untracked, direction, view, this.passMark()));
  }

  /** `returns`: what connection tracking knows is only marked, and others are still asked. */
  normalPolicy(
    endpoint: HostEndpointPolicy,
    direction: 'ingress' | 'egress',
    { table, returns }: { readonly table: 'filter' | 'mangle'; readonly returns: boolean },
  ): Outcome {
    const judge = this.log.judgeOf(endpoint, { direction, type: 'normal' }, table);
    const known = this.connectionTracking(judge, returns);
    if (known !== undefined) return known;
    const view = this.facts.view(this.facts.headersAfterDnat());
    if (this.facts.isFailsafe(direction, view)) return judge.failsafe();
    const passMark = this.passMark();
    const byPolicy = judgeTiers(endpoint.normal, direction, view, passMark);
    if (byPolicy.kind !== 'undecided') return judge.settle(byPolicy);
    const byProfile = judgeProfiles(endpoint.profiles, direction, view, passMark);
    return byProfile.kind === 'undecided' ? judge.nothingMatched() : judge.settle(byProfile);
  }

  /** `interfaceName` is a workload's by its prefix; one without an endpoint is unknown, and drops everything. */
  workloadPolicy(interfaceName: string, direction: 'ingress' | 'egress'): Outcome {
    const { config } = this.policy;
    const endpoint = this.policy.workloadEndpoints.find(
      (candidate) => candidate.interfaceName === interfaceName,
    );
    if (endpoint === undefined) {
      return this.log.drop({ kind: 'workload' }, 'filter');
    }
    const aspect = { direction, type: 'workload' } as const;
    const judge = this.log.judgeOf(endpoint, aspect, 'filter');
    const known = this.connectionTracking(judge, returnsIn(config));
    if (known !== undefined) return known;
    const headers = this.facts.headersAfterDnat();
    if (direction === 'egress' && this.facts.isForbiddenTunnel(headers)) {
      return this.log.drop({ kind: 'workload', endpoint: endpoint.name, ...aspect }, 'filter');
    }
    const view = this.facts.view(headers);
    const passMark = this.passMark();
    const byPolicy = judgeTiers(endpoint.tiers, direction, view, passMark);
    if (byPolicy.kind !== 'undecided') return judge.settle(byPolicy);
    const byProfile = judgeProfiles(endpoint.profiles, direction, view, passMark);
    return byProfile.kind === 'undecided' ? judge.nothingMatched() : judge.settle(byProfile);
  }

  /** Undefined where the interface has no endpoint that is asked. */
  forwardPolicy(interfaceName: string, direction: 'ingress' | 'egress'): Outcome | undefined {
    const endpoint = this.facts.filterEndpoint(interfaceName);
    if (endpoint === undefined) return undefined;
    const { facts, config } = this.policy;
    const judge = this.log.judgeOf(endpoint, { direction, type: 'forward' }, 'filter');
    const known = this.connectionTracking(judge, returnsIn(config));
    if (known !== undefined) return known;
    const judgement = judgeTiers(
      endpoint.forward,
      direction,
      this.facts.view(this.facts.headersAfterDnat()),
      this.passMark(),
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

  /** The mark as an endpoint's policies find it: newer versions clear it first (5.11, row 4). */
  private passMark(): PassMark {
    const { passMark } = this.facts;
    if (this.policy.facts.clearsPassWithAccept) passMark.isSet = false;
    return passMark;
  }

  /** The first two rules of an endpoint: established flows pass, what tracking cannot place does not. Undefined: neither. */
  private connectionTracking(judge: EndpointJudge, returns: boolean): Outcome | undefined {
    if (this.facts.isEstablished()) return judge.established(returns);
    return this.facts.isDroppedAsInvalid() ? judge.invalid() : undefined;
  }
}

/** Whether filter hands what it allows back to the host's own rules. */
export function returnsIn({ filterAllowAction }: NodePolicy['config']): boolean {
  return filterAllowAction === 'return';
}
