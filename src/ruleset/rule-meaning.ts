/** Whether a policy, chain or failsafe speaks of what arrives at an endpoint or of what leaves it. */
export type Direction = 'ingress' | 'egress';

/** Which of an endpoint's policy lists a chain belongs to. */
export type PolicyType = 'untracked' | 'preDNAT' | 'normal' | 'forward' | 'workload';

/** What a policy's or profile's rule does. */
export type PolicyAction = 'allow' | 'deny' | 'pass' | 'log';

/** The endpoint, list and direction that a chain evaluates; every hop after it speaks of this endpoint. */
export interface ChainOwner {
  readonly endpoint: string;
  readonly type: PolicyType;
  readonly direction: Direction;
}

/**
 * What a compiled rule stands for, so that a trace can say it in the author's words. A rule that only prepares (clears marks,
 * jumps, returns) has none.
 */
export type RuleMeaning =
  /** A rule of a policy. `policy` is the name for people: `namespace/name` where namespaced. */
  | {
      readonly kind: 'policy';
      readonly policy: string;
      readonly tier: string;
      readonly direction: Direction;
      readonly ruleIndex: number;
      readonly action: PolicyAction;
    }
  | {
      readonly kind: 'profile';
      readonly profile: string;
      readonly direction: Direction;
      readonly ruleIndex: number;
      readonly action: PolicyAction;
    }
  | { readonly kind: 'failsafe'; readonly direction: Direction }
  /** The end of an endpoint's policies or profiles: nothing matched. `tier` where a tier's end dropped. */
  | { readonly kind: 'default'; readonly tier: string | undefined }
  /** RELATED,ESTABLISHED accepted or INVALID dropped. */
  | { readonly kind: 'conntrack' }
  /** Unknown workload interface, workload-to-host default, or what Calico exempts for workloads. */
  | { readonly kind: 'workload'; readonly reason?: string }
  /** Traffic that Calico's own networking needs: IPIP, VXLAN, WireGuard between known hosts. */
  | { readonly kind: 'tunnel' };
