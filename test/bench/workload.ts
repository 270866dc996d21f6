import { makeRandom, type Random } from './random.ts';

/** How large the documents are. */
export interface WorkloadSize {
  /** Policies that select the endpoint `bench-eth0` of the node `bench`. */
  readonly policies: number;
  /** Ingress rules in each of them. */
  readonly rules: number;
  /** Policies of two rules that select other nodes' endpoints only. */
  readonly otherPolicies: number;
  /** Host endpoints; the first is `bench-eth0`. */
  readonly endpoints: number;
}

/** Network sets, and nets in each. */
const SETS = 50;
const NETS_PER_SET = 64;

/** An IPv4 block; clients are in 198.18.0.0/16, servers in 198.19.0.0/16. */
interface Net {
  readonly address: number;
  readonly prefixLength: number;
}

interface WorkloadRule {
  readonly action: 'Allow' | 'Deny';
  readonly protocol: 'tcp' | 'udp';
  readonly sourceSet: number | undefined;
  readonly sourceNets: readonly Net[];
  readonly sourceNotNets: readonly Net[];
  readonly destinationNets: readonly Net[];
  /** First and last port. */
  readonly ports: readonly (readonly [number, number])[];
}

/** Documents of one size, the same in every run, and packets that they speak of. */
export interface Workload {
  /** YAML texts by file name. */
  readonly files: ReadonlyMap<string, string>;
  /** Packets as lines, every one the first of a connection; about seven in ten aim at some rule. */
  packets(count: number): readonly string[];
  /** Whether policy lets such a packet through: by the first rule that matches, none by default. Shares no code with hepsim. */
  allows(line: string): boolean;
}

/**
 * Makes the documents of a host `bench` that forwards between eth0, towards clients, and eth1, towards servers, with policy on
 * what comes in by eth0.
 */
export function makeWorkload(size: WorkloadSize): Workload {
  const random = makeRandom(1);
  const sets = times(SETS, () => times(NETS_PER_SET, () => clientNet(random, 24, 32)));
  const policies = times(size.policies, () => times(size.rules, () => makeRule(random)));
  const all = policies.flat();
  const own = policies.map((rules, index) =>
    policyText(
      { name: numbered('bench', index), order: 100 + index, selector: random.pick(OWN_SELECTORS) },
      rules,
    ),
  );
  const others = times(size.otherPolicies, (index) => {
    const about = {
      name: numbered('other', index),
      order: 50 + random.below(100_000),
      selector: otherSelector(random, size.endpoints),
    };
    return policyText(about, [random.pick(all), random.pick(all)]);
  });
  const byPort = rulesByPort(all);
  return {
    files: new Map([
      ['policies.yaml', [...own, ...others].join('')],
      ['endpoints.yaml', times(size.endpoints, (index) => endpointText(random, index)).join('')],
      ['sets.yaml', sets.map(setText).join('')],
      ['host.yaml', HOST],
    ]),
    packets: (count) => {
      const packetRandom = makeRandom(2);
      const seen = new Set<string>();
      while (seen.size < count) seen.add(packetLine(packetRandom, all, sets));
      return [...seen];
    },
    allows: (line) => firstMatch(byPort, sets, line)?.action === 'Allow',
  };
}

/** The rules that ask for each port, in their order: of thousands a packet need not be compared with all. */
function rulesByPort(rules: readonly WorkloadRule[]): ReadonlyMap<number, readonly WorkloadRule[]> {
  const byPort = new Map<number, WorkloadRule[]>();
  for (const rule of rules) {
    const ports = new Set<number>();
    for (const [first, last] of rule.ports) {
      for (let port = first; port <= last; port++) ports.add(port);
    }
    for (const port of ports) {
      const others = byPort.get(port);
      if (others === undefined) byPort.set(port, [rule]);
      else others.push(rule);
    }
  }
  return byPort;
}

/** The first rule that a packet matches. */
function firstMatch(
  byPort: ReadonlyMap<number, readonly WorkloadRule[]>,
  sets: readonly (readonly Net[])[],
  line: string,
): WorkloadRule | undefined {
  const [protocol, from, , to] = line.split(' ') as [string, string, string, string];
  const source = numberOf(from);
  const destination = numberOf(to);
  const port = Number(to.split(':')[1]);
  return byPort
    .get(port)
    ?.find(
      (rule) =>
        rule.protocol === protocol &&
        (rule.sourceSet === undefined || isInSome(sets[rule.sourceSet]!, source)) &&
        (rule.sourceNets.length === 0 || isInSome(rule.sourceNets, source)) &&
        !isInSome(rule.sourceNotNets, source) &&
        (rule.destinationNets.length === 0 || isInSome(rule.destinationNets, destination)),
    );
}

function isInSome(nets: readonly Net[], address: number): boolean {
  return nets.some((net) => {
    const size = 2 ** (32 - net.prefixLength);
    return address >= net.address && address < net.address + size;
  });
}

/** The address before the port. */
function numberOf(text: string): number {
  const address = text.split(':')[0]!;
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function makeRule(random: Random): WorkloadRule {
  const action = random.chance(0.2) ? 'Deny' : 'Allow';
  const protocol = random.chance(0.7) ? 'tcp' : 'udp';
  const ports = makePorts(random);
  const shape = random.below(100);
  const from = { sourceSet: undefined, sourceNets: [], sourceNotNets: [], destinationNets: [] };
  if (shape < 35) {
    return { action, protocol, ports, ...from, sourceSet: random.below(SETS) };
  }
  if (shape >= 90) {
    return { action, protocol, ports, ...from, destinationNets: [serverNet(random, 24, 30)] };
  }
  const first = clientNet(random, 22, 30);
  const sourceNets = random.chance(0.3) ? [first, clientNet(random, 26, 32)] : [first];
  const hole = { address: first.address, prefixLength: first.prefixLength + 2 };
  return {
    action,
    protocol,
    ports,
    sourceSet: undefined,
    sourceNets,
    sourceNotNets: shape >= 87 ? [hole] : [],
    destinationNets: shape >= 75 ? [serverNet(random, 18, 28)] : [],
  };
}

const SERVICE_PORTS = [22, 53, 80, 123, 179, 443, 2379, 3306, 5432, 6379, 6443, 8080, 9090, 10250];

/** One to three single ports, or one range. */
function makePorts(random: Random): WorkloadRule['ports'] {
  if (random.chance(0.2)) {
    const first = 1024 + random.below(60_000);
    return [[first, first + 1 + random.below(500)]];
  }
  return times(1 + random.below(3), () => {
    const port = random.chance(0.3) ? random.pick(SERVICE_PORTS) : 1024 + random.below(64_512);
    return [port, port] as const;
  });
}

const CLIENTS = 0xc612_0000;
const SERVERS = 0xc613_0000;

function clientNet(random: Random, shortest: number, longest: number): Net {
  return netIn(random, CLIENTS, shortest + random.below(longest - shortest + 1));
}

function serverNet(random: Random, shortest: number, longest: number): Net {
  return netIn(random, SERVERS, shortest + random.below(longest - shortest + 1));
}

/** A block of the length in a /16. */
function netIn(random: Random, base: number, prefixLength: number): Net {
  const host = random.below(2 ** 16);
  return { address: base + host - (host % 2 ** (32 - prefixLength)), prefixLength };
}

const ROLES = ['master', 'worker', 'db', 'infra'];
const ZONES = ['a', 'b', 'c', 'd'];
const APPS = 500;
const RARE_LABELS = 50;

/** All of them select `bench-eth0`. */
const OWN_SELECTORS = [
  "role == 'edge'",
  "zone in {'a', 'b'}",
  'has(bench)',
  "role == 'edge' && zone == 'a'",
  '!has(absent)',
  'all()',
  "app == 'app-000' || role == 'db'",
];

/** None of them selects `bench-eth0`. */
function otherSelector(random: Random, endpoints: number): string {
  const app = (): string => appLabel(1 + random.below(APPS - 1));
  switch (random.below(5)) {
    case 0:
      return `app == '${app()}'`;
    case 1:
      return `role == '${random.pick(ROLES)}' && zone == '${random.pick(ZONES)}' && !has(bench)`;
    case 2:
      return `app in {'${app()}', '${app()}'} && !has(bench)`;
    case 3:
      return `has(rare-${random.below(RARE_LABELS)})`;
    default:
      return `host == 'node-${1 + random.below(Math.max(1, endpoints - 1))}'`;
  }
}

function policyText(
  about: { readonly name: string; readonly order: number; readonly selector: string },
  rules: readonly WorkloadRule[],
): string {
  return `---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata:
  name: ${about.name}
spec:
  order: ${about.order}
  selector: "${about.selector}"
  types: [Ingress]
  applyOnForward: true
  ingress:
${rules.map(ruleText).join('')}`;
}

function ruleText(rule: WorkloadRule): string {
  const source = [
    ...(rule.sourceSet === undefined
      ? []
      : [`selector: net-set == '${numbered('set', rule.sourceSet)}'`]),
    ...netsField('nets', rule.sourceNets),
    ...netsField('notNets', rule.sourceNotNets),
  ];
  const ports = rule.ports.map(([first, last]) => (first === last ? first : `"${first}:${last}"`));
  const destination = [...netsField('nets', rule.destinationNets), `ports: [${ports.join(', ')}]`];
  const lines = [
    `  - action: ${rule.action}`,
    `    protocol: ${rule.protocol.toUpperCase()}`,
    '    ipVersion: 4',
    ...entityLines('source', source),
    ...entityLines('destination', destination),
  ];
  return `${lines.join('\n')}\n`;
}

function entityLines(name: string, fields: readonly string[]): readonly string[] {
  return fields.length === 0 ? [] : [`    ${name}:`, ...fields.map((field) => `      ${field}`)];
}

function netsField(name: string, nets: readonly Net[]): readonly string[] {
  return nets.length === 0
    ? []
    : [`${name}: [${nets.map((net) => `"${netText(net)}"`).join(', ')}]`];
}

function endpointText(random: Random, index: number): string {
  const own = { role: 'edge', zone: 'a', bench: 'yes', app: appLabel(0) };
  const other = {
    role: random.pick(['edge', ...ROLES]),
    zone: random.pick(ZONES),
    app: appLabel(random.below(APPS)),
    host: `node-${index}`,
    ...(random.chance(0.02) ? { [`rare-${random.below(RARE_LABELS)}`]: 'x' } : {}),
  };
  const node = index === 0 ? 'bench' : `node-${index}`;
  return `---
apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata:
  name: ${node}-eth0
  labels: ${JSON.stringify(index === 0 ? own : other)}
spec:
  node: ${node}
  interfaceName: eth0
  expectedIPs: ["${index === 0 ? '192.0.2.10' : addressText(0xc0a8_0000 + index)}"]
`;
}

function setText(nets: readonly Net[], index: number): string {
  const name = numbered('set', index);
  return `---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkSet
metadata:
  name: ${name}
  labels: {net-set: ${name}}
spec:
  nets: [${nets.map((net) => `"${netText(net)}"`).join(', ')}]
`;
}

const HOST = `apiVersion: hepsim/v1
kind: Host
metadata: {name: bench}
spec:
  interfaces:
    - {name: eth0, addresses: [192.0.2.10/24]}
    - {name: eth1, addresses: [198.51.100.10/24]}
  routes:
    - {to: 198.18.0.0/16, via: 192.0.2.1, dev: eth0}
    - {to: 198.19.0.0/16, via: 198.51.100.1, dev: eth1}
`;

function packetLine(
  random: Random,
  rules: readonly WorkloadRule[],
  sets: readonly (readonly Net[])[],
): string {
  const anyClient = { address: CLIENTS, prefixLength: 16 };
  const anyServer = { address: SERVERS, prefixLength: 16 };
  const rule = random.chance(0.7) ? random.pick(rules) : undefined;
  const sources = rule?.sourceSet === undefined ? rule?.sourceNets : sets[rule.sourceSet];
  const source = addressIn(random, pickOr(random, sources, anyClient));
  const destination = addressIn(random, pickOr(random, rule?.destinationNets, anyServer));
  const [first, last] = pickOr(random, rule?.ports, [1, 65_535]);
  const protocol = rule?.protocol ?? (random.chance(0.7) ? 'tcp' : 'udp');
  const sourcePort = 1024 + random.below(64_512);
  const destinationPort = first + random.below(last - first + 1);
  return `${protocol} ${source}:${sourcePort} -> ${destination}:${destinationPort} in=eth0`;
}

function pickOr<T>(random: Random, choices: readonly T[] | undefined, otherwise: T): T {
  return choices === undefined || choices.length === 0 ? otherwise : random.pick(choices);
}

function addressIn(random: Random, net: Net): string {
  return addressText(net.address + random.below(2 ** (32 - net.prefixLength)));
}

function netText(net: Net): string {
  return `${addressText(net.address)}/${net.prefixLength}`;
}

function addressText(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

function appLabel(index: number): string {
  return `app-${String(index).padStart(3, '0')}`;
}

function numbered(name: string, index: number): string {
  return `${name}-${String(index).padStart(5, '0')}`;
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
