import type { IpFamily } from '../address/ip-address.ts';
import type { KubernetesResources } from '../resources/kubernetes/kubernetes-resources.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';

export interface ServiceOptions {
  readonly node: string;
  readonly family: IpFamily;
  /** Blocks of pod addresses, which kube-proxy knows as the cluster CIDR; empty where unknown. */
  readonly clusterCidrs: readonly string[];
}

/** The rules that kube-proxy in iptables mode would have on the node: nat chains, masquerade mark, REJECT without endpoints. */
export function compileServices(
  _resources: KubernetesResources,
  _options: ServiceOptions,
): Ruleset {
  throw new Error('compileServices is being written');
}
