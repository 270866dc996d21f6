import type { CalicoVersion } from './calico-version.ts';

/** How a parameter is written in a FelixConfiguration. */
export type FelixValueKind =
  | 'boolean'
  | 'number'
  | 'string'
  | 'duration'
  /** List of strings, with commas between them in the environment. */
  | 'strings'
  /** List of ports or port ranges. */
  | 'ports'
  | 'port'
  /** List of {protocol, port, net}. */
  | 'failsafe'
  /** {min, max}. */
  | 'range'
  /** List or mapping whose content has no meaning for packets. */
  | 'other';

/** A parameter of Felix. */
export interface FelixParameter {
  /** The field of a FelixConfiguration's spec. */
  readonly field: string;
  /** The parameter's own name in lower case: that of FELIX_ variables. */
  readonly parameter: string;
  readonly kind: FelixValueKind;
  readonly since: CalicoVersion;
  /** The values, in lower case, that change what happens to packets in a way that is not modelled; `*` for any. */
  readonly notModelled: readonly string[];
}

const NAMES_39 = `
boolean: useInternalDataplaneDriver ipv6Support vxlanEnabled endpointReportingEnabled disableConntrackInvalidCheck
  healthEnabled prometheusMetricsEnabled prometheusGoMetricsEnabled prometheusProcessMetricsEnabled usageReportingEnabled
  removeExternalRoutes debugDisableLogDropping sidecarAccelerationEnabled xdpEnabled genericXDPEnabled
  ipipEnabled=ipinipenabled
number: maxIpsetSize metadataPort ipipMTU=ipinipmtu vxlanMTU vxlanPort vxlanVNI iptablesMarkMask healthPort
  prometheusMetricsPort deviceRouteProtocol
string: dataplaneDriver iptablesLockFilePath iptablesBackend metadataAddr openstackRegion interfacePrefix interfaceExclude
  chainInsertMode defaultEndpointToHostAction iptablesFilterAllowAction iptablesMangleAllowAction logPrefix logFilePath
  logSeverityFile logSeverityScreen logSeveritySys healthHost prometheusMetricsHost policySyncPathPrefix natOutgoingAddress
  deviceRouteSourceAddress debugMemoryProfilePath iptablesNATOutgoingInterfaceFilter
duration: routeRefreshInterval iptablesRefreshInterval iptablesPostWriteCheckInterval=iptablespostwritecheckintervalsecs
  iptablesLockTimeout=iptableslocktimeoutsecs iptablesLockProbeInterval=iptableslockprobeintervalmillis ipsetsRefreshInterval
  xdpRefreshInterval netlinkTimeout=netlinktimeoutsecs reportingInterval=reportingintervalsecs reportingTTL=reportingttlsecs
  endpointReportingDelay=endpointreportingdelaysecs usageReportingInitialDelay=usagereportinginitialdelaysecs
  usageReportingInterval=usagereportingintervalsecs debugSimulateCalcGraphHangAfter debugSimulateDataplaneHangAfter
strings: externalNodesList=externalnodescidrlist
ports: kubeNodePortRanges
port: natPortRange
failsafe: failsafeInboundHostPorts failsafeOutboundHostPorts`;

const NAMES_332 = `
boolean: allowVXLANPacketsFromWorkloads allowIPIPPacketsFromWorkloads prometheusWireGuardMetricsEnabled bpfEnabled
  bpfDisableUnprivileged bpfConnectTimeLoadBalancingEnabled bpfKubeProxyIptablesCleanupEnabled
  bpfKubeProxyEndpointSlicesEnabled bpfHostConntrackBypass bpfPolicyDebugEnabled routeSyncDisabled wireguardEnabled
  wireguardEnabledV6 wireguardThreadingEnabled wireguardHostEncryptionEnabled requireMTUFile

number: vxlanMTUV6 debugPort nftablesMarkMask bpfExtToServiceConnmark bpfMapSizeNATFrontend bpfMapSizeNATBackend
  bpfMapSizeNATAffinity bpfMapSizeRoute bpfMapSizeConntrack bpfMapSizeIPSets bpfMapSizeIfState wireguardListeningPort
  wireguardListeningPortV6 wireguardRoutingRulePriority wireguardMTU wireguardMTUV6 goGCThreshold goMemoryLimitMB goMaxProcs
  ipv4NormalRoutePriority ipv4ElevatedRoutePriority ipv6NormalRoutePriority ipv6ElevatedRoutePriority
  bpfMapSizeConntrackScaling logActionRateLimitBurst
string: featureDetectOverride featureGates iptablesFilterDenyAction logDebugFilenameRegex endpointStatusPathPrefix
  deviceRouteSourceAddressIPv6 ipForwarding debugHost nftablesMode nftablesFilterAllowAction nftablesMangleAllowAction
  nftablesFilterDenyAction bpfLogLevel bpfCTLBLogFilter bpfDataIfacePattern bpfL3IfacePattern bpfConnectTimeLoadBalancing
  bpfHostNetworkedNATWithoutCTLB bpfExternalServiceMode bpfEnforceRPF bpfDisableGROForIfaces bpfRedirectToPeer bpfProfiling
  routeSource wireguardInterfaceName wireguardInterfaceNameV6 awsSrcDstCheck serviceLoopPrevention workloadSourceSpoofing
  mtuIfacePattern floatingIPs windowsManageFirewallRules bpfConntrackLogLevel bpfConntrackCleanupMode
  programClusterRoutes flowLogsLocalReporter flowLogsPolicyEvaluationMode flowLogsGoldmaneServer bpfAttachType
  bpfJITHardening cgroupV2Path istioAmbientMode logActionRateLimit
duration: dataplaneWatchdogTimeout interfaceRefreshInterval debugSimulateDataplaneApplyDelay nftablesRefreshInterval
  bpfKubeProxyMinSyncPeriod wireguardKeepAlive flowLogsFlushInterval
strings: bpfDSROptoutCIDRs bpfForceTrackPacketsFromIfaces bpfExcludeCIDRsFromNAT
port: bpfPSNATPorts
range: routeTableRange
other: routeTableRanges healthTimeoutOverrides bpfLogFilters bpfConntrackTimeouts istioDSCPMark`;

/** What is not modelled, and at which values it is in force. */
const NOT_MODELLED: Readonly<Record<string, readonly string[]>> = {
  useInternalDataplaneDriver: ['false'],
  bpfEnabled: ['true'],
  nftablesMode: ['enabled'],
  wireguardEnabled: ['true'],
  wireguardEnabledV6: ['true'],
  wireguardHostEncryptionEnabled: ['true'],
  sidecarAccelerationEnabled: ['true'],
  openstackRegion: ['*'],
  workloadSourceSpoofing: ['any'],
  istioAmbientMode: ['enabled'],
  natOutgoingAddress: ['*'],
  natPortRange: ['*'],
  iptablesNATOutgoingInterfaceFilter: ['*'],
  interfaceExclude: ['*'],
  externalNodesList: ['*'],
  kubeNodePortRanges: ['*'],
};

/** Values that say nothing new of a parameter of which every other value is not modelled. */
const HARMLESS: Readonly<Record<string, string>> = {
  interfaceExclude: 'kube-ipvs0',
  kubeNodePortRanges: '30000:32767',
  openstackRegion: 'none',
};

/** Whether the value, in the syntax of the environment, changes what happens to packets in a way that is not modelled. */
export function isNotModelled(
  { field, kind, notModelled }: FelixParameter,
  value: string,
): boolean {
  if (value === '') return false;
  if (notModelled.includes('*')) return value !== HARMLESS[field];
  const word = value.toLowerCase();
  const isYes = kind === 'boolean' && ['1', 'yes', 'y', 't'].includes(word);
  return notModelled.includes(isYes ? 'true' : word);
}

/** Every parameter that a FelixConfiguration can set, by the name of its field. */
export const FELIX_PARAMETERS: ReadonlyMap<string, FelixParameter> = new Map([
  ...parameters(NAMES_39, '3.9'),
  ...parameters(NAMES_332, '3.32'),
]);

function* parameters(
  table: string,
  since: CalicoVersion,
): Generator<readonly [string, FelixParameter]> {
  let kind: FelixValueKind = 'other';
  for (const word of table.split(/\s+/).filter((part) => part !== '')) {
    if (word.endsWith(':')) {
      kind = word.slice(0, -1) as FelixValueKind;
      continue;
    }
    const [field = '', parameter = field.toLowerCase()] = word.split('=');
    const notModelled = NOT_MODELLED[field] ?? [];
    yield [field, { field, parameter, kind, since, notModelled }];
  }
}
