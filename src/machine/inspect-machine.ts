import type { IpFamily } from '../address/ip-address.ts';
import { buildHost } from '../host/build-host.ts';
import type { Host } from '../host/host.ts';
import { readResources } from '../resources/read-resources.ts';
import type { HostSpec, Missing, RemarkSpec, RouteSpec } from './host-spec.ts';
import { renderHostYaml } from './host-yaml.ts';
import { type JsonObject, runForObjects } from './json-output.ts';
import { readConnectionTable } from './read-connection-table.ts';
import { noteFailure, readFirewall, type SavedFirewall } from './read-firewall.ts';
import { readInterfaces } from './read-interfaces.ts';
import { readNativeTables } from './read-nftables.ts';
import { readRoutes } from './read-routes.ts';
import { readRoutingRules } from './read-routing-rules.ts';
import { readSysctls } from './read-sysctls.ts';
import { foreignServers, readVirtualServers } from './read-virtual-servers.ts';
import { attemptProgram } from './run-program.ts';
import { withoutDerivedRoutes } from './without-derived-routes.ts';

const FAMILIES = [4, 6] as const;

/** Where problems and decisions point that are about the machine itself. */
export const THIS_MACHINE = 'this machine';

export interface InspectOptions {
  /** The node's name in documents. */
  readonly name: string;
  /** Whether the connection table is read, too. */
  readonly connections?: boolean;
  /** What is known of rules and sets already. */
  readonly firewall?: SavedFirewall | undefined;
}

/** This machine, or the namespace that this process is in, as a Host. */
export interface InspectedMachine {
  /** The document as data. */
  readonly document: HostDocumentData;
  /** The same as text that reads back to `host`, with what is missing as comments. */
  readonly yaml: string;
  /** What our own reader makes of `yaml`; places in it are in the file {@link THIS_MACHINE}. */
  readonly host: Host;
  /** What could not be read, and why. */
  readonly missing: readonly Missing[];
}

/** A Host document as data. */
export interface HostDocumentData {
  readonly apiVersion: 'hepsim/v1';
  readonly kind: 'Host';
  readonly metadata: { readonly name: string };
  readonly spec: HostSpec;
}

/**
 * Looks at this machine with the tools that have a machine format.
 *
 * @throws KernelError without `ip`, which everything else hangs on. What else cannot be read is in `missing`.
 */
export function inspectMachine(options: InspectOptions): InspectedMachine {
  const missing: Missing[] = [];
  const spec = readSpec(options, missing);
  const document = documentOf(options.name, spec);
  const yaml = renderHostYaml(document, missing);
  return { document, yaml, host: readBack(yaml), missing };
}

function readSpec(options: InspectOptions, missing: Missing[]): HostSpec {
  const remarks: RemarkSpec[] = [];
  const links = runForObjects('ip', ['-j', '-d', 'address', 'show']);
  const interfaces = readInterfaces(links, remarks);
  const sysctls = readSysctls(interfaces.map(({ name }) => name));
  noteSysctls(sysctls, missing);
  const rules = FAMILIES.flatMap((family) =>
    readRoutingRules(ask(family, ['rule', 'show']), family, remarks),
  );
  const routes = FAMILIES.map((family) => ({ family, routes: routesOf(family, sysctls) }));
  const bare = { interfaces, routes: [], sysctls };
  const firewall = {
    4: readFirewall(4, { missing, remarks }, options.firewall),
    6: readFirewall(6, { missing, remarks }, options.firewall),
  };
  readNativeTables(
    { 4: firewall[4].incompatible, 6: firewall[6].incompatible },
    { missing, remarks },
  );
  const sets = options.firewall?.sets ?? readSets(missing);
  // Those of kube-proxy show in its device and its sets.
  const servers = foreignServers(readVirtualServers() ?? [], interfaces, sets);
  if (servers.length > 0) remarks.push({ what: 'virtual servers of IPVS' });
  return {
    interfaces,
    ...withoutDerivedRoutes(routes, readBack(renderHostYaml(documentOf('bare', bare), []))),
    ...(rules.length === 0 ? {} : { rules }),
    sysctls,
    ...textField('iptables', firewall[4].text),
    ...textField('ip6tables', firewall[6].text),
    ...textField('ipsets', sets),
    ...textField('connections', options.connections === true ? readConnectionTable(missing) : ''),
    ...(remarks.length === 0 ? {} : { notModelled: remarks }),
  };
}

function ask(family: IpFamily, args: readonly string[]): readonly JsonObject[] {
  return runForObjects('ip', ['-j', '-d', `-${family}`, ...args]);
}

function routesOf(family: IpFamily, sysctls: HostSpec['sysctls']): readonly RouteSpec[] {
  const ignores = (scope: string): boolean => {
    const start = `net.ipv${family}.conf`;
    const key = 'ignore_routes_with_linkdown';
    const own = sysctls[`${start}.${scope.replaceAll('.', '/')}.${key}`];
    return (own ?? sysctls[`${start}.default.${key}`] ?? 0) !== 0;
  };
  return readRoutes(ask(family, ['route', 'show', 'table', 'all']), family, {
    ignoresLinkDown: (dev) => ignores('all') || ignores(dev),
  });
}

function readSets(missing: Missing[]): string {
  const outcome = attemptProgram('ipset', ['save']);
  noteFailure(outcome, 'ipsets', missing);
  return outcome.kind === 'ran' ? outcome.stdout : '';
}

function noteSysctls(sysctls: HostSpec['sysctls'], missing: Missing[]): void {
  if (Object.keys(sysctls).length === 0) {
    missing.push({ what: 'sysctls', why: '/proc/sys is not to be had' });
  } else if (sysctls['net.netfilter.nf_conntrack_max'] === undefined) {
    missing.push({ what: 'settings of connection tracking', why: 'it is not loaded' });
  }
}

function textField(
  name: 'iptables' | 'ip6tables' | 'ipsets' | 'connections',
  text: string,
): Partial<HostSpec> {
  return text === '' ? {} : { [name]: text };
}

function documentOf(name: string, spec: HostSpec): HostDocumentData {
  return { apiVersion: 'hepsim/v1', kind: 'Host', metadata: { name }, spec };
}

function readBack(yaml: string): Host {
  const [document] = readResources([{ file: THIS_MACHINE, text: yaml }]).hosts;
  if (document === undefined) throw new Error('INVARIANT: the printed Host document reads back');
  return buildHost(document);
}
