import { type IpAddress, parseIpAddress } from '../../address/ip-address.ts';
import type { PortRange } from '../../address/port-range.ts';
import { hasPorts } from '../../address/protocol.ts';
import type { Definition, RuleContext } from '../definition.ts';
import type { Extension } from '../extension.ts';
import type { GivenOption, GivenOptions } from '../option/given-options.ts';
import { DASHED_PORT_RANGE, parsePortWord } from '../option/port-codecs.ts';
import { isUnsigned } from '../restore-text.ts';
import { renderStoredAddress } from '../stored-address.ts';
import type { DnatTarget, SnatTarget } from './nat.ts';
import { faultOfNatTable } from './nat-checks.ts';

/** What a translation may choose from; a part that is undefined stays as it is. */
export interface NatRange {
  readonly addresses: { readonly first: IpAddress; readonly last: IpAddress } | undefined;
  readonly ports: PortRange | undefined;
  /** DNAT only: `first + (port - shiftedFrom) % length` is the port. */
  readonly shiftedFrom: number | undefined;
  readonly random: boolean;
  /** SNAT only. */
  readonly randomFully: boolean;
  /** A client gets the same address for every connection. */
  readonly persistent: boolean;
}

/** `DNAT` where the address or the port is chosen from several, or only the port is new. */
export interface DnatRangeTarget extends NatRange {
  readonly kind: 'dnat-range';
}

/** `SNAT` where the address or the port is chosen from several, or only the port is new. */
export interface SnatRangeTarget extends NatRange {
  readonly kind: 'snat-range';
}

/** Checks and writes `-j DNAT --to-destination 10.0.0.1-10.0.0.9:80-90`. */
export const dnatRangeTarget: Definition<DnatRangeTarget> = {
  kind: 'dnat-range',
  validate: (target, context) =>
    target.randomFully ? 'DNAT with --random-fully' : validateRange(target, context),
  render: (target) => `-j DNAT --to-destination ${renderRange(target)}`,
};

/** Checks and writes `-j SNAT --to-source 192.0.2.1-192.0.2.9`. */
export const snatRangeTarget: Definition<SnatRangeTarget> = {
  kind: 'snat-range',
  validate: (target, context) =>
    target.shiftedFrom !== undefined ? 'SNAT with shifted ports' : validateRange(target, context),
  render: (target) => `-j SNAT --to-source ${renderRange(target)}`,
};

/** Reads `-j DNAT`. */
export const dnatExtension: Extension<DnatTarget | DnatRangeTarget> = {
  name: 'DNAT',
  options: [
    { flag: '--to-destination', words: 1 },
    { flag: '--random', words: 0 },
    { flag: '--persistent', words: 0 },
  ],
  parse: (given, context) => {
    const range = readRange(given, given.get('--to-destination'), context);
    const single = singleOf(range);
    return [
      single === undefined
        ? { kind: 'dnat-range', ...range }
        : { kind: 'dnat', address: single.address, port: single.port },
    ];
  },
};

/** Reads `-j SNAT`. */
export const snatExtension: Extension<SnatTarget | SnatRangeTarget> = {
  name: 'SNAT',
  options: [
    { flag: '--to-source', words: 1 },
    { flag: '--random', words: 0 },
    { flag: '--random-fully', words: 0 },
    { flag: '--persistent', words: 0 },
  ],
  parse: (given, context) => {
    const option = given.get('--to-source');
    const range = readRange(given, option, context);
    if (range.shiftedFrom !== undefined) throw given.refusal('SNAT takes no shifted ports', option);
    const single = singleOf(range);
    return [
      single === undefined
        ? { kind: 'snat-range', ...range }
        : { kind: 'snat', address: single.address, port: single.port },
    ];
  },
};

function singleOf(
  range: NatRange,
): { readonly address: IpAddress; readonly port: number | undefined } | undefined {
  const { addresses, ports, random, randomFully, persistent } = range;
  if (addresses === undefined || addresses.first !== addresses.last) return undefined;
  if (random || randomFully || persistent || range.shiftedFrom !== undefined) return undefined;
  if (ports !== undefined && ports.first !== ports.last) return undefined;
  return { address: addresses.first, port: ports?.first };
}

function readRange(given: GivenOptions, option: GivenOption, context: RuleContext): NatRange {
  const range = parseRange(option.words[0] ?? '', context.family);
  if (range === undefined) {
    throw given.refusal(
      `\`${option.words[0] ?? ''}\` is no address to translate to, such as ${context.family === 4 ? '10.0.0.1-10.0.0.9:80-90' : '[2001:db8::1]:80'}`,
      { ...option, at: option.at + 1 },
    );
  }
  const target: NatRange = {
    addresses: range.addresses,
    ports: range.ports,
    shiftedFrom: range.shiftedFrom,
    random: given.has('--random'),
    randomFully: given.has('--random-fully'),
    persistent: given.has('--persistent'),
  };
  const problem = validateRange(target, context);
  if (problem !== undefined) throw given.refusal(problem, option);
  return target;
}

function parseRange(
  text: string,
  family: 4 | 6,
): Pick<NatRange, 'addresses' | 'ports' | 'shiftedFrom'> | undefined {
  const { address, port } = splitPort(text, family);
  const translated = port === undefined ? undefined : parsePorts(port);
  if (port !== undefined && translated === undefined) return undefined;
  const addresses = address === '' ? undefined : parseAddresses(address, family);
  if (addresses === undefined && (address !== '' || translated === undefined)) return undefined;
  return { addresses, ports: translated?.ports, shiftedFrom: translated?.shiftedFrom };
}

/** An IPv6 address stands in brackets when a port follows; a port alone stands behind a single colon. Source: parse_to, libxt_NAT.c, iptables 1.8.9. */
function splitPort(text: string, family: 4 | 6): { address: string; port: string | undefined } {
  if (family === 6 && text.startsWith('[') && text.includes(']')) {
    const end = text.indexOf(']');
    const behind = text.indexOf(':', end);
    return { address: text.slice(1, end), port: behind < 0 ? undefined : text.slice(behind + 1) };
  }
  const isPortAlone = text.startsWith(':') && text[1] !== ':';
  const colon = family === 4 || isPortAlone ? text.indexOf(':') : -1;
  if (colon < 0) return { address: text, port: undefined };
  return { address: text.slice(0, colon), port: text.slice(colon + 1) };
}

function parseAddresses(
  text: string,
  family: 4 | 6,
): { readonly first: IpAddress; readonly last: IpAddress } | undefined {
  const [from = '', to, more] = text.split('-');
  const first = parseIpAddress(from);
  const last = to === undefined ? first : parseIpAddress(to);
  if (first?.family !== family || last?.family !== family || more !== undefined) return undefined;
  return { first, last };
}

function parsePorts(text: string): Pick<NatRange, 'ports' | 'shiftedFrom'> | undefined {
  const [range = '', base, more] = text.split('/');
  const ports = DASHED_PORT_RANGE.parse(range, 4);
  if (ports === undefined || more !== undefined) return undefined;
  if (base === undefined) return { ports, shiftedFrom: undefined };
  const shiftedFrom = parsePortWord(base);
  return shiftedFrom === undefined ? undefined : { ports, shiftedFrom };
}

function validateRange(
  { addresses, ports, shiftedFrom }: NatRange,
  context: RuleContext,
): string | undefined {
  const { family, protocol } = context;
  const fault = faultOfNatTable(context);
  if (fault !== undefined) return fault;
  if (addresses !== undefined && addresses.first.family !== family) {
    return `an IPv${family} rule cannot translate to ${renderStoredAddress(addresses.first)}`;
  }
  if (ports === undefined) return undefined;
  const numbers = [ports.first, ports.last, shiftedFrom ?? 0];
  if (!numbers.every((port) => isUnsigned(port, 65535))) return 'a port beyond 65535';
  return protocol === undefined || !hasPorts(protocol)
    ? 'a port to translate to needs the rule to match a protocol that has ports'
    : undefined;
}

function renderRange(target: NatRange): string {
  const { addresses, ports, shiftedFrom } = target;
  const port =
    ports === undefined
      ? ''
      : `:${DASHED_PORT_RANGE.render(ports, 4)}${shiftedFrom === undefined ? '' : `/${shiftedFrom}`}`;
  return [
    `${renderAddresses(addresses, ports !== undefined)}${port}`,
    ...(target.random ? ['--random'] : []),
    ...(target.randomFully ? ['--random-fully'] : []),
    ...(target.persistent ? ['--persistent'] : []),
  ].join(' ');
}

function renderAddresses(addresses: NatRange['addresses'], hasPort: boolean): string {
  if (addresses === undefined) return '';
  const first = renderStoredAddress(addresses.first);
  const last = renderStoredAddress(addresses.last);
  const text = first === last ? first : `${first}-${last}`;
  return addresses.first.family === 6 && hasPort ? `[${text}]` : text;
}
