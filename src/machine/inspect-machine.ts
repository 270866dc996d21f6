import type { IpFamily } from '../address/ip-address.ts';
import { buildHost } from '../host/build-host.ts';
import type { Host, HostText } from '../host/host.ts';
import { readResources } from '../resources/read-resources.ts';
import type { HostSpec, Missing, RemarkSpec, RouteSpec } from './host-spec.ts';
import { renderHostYaml } from './host-yaml.ts';
import { type JsonObject, printedObjects } from './json-output.ts';
import { readConnectionTable } from './read-connection-table.ts';
import { noteFailure, readFirewall, type SavedFirewall } from './read-firewall.ts';
import { readInterfaces } from './read-interfaces.ts';
import { LIST_CHAINS, readNativeTables } from './read-nftables.ts';
import { readRoutes } from './read-routes.ts';
import { readRoutingRules } from './read-routing-rules.ts';
import { readSysctls } from './read-sysctls.ts';
import { foreignServers, readVirtualServers } from './read-virtual-servers.ts';
import { attemptProgram, beginPrograms, type ProgramOutcome } from './run-program.ts';
import { withoutDerivedRoutes } from './without-derived-routes.ts';

/** Where problems and decisions point that are about the machine itself. */
export const THIS_MACHINE = 'this machine';

export interface InspectOptions {
  /** The node's name in documents. */
  readonly name: string;
  /** Whether the connection table is read, too. */
  readonly connections?: boolean;
  /** What is known of rules and sets already. */
  readonly firewall?: SavedFirewall | undefined;
  /** What `beginInspection` has begun. */
  readonly begun?: BegunInspection | undefined;
  /** What is left of a text of rules or sets when lines are taken out that the host is to be without; the others keep their numbers. */
  readonly leaveOut?: LeaveOut | undefined;
}

/** Functions of what `iptables-save` and `ipset save` have printed. */
export interface LeaveOut {
  readonly rules: (text: string) => string;
  readonly sets: (text: string) => string;
}

/** This machine, or the namespace that this process is in, as a Host. */
export interface InspectedMachine {
  /** The document as data. */
  readonly document: HostDocumentData;
  /** The same as text that reads back to `host`, with what is missing as comments. */
  readonly yaml: string;
  /** What our own reader makes of `yaml`; places in it are in the file {@link THIS_MACHINE}. */
  readonly host: Host;
  /** Whether or not lines were left out, with all of them. */
  readonly whole: () => Host;
  /** What could not be read, and why. */
  readonly missing: readonly Missing[];
}

/** What tools printed of the machine's rules and sets. */
type RuleTexts = Readonly<Record<'iptables' | 'ip6tables' | 'ipsets', string>>;

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
  const { spec, texts } = readSpec(options, missing);
  const document = documentOf(options.name, spec);
  const yaml = renderHostYaml(document, missing);
  const host = readBack(yaml);
  return { document, yaml, host, missing, whole: () => withTexts(host, texts) };
}

/** The machine with other texts of rules, which stand where the ones before them do. */
function withTexts(host: Host, texts: RuleTexts): Host {
  const textOf = (name: keyof RuleTexts): HostText | undefined => {
    const { location = { file: THIS_MACHINE, line: 1, column: 1 } } = host[name] ?? {};
    return texts[name] === '' ? undefined : { text: texts[name], location };
  };
  return {
    ...host,
    iptables: textOf('iptables'),
    ip6tables: textOf('ip6tables'),
    ipsets: textOf('ipsets'),
  };
}

/** What `ip` is asked for: links, rules and routes. */
const ASKED: readonly (readonly string[])[] = [
  ['address', 'show'],
  ['-4', 'rule', 'show'],
  ['-6', 'rule', 'show'],
  ['-4', 'route', 'show', 'table', 'all'],
  ['-6', 'route', 'show', 'table', 'all'],
];

/** Programs that look at the machine, and what they come to. */
export type BegunInspection = () => readonly ProgramOutcome[];

/** Has the machine looked at from now on, where another process can do that, so that `inspectMachine` need not wait for it. */
export function beginInspection(): BegunInspection {
  return beginPrograms([
    LIST_CHAINS,
    ...ASKED.map((args) => ({ program: 'ip', args: ['-j', '-d', ...args] })),
  ]);
}

function readSpec(
  options: InspectOptions,
  missing: Missing[],
): { readonly spec: HostSpec; readonly texts: RuleTexts } {
  const remarks: RemarkSpec[] = [];
  const [chains, ...asked] = (options.begun ?? beginInspection())();
  const [links = [], rules4 = [], rules6 = [], routes4 = [], routes6 = []] = asked.map((outcome) =>
    printedObjects(outcome, 'ip'),
  );
  const interfaces = readInterfaces(links, remarks);
  const sysctls = readSysctls(interfaces.map(({ name }) => name));
  noteSysctls(sysctls, missing);
  const rules = [...readRoutingRules(rules4, 4, remarks), ...readRoutingRules(rules6, 6, remarks)];
  const routes = [
    { family: 4, routes: routesOf(routes4, 4, sysctls) },
    { family: 6, routes: routesOf(routes6, 6, sysctls) },
  ] as const;
  const bare = { interfaces, routes: [], sysctls };
  const firewall = {
    4: readFirewall(4, { missing, remarks }, options.firewall),
    6: readFirewall(6, { missing, remarks }, options.firewall),
  };
  readNativeTables(
    chains as ProgramOutcome,
    { 4: firewall[4].incompatible, 6: firewall[6].incompatible },
    { missing, remarks },
  );
  const sets = options.firewall?.sets ?? readSets(missing);
  // Those of kube-proxy show in its device and its sets.
  const servers = foreignServers(readVirtualServers() ?? [], interfaces, sets);
  if (servers.length > 0) remarks.push({ what: 'virtual servers of IPVS' });
  const { rules: kept, sets: keptSets } = options.leaveOut ?? { rules: same, sets: same };
  const spec = {
    interfaces,
    ...withoutDerivedRoutes(routes, readBack(renderHostYaml(documentOf('bare', bare), []))),
    ...(rules.length === 0 ? {} : { rules }),
    sysctls,
    ...textField('iptables', kept(firewall[4].text)),
    ...textField('ip6tables', kept(firewall[6].text)),
    ...textField('ipsets', keptSets(sets)),
    ...textField('connections', options.connections === true ? readConnectionTable(missing) : ''),
    ...(remarks.length === 0 ? {} : { notModelled: remarks }),
  };
  return { spec, texts: { iptables: firewall[4].text, ip6tables: firewall[6].text, ipsets: sets } };
}

function same(text: string): string {
  return text;
}

function routesOf(
  listed: readonly JsonObject[],
  family: IpFamily,
  sysctls: HostSpec['sysctls'],
): readonly RouteSpec[] {
  const ignores = (scope: string): boolean => {
    const start = `net.ipv${family}.conf`;
    const key = 'ignore_routes_with_linkdown';
    const own = sysctls[`${start}.${scope.replaceAll('.', '/')}.${key}`];
    return (own ?? sysctls[`${start}.default.${key}`] ?? 0) !== 0;
  };
  return readRoutes(listed, family, {
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
  // Rules may be very many, and the text is our own.
  const { hosts } = readResources([{ file: THIS_MACHINE, text: yaml }], {
    mostCharacters: yaml.length,
  });
  const [document] = hosts;
  if (document === undefined) throw new Error('INVARIANT: the printed Host document reads back');
  return buildHost(document);
}
