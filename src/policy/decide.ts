import type { SourceLocation } from '../source/location.ts';
import type { Flow } from './flow.ts';
import type { NodePolicy } from './node-policy.ts';

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
 * `returned`: Calico handed it to the host's own rules (allow action RETURN, workload-to-host RETURN).
 */
export interface PolicyDecision {
  readonly verdict: 'accept' | 'drop' | 'reject' | 'unpoliced' | 'returned';
  /** The step that settled it; undefined when unpoliced. */
  readonly decision: PolicyStep | undefined;
  readonly steps: readonly PolicyStep[];
}

/**
 * Decides one packet straight from the ordered policies, slowly and obviously; shares no code with the compiler, so that each
 * checks the other.
 */
export function decide(_policy: NodePolicy, _flow: Flow): PolicyDecision {
  throw new Error('decide is being written');
}
