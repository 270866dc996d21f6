import type { IpFamily } from '../../address/ip-address.ts';
import type { CalicoVersion } from '../../resources/calico-version.ts';
import type { Random } from '../random.ts';
import { type JsonDocument, withoutUndefined } from './json-document.ts';
import { PORTS, type World } from './world.ts';

/** What generated documents have in common. */
export interface DocumentContext {
  readonly random: Random;
  readonly version: CalicoVersion;
  readonly world: World;
}

/** Selectors of every version that speak of the labels `role` and `zone`. */
export const SELECTORS: readonly string[] = [
  'all()',
  'has(role)',
  '!has(role)',
  "role == 'a'",
  "role != 'a'",
  "role in {'a', 'b'}",
  "role not in {'b'}",
  "zone == ''",
  "role == 'a' || zone == 'x'",
  "has(role) && !(role == 'b')",
  "role == 'nobody'",
];
/** Those that 2.6 does not have. */
export const NEWER_SELECTORS: readonly string[] = [
  "role contains 'b'",
  "role starts with 'a'",
  "role ends with 'b'",
];

/** A selector that endpoints with the labels `role` and `zone` may match. */
export function randomSelector({ random, version }: DocumentContext): string {
  return random.pick(version === '2.6' ? SELECTORS : [...SELECTORS, ...NEWER_SELECTORS]);
}

/** Labels that selectors speak of. */
export function randomLabels({ random }: DocumentContext): JsonDocument {
  return withoutUndefined({
    role: random.maybe(60, () => random.pick(['a', 'b', 'ab'])),
    zone: random.maybe(50, () => random.pick(['', 'x'])),
  });
}

/** A rule cannot name port 0. */
const RULE_PORTS = PORTS.filter((port) => port > 0);

/** More than the 15 slots of one multiport match. */
const MANY_PORTS: readonly (number | string)[] = [
  ...PORTS.slice(2, 14),
  '1500:1600',
  '1700:1701',
  '2000:2100',
  3000,
  3001,
  3002,
  3003,
];

function randomPorts({ random, version }: DocumentContext): readonly (number | string)[] {
  const form = random.weighted({ few: 5, range: 2, any: 1, many: 2 });
  const named = version !== '2.6' && random.chance(20);
  const names = named ? random.some(['http', 'cache', 'nothing'], 1, 2) : [];
  if (form === 'many') return [...MANY_PORTS, ...names];
  if (form === 'any') {
    const first = 1 + random.below(65535);
    return [`${first}:${first + random.below(65536 - first)}`, ...names];
  }
  return [...(form === 'few' ? random.some(RULE_PORTS, 1, 3) : ['999:1000']), ...names];
}

interface EntityContext extends DocumentContext {
  readonly family: IpFamily | undefined;
  readonly ports: boolean;
}

function randomEntity(context: EntityContext): JsonDocument {
  const { random, version, family, ports, world } = context;
  const nets = (): readonly string[] | undefined =>
    family === undefined ? undefined : random.some(world.nets[family], 1, 3);
  const v1 = version === '2.6';
  return withoutUndefined({
    nets: random.maybe(30, nets),
    notNets: random.maybe(15, nets),
    selector: random.maybe(20, () => randomSelector(context)),
    notSelector: random.maybe(10, () => randomSelector(context)),
    ports: ports ? random.maybe(50, () => randomPorts(context)) : undefined,
    notPorts: ports ? random.maybe(15, () => randomPorts(context)) : undefined,
    tag: v1 ? random.maybe(8, () => random.pick(['blue', 'red'])) : undefined,
    notTag: v1 ? random.maybe(5, () => random.pick(['blue', 'red'])) : undefined,
  });
}

const PORTED: ReadonlySet<string> = new Set(['TCP', 'UDP', 'SCTP']);

/** A rule of a policy or profile, in the spelling of the version's API. */
export function randomRule(context: DocumentContext): JsonDocument {
  const { random, version } = context;
  const v1 = version === '2.6';
  const spelled = (word: string): string => (v1 ? word.toLowerCase() : word);
  const protocols = ['TCP', 'TCP', 'UDP', 'UDP', 'ICMP', 'ICMPv6', '47', '132', '136', '253'];
  if (version === '3.32') protocols.push('SCTP');
  const wanted = random.maybe(60, () => random.pick([4, 6] as const));
  const protocol = random.maybe(70, () => random.pick(protocols));
  const icmpFamily = protocol === 'ICMP' ? 4 : protocol === 'ICMPv6' ? 6 : undefined;
  const family = icmpFamily ?? wanted;
  const entity = { ...context, family, ports: protocol !== undefined && PORTED.has(protocol) };
  const icmp = (): JsonDocument =>
    withoutUndefined({
      type: random.chance(70) ? (icmpFamily === 4 ? 8 : 128) : random.pick([3, 13, 133]),
      code: random.maybe(40, () => random.pick([0, 0, 1])),
    });
  const notProtocol =
    protocol === undefined
      ? random.maybe(20, () => spelled(random.pick(['TCP', 'UDP'])))
      : undefined;
  return withoutUndefined({
    action: spelled(random.pick(['Allow', 'Allow', 'Allow', 'Deny', 'Deny', 'Log', 'Pass'])),
    protocol:
      protocol === undefined
        ? undefined
        : /^\d+$/.test(protocol)
          ? Number(protocol)
          : spelled(protocol),
    notProtocol,
    icmp: icmpFamily === undefined ? undefined : random.maybe(50, icmp),
    notICMP: icmpFamily === undefined ? undefined : random.maybe(15, icmp),
    // What blocks are of says which packets a rule is for, too.
    ipVersion: icmpFamily === undefined && random.chance(50) ? wanted : undefined,
    source: random.maybe(35, () => randomEntity(entity)),
    destination: random.maybe(40, () => randomEntity(entity)),
  });
}

/** A rule that asks for nothing but the destination's ports, so that all that lies at their edges hits it. */
function portRule({ random, version }: DocumentContext): JsonDocument {
  const protocol = random.pick(['TCP', 'UDP'] as const);
  const v1 = version === '2.6';
  const first = random.pick(RULE_PORTS);
  const range = `${first}:${Math.min(65535, first + 40 + random.below(2000))}`;
  const isNamed = !v1 && random.chance(50);
  const named = protocol === 'TCP' ? 'http' : 'cache';
  const action = random.pick(['Allow', 'Deny']);
  return {
    action: v1 ? action.toLowerCase() : action,
    protocol: v1 ? protocol.toLowerCase() : protocol,
    destination: { ports: [isNamed ? named : range] },
  };
}

/** A rule that lets nearly everything in: most packets would end at the first endpoint without. */
function allowRule({ random, version }: DocumentContext): JsonDocument {
  const action = version === '2.6' ? 'allow' : 'Allow';
  return withoutUndefined({ action, ipVersion: random.maybe(30, () => random.pick([4, 6])) });
}

/** Up to `most` rules; now and then of none but ports, or with one behind them that allows everything. */
export function randomRules(context: DocumentContext, most: number): readonly JsonDocument[] {
  const { random } = context;
  const length = random.below(most + 1);
  const make = random.chance(15) ? portRule : randomRule;
  const rules = Array.from({ length }, () => make(context));
  return random.chance(25) ? [...rules, allowRule(context)] : rules;
}
