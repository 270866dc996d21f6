import type { CalicoVersion } from '../resources/calico-version.ts';

/**
 * What differs between the Calico versions, as named facts. Code asks for a fact, never for a version.
 * Source: `calico-semantics` sheet, whose section is named at each fact.
 */
export interface VersionFacts {
  /** `tcp:22,udp:68` as Felix writes them (6). */
  readonly failsafeInbound: string;
  readonly failsafeOutbound: string;
  /** Failsafe ports may be bound to a net, `tcp:10.0.0.0/8:22`; where they may, so is the return path in raw (6). */
  readonly failsafeNets: boolean;
  /**
   * What polices forwarded packets (5.8): `normal`: the same chains as local traffic, failsafes included, between host
   * interfaces only; `apply-on-forward`: chains of their own.
   */
  readonly forwardPolicy: 'normal' | 'apply-on-forward';
  /** When an endpoint without forward policy accepts forwarded packets: judged per direction, or over both together (8.3). */
  readonly forwardDefault: 'per-direction' | 'both-directions';
  /** Packets from workload interfaces skip preDNAT policy (5.3, row 3). */
  readonly mangleAcceptsWorkloads: boolean;
  /** Packets that raw or mangle accepted are accepted in INPUT before or after the workload branch (5.6, rows b and f). */
  readonly inputAcceptsMarked: 'first' | 'after-workloads';
  /** The accept rule of FORWARD comes after the user's own rules (5.8). */
  readonly forwardAcceptAppended: boolean;
  /** Egress policy of locally made, DNATed packets is judged in mangle POSTROUTING instead of filter OUTPUT (5.4, 5.9). */
  readonly egressAfterDnat: boolean;
  /** Reverse path check on workload interfaces in raw, IPv4; IPv6 has it in every version (5.1). */
  readonly workloadRpfIpv4: boolean;
  /** Which policy a `*` host endpoint takes (7). */
  readonly wildcardEndpoint: 'unknown' | 'pre-dnat' | 'all-but-untracked';
  /** Workloads may not send VXLAN or IPIP themselves (5.11, row 5). */
  readonly workloadTunnelsDropped: boolean;
  readonly vxlan: boolean;
  /** VXLAN between hosts over IPv6 too (5.6, row d). */
  readonly vxlanIpv6: boolean;
  /** AllowVXLANPacketsFromWorkloads and AllowIPIPPacketsFromWorkloads are known (5.0). */
  readonly allowTunnelsFromWorkloads: boolean;
  /** IptablesFilterDenyAction is known (5.0). */
  readonly filterDenyAction: boolean;
  /** VXLAN is not tracked (5.1, row 3). */
  readonly vxlanUntracked: boolean;
  /** Endpoint chains clear the pass mark together with the accept mark (5.11, row 4). */
  readonly clearsPassWithAccept: boolean;
  readonly tiers: boolean;
  /** What breaks ties of order (3). */
  readonly policyTieBreak: 'name' | 'name-namespace-kind';
  /** The POSTROUTING jump of nat is appended whatever the insert mode (5.5). */
  readonly natPostroutingAppended: boolean;
  /** Default IptablesMarkMask (5.0). */
  readonly markMask: number;
  /** LogPrefix may hold `%t` tier, `%k` kind, `%n` name and `%p` namespace and name (4). */
  readonly logPrefixFields: boolean;
  /** Rule annotations become comments (1.2). */
  readonly annotationsAsComments: boolean;
}

/** The facts of every version that is known. */
export const VERSION_FACTS: Readonly<Record<CalicoVersion, VersionFacts>> = {
  '2.6': {
    failsafeInbound: 'tcp:22,udp:68',
    failsafeOutbound: 'tcp:2379,tcp:2380,tcp:4001,tcp:7001,udp:53,udp:67',
    failsafeNets: false,
    forwardPolicy: 'normal',
    forwardDefault: 'per-direction',
    mangleAcceptsWorkloads: true,
    inputAcceptsMarked: 'first',
    forwardAcceptAppended: false,
    egressAfterDnat: false,
    workloadRpfIpv4: false,
    wildcardEndpoint: 'unknown',
    workloadTunnelsDropped: false,
    vxlan: false,
    vxlanIpv6: false,
    allowTunnelsFromWorkloads: false,
    filterDenyAction: false,
    vxlanUntracked: false,
    clearsPassWithAccept: false,
    tiers: false,
    policyTieBreak: 'name',
    natPostroutingAppended: false,
    markMask: 0xff000000,
    logPrefixFields: false,
    annotationsAsComments: false,
  },
  '3.9': {
    failsafeInbound: 'tcp:22,udp:68,tcp:179,tcp:2379,tcp:2380,tcp:6666,tcp:6667',
    failsafeOutbound: 'udp:53,udp:67,tcp:179,tcp:2379,tcp:2380,tcp:6666,tcp:6667',
    failsafeNets: false,
    forwardPolicy: 'apply-on-forward',
    forwardDefault: 'per-direction',
    mangleAcceptsWorkloads: false,
    inputAcceptsMarked: 'after-workloads',
    forwardAcceptAppended: false,
    egressAfterDnat: false,
    workloadRpfIpv4: false,
    wildcardEndpoint: 'pre-dnat',
    workloadTunnelsDropped: true,
    vxlan: true,
    vxlanIpv6: false,
    allowTunnelsFromWorkloads: false,
    filterDenyAction: false,
    vxlanUntracked: false,
    clearsPassWithAccept: false,
    tiers: false,
    policyTieBreak: 'name',
    natPostroutingAppended: false,
    markMask: 0xffff0000,
    logPrefixFields: false,
    annotationsAsComments: false,
  },
  '3.32': {
    failsafeInbound: 'tcp:22,udp:68,tcp:179,tcp:2379,tcp:2380,tcp:5473,tcp:6443,tcp:6666,tcp:6667',
    failsafeOutbound: 'udp:53,udp:67,tcp:179,tcp:2379,tcp:2380,tcp:5473,tcp:6443,tcp:6666,tcp:6667',
    failsafeNets: true,
    forwardPolicy: 'apply-on-forward',
    forwardDefault: 'both-directions',
    mangleAcceptsWorkloads: false,
    inputAcceptsMarked: 'after-workloads',
    forwardAcceptAppended: true,
    egressAfterDnat: true,
    workloadRpfIpv4: true,
    wildcardEndpoint: 'all-but-untracked',
    workloadTunnelsDropped: true,
    vxlan: true,
    vxlanIpv6: true,
    allowTunnelsFromWorkloads: true,
    filterDenyAction: true,
    vxlanUntracked: true,
    clearsPassWithAccept: true,
    tiers: true,
    policyTieBreak: 'name-namespace-kind',
    natPostroutingAppended: true,
    markMask: 0xffff0000,
    logPrefixFields: true,
    annotationsAsComments: true,
  },
};
