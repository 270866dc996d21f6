import { parseInterfaceAddress } from '../address/cidr.ts';
import { sameIpAddress } from '../address/ip-address.ts';
import type { HostDocument } from '../resources/host-document.ts';
import type { HostInterface, InterfaceAddress } from './host.ts';

/**
 * Parses `192.0.2.10/24`, a bare address as its /32 or /128.
 *
 * @throws Error where the text is no address: the reader of Host documents lets none through.
 */
function getInterfaceAddress(text: string): InterfaceAddress {
  const address = parseInterfaceAddress(text);
  if (address === undefined) throw new Error(`INVARIANT: checked interface address \`${text}\``);
  return address;
}

/** `lo` as it comes up by itself, with `more` behind its own addresses. It cannot be down here. */
export function loopbackInterface(more: readonly InterfaceAddress[] = []): HostInterface {
  const own = [getInterfaceAddress('127.0.0.1/8'), getInterfaceAddress('::1/128')];
  const added = more.filter((m) => !own.some((o) => sameIpAddress(o.address, m.address)));
  return {
    name: 'lo',
    addresses: [...own, ...added],
    mac: undefined,
    up: true,
    master: undefined,
    type: undefined,
  };
}

/** The document's interfaces in its order, `lo` first whether written or not. */
export function buildInterfaces(document: HostDocument): readonly HostInterface[] {
  const built = document.interfaces.map((written) => ({
    name: written.name,
    addresses: written.addresses.map(getInterfaceAddress),
    mac: written.mac,
    up: written.up,
    master: written.master,
    type: written.type,
  }));
  const loopback = built.find((one) => one.name === 'lo');
  return [loopbackInterface(loopback?.addresses), ...built.filter((one) => one.name !== 'lo')];
}
