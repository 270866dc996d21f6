import { renderCidr } from '../address/cidr.ts';
import { type IpFamily, renderIpAddress } from '../address/ip-address.ts';
import { defaultRoutingRules } from '../host/build-rules.ts';
import type { Host, HostInterface, InterfaceAddress, Route, RoutingRule } from '../host/host.ts';
import { LabError } from './lab-error.ts';

/** The interfaces that the lab makes: all but the loopback that every namespace has. */
export function madeInterfaces(host: Host): readonly HostInterface[] {
  return host.interfaces.filter(({ name }) => name !== 'lo');
}

/**
 * Says why the lab cannot make the host.
 *
 * @throws LabError for an interface that is part of a bridge, bond or VRF, and for the host's own rules and connections.
 */
export function refuseUnsupported(host: Host): void {
  for (const { name, master } of host.interfaces) {
    if (master !== undefined) unsupported(`interface ${name} is part of ${master}`);
  }
  if (host.connections !== undefined) unsupported('the host has a connection table of its own');
}

function unsupported(why: string): never {
  throw new LabError('unsupported', `the kernel lab cannot make this host: ${why}`);
}

/** The MAC address of an interface: its own, or one from its place in the list. */
export function macOf(link: HostInterface, index: number): string {
  if (link.mac !== undefined) return link.mac;
  const [high, low] = [index >>> 8, index & 255].map((byte) => byte.toString(16).padStart(2, '0'));
  return `02:00:00:${high}:${low}:01`;
}

/**
 * What `ip -batch` reads to give the interfaces, which exist already, their addresses and to set up routes and rules.
 *
 * Neighbours are never asked for: the interfaces answer for all of them (`arp off`). Routes by an interface that is down are left
 * out, as the kernel takes them away when it goes down. By a gateway on no subnet of its interface they are taken as they are (`onlink`).
 */
export function linkCommands(host: Host): string {
  const lines = ['link set lo up'];
  for (const [index, link] of madeInterfaces(host).entries()) {
    lines.push(`link set ${link.name} address ${macOf(link, index)} arp off txqueuelen 1`);
    if (link.up) lines.push(`link set ${link.name} up`);
  }
  for (const link of host.interfaces) {
    for (const { address, cidr } of inOrder(link.addresses)) {
      if (link.name === 'lo' && isKernelsOwn(renderIpAddress(address))) continue;
      const text = `${renderIpAddress(address)}/${cidr.prefixLength}`;
      lines.push(`address add ${text} dev ${link.name}${address.family === 6 ? ' nodad' : ''}`);
    }
  }
  return text(lines);
}

/** Of IPv6 addresses `ip address` lists, and the kernel prefers, those first that were added last. */
function inOrder(addresses: readonly InterfaceAddress[]): readonly InterfaceAddress[] {
  const [v4, v6] = [4, 6].map((family) =>
    addresses.filter(({ address }) => address.family === family),
  );
  return [...(v4 ?? []), ...(v6 ?? []).toReversed()];
}

function isKernelsOwn(address: string): boolean {
  return address === '127.0.0.1' || address === '::1';
}

/** What `ip -batch` of one family reads to set up routes, and rules where they are not those of every namespace. */
export function routeCommands(host: Host, family: IpFamily): string {
  const down = new Set(host.interfaces.filter(({ up }) => !up).map(({ name }) => name));
  const routes = host.routes.filter(
    (route) => route.family === family && (route.dev === undefined || !down.has(route.dev)),
  );
  // A gateway must be on a link that is known when its route comes.
  const direct = routes.filter(({ via }) => via === undefined);
  const indirect = routes.filter(({ via }) => via !== undefined);
  return text([...[...direct, ...indirect].map(routeCommand), ...ruleCommands(host, family)]);
}

function routeCommand(route: Route): string {
  const words = ['route', 'add', ...(route.type === 'unicast' ? [] : [route.type])];
  words.push(renderCidr(route.to));
  if (route.via !== undefined) words.push('via', renderIpAddress(route.via));
  if (route.dev !== undefined) words.push('dev', route.dev);
  else if (route.type === 'local') words.push('dev', 'lo');
  if (route.metric !== 0) words.push('metric', String(route.metric));
  words.push('table', route.table);
  if (route.src !== undefined) words.push('src', renderIpAddress(route.src));
  if (route.via !== undefined && route.dev !== undefined) words.push('onlink');
  return words.join(' ');
}

function ruleCommands(host: Host, family: IpFamily): readonly string[] {
  const wanted = host.rules.filter((rule) => rule.family === family).map(ruleWords);
  const usual = defaultRoutingRules(family).map(ruleWords);
  if (wanted.join('\n') === usual.join('\n')) return [];
  // `flush` spares the kernel's first rule.
  return ['rule flush', 'rule delete pref 0', ...wanted.map((words) => `rule add ${words}`)];
}

function ruleWords(rule: RoutingRule): string {
  const words = rule.not ? ['not'] : [];
  words.push('from', rule.from === undefined ? 'all' : renderCidr(rule.from));
  if (rule.to !== undefined) words.push('to', renderCidr(rule.to));
  if (rule.iif !== undefined) words.push('iif', rule.iif);
  if (rule.oif !== undefined) words.push('oif', rule.oif);
  if (rule.fwmark !== undefined) words.push('fwmark', `${rule.fwmark.value}/${rule.fwmark.mask}`);
  if (rule.protocol !== undefined) words.push('ipproto', String(rule.protocol));
  words.push('pref', String(rule.priority));
  if (rule.action === 'lookup') words.push('lookup', rule.table);
  else words.push(rule.action);
  if (rule.suppressPrefixLength !== undefined) {
    words.push('suppress_prefixlength', String(rule.suppressPrefixLength));
  }
  return words.join(' ');
}

function text(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
