import {
  type Cidr,
  cidrContains,
  parseCidr,
  parseInterfaceAddress,
  renderCidr,
} from '../address/cidr.ts';
import { type IpAddress, type IpFamily, sameIpAddress } from '../address/ip-address.ts';
import { type HostDocument, ROUTE_TYPES } from './host-document.ts';
import { readAddress } from './read-addresses.ts';
import { checkInterface, type HostInterfaces } from './read-host-interfaces.ts';
import type { Fields, Written } from './reading/fields.ts';
import { scalarText } from './reading/scalar-text.ts';
import { shorten } from './reading/wording.ts';

type HostRoute = HostDocument['routes'][number];

const FROM_ADDRESSES: readonly HostRoute['type'][] = ['broadcast', 'anycast', 'multicast'];

/** Those that people add; the others the kernel makes from addresses, and has a list of all routes. */
const WRITTEN_TYPES = ROUTE_TYPES.filter((type) => !FROM_ADDRESSES.includes(type));
const METRIC = { min: 0, max: 0xffffffff };
/**
 * What `ip route` has and the simulation of routing does not: packets that meet such a route are undetermined. The gateway of the
 * other family (`via6`) says nothing about where packets go.
 */
const NOT_MODELLED = ['nexthops', 'encap', 'tos', 'from', 'nhid'];
const TABLE = /^(?:[a-zA-Z][\w.-]*|\d+)$/;

/** Reads a host's routes. A route whose destination or gateway cannot be read is reported and left out. */
export function readHostRoutes(
  spec: Fields,
  interfaces: HostInterfaces,
  options: { readonly derived: boolean },
): readonly HostRoute[] {
  const types = options.derived ? WRITTEN_TYPES : ROUTE_TYPES;
  const routes: HostRoute[] = [];
  const sources: { readonly fields: Fields; readonly src: Written<IpAddress> }[] = [];
  for (const fields of spec.fieldsList('routes')) {
    const to = readDestination(fields);
    const via = readAddress(fields, 'via');
    const src = readAddress(fields, 'src');
    const dev = fields.string('dev');
    const type = fields.has('type') ? fields.oneOf('type', types)?.value : 'unicast';
    const metric = fields.integer('metric', METRIC)?.value;
    const table = readRoutingTable(fields, 'table');
    const written = {
      via: fields.string('via')?.value,
      src: fields.string('src')?.value,
    };
    const notModelled = NOT_MODELLED.filter((name) => fields.has(name));
    fields.ignore('via6');
    fields.finish();
    if (dev !== undefined) checkInterface(fields, dev, { interfaces });
    checkFamilies(fields, { to: to?.block?.network.family, via, src });
    if (type !== undefined && notModelled.length === 0) {
      checkType(fields, type, to?.block?.network.family ?? via?.value.family);
    }
    if (src !== undefined) sources.push({ fields, src });
    if (to === undefined || type === undefined || (written.via !== undefined && via === undefined))
      continue;
    if (written.src !== undefined && src === undefined) continue;
    routes.push({
      to: to.text,
      type,
      ...written,
      dev: dev?.value,
      metric,
      table,
      notModelled,
      location: fields.location,
    });
  }
  for (const { fields, src } of sources) checkSource(fields, src, { interfaces, routes });
  return routes;
}

/** Reads a routing table's name or number, as text. */
export function readRoutingTable(fields: Fields, name: string): string | undefined {
  const table = scalarText(fields, name);
  if (table === undefined) return undefined;
  if (TABLE.test(table.value) && !(Number(table.value) > 0xffffffff)) return table.value;
  fields.problem(
    'invalid-value',
    table.location,
    `\`${name}\` is \`${shorten(table.value)}\``,
    'Name a routing table: main, local, default, another name, or a number.',
  );
  return undefined;
}

/** The block is undefined for `default`. */
function readDestination(
  fields: Fields,
): { readonly text: string; readonly block: Cidr | undefined } | undefined {
  const to = fields.requiredString('to');
  if (to === undefined) return undefined;
  if (to.value === 'default') return { text: to.value, block: undefined };
  const parsed = parseInterfaceAddress(to.value);
  if (parsed === undefined) {
    fields.problem(
      'invalid-value',
      to.location,
      `\`${shorten(to.value)}\` is no destination of a route`,
      'Write default, or an address block such as 198.51.100.0/24 or 2001:db8:1::/48.',
    );
    return undefined;
  }
  const { address, cidr } = parsed;
  if (address.family === 4 && !sameIpAddress(address, cidr.network)) {
    fields.problem(
      'invalid-value',
      to.location,
      `\`${to.value}\` is an address within a block, which the kernel refuses as a destination`,
      `Write ${renderCidr(cidr)}, or a bare address for one host.`,
    );
  }
  return { text: to.value, block: cidr };
}

function checkFamilies(
  fields: Fields,
  route: {
    readonly to: IpFamily | undefined;
    readonly via: Written<IpAddress> | undefined;
    readonly src: Written<IpAddress> | undefined;
  },
): void {
  const family = route.to ?? route.via?.value.family;
  const others = [
    ['gateway', route.via],
    ['source address', route.src],
  ] as const;
  for (const [what, address] of others) {
    if (address === undefined || family === undefined || address.value.family === family) continue;
    fields.problem(
      'invalid-combination',
      address.location,
      `the ${what} is IPv${address.value.family}, but the route is IPv${family}`,
      `Write an IPv${family} address.`,
    );
  }
}

/**
 * A route type that answers or discards has no next hop.
 *
 * Source: net/ipv4/fib_semantics.c, fib_create_info; IPv6 lists such routes with `dev lo`.
 */
function checkType(fields: Fields, type: HostRoute['type'], family: IpFamily | undefined): void {
  if (type === 'unicast') {
    if (fields.has('via') || fields.has('dev')) return;
    fields.problem(
      'missing-field',
      fields.location,
      'the route has neither `via` nor `dev`',
      'Name the gateway, the interface, or a type such as blackhole.',
    );
    return;
  }
  const hasDevice = type === 'local' || FROM_ADDRESSES.includes(type);
  for (const name of hasDevice ? ['via'] : ['via', 'dev']) {
    const onLoopback = name === 'dev' && fields.string('dev')?.value === 'lo' && family !== 4;
    if (!fields.has(name) || onLoopback) continue;
    fields.problem(
      'invalid-combination',
      fields.locationOf(name),
      `a route of type ${type} cannot have \`${name}\``,
      'Leave it out.',
    );
  }
}

/** The kernel takes an address of the host only. Source: net/ipv4/fib_semantics.c, fib_valid_prefsrc. */
function checkSource(
  fields: Fields,
  src: Written<IpAddress>,
  host: { readonly interfaces: HostInterfaces; readonly routes: readonly HostRoute[] },
): void {
  const own = host.interfaces
    .flatMap((one) => one.addresses)
    .some((text) => {
      const parsed = parseInterfaceAddress(text);
      return parsed !== undefined && sameIpAddress(parsed.address, src.value);
    });
  const local = [
    '127.0.0.0/8',
    '::1/128',
    ...host.routes.filter((route) => route.type === 'local').map((route) => route.to),
  ].some((text) => {
    const block = parseCidr(text);
    return block !== undefined && cidrContains(block, src.value);
  });
  if (own || local) return;
  fields.problem(
    'unknown-reference',
    src.location,
    'the source address of the route is no address of the host',
    'Write an address of one of its interfaces.',
  );
}
