import { renderIpAddress } from '../address/ip-address.ts';
import type { Host } from '../host/host.ts';
import { LOCAL, type Packet } from '../packet/packet.ts';
import { PacketPathError } from './packet-path-error.ts';
import type { Router } from './routing/router.ts';

/**
 * The interface that the packet arrives on, or `local`: as it says, else by the route back to its source.
 *
 * @throws PacketPathError when the host has no such interface, or the packet names none and there is no route back.
 */
export function arrivalOf(packet: Packet, host: Host, router: Router): string {
  const name = packet.in;
  if (name === LOCAL) return name;
  if (name !== undefined) {
    if (host.interfaces.some((one) => one.name === name)) return name;
    throw new PacketPathError(`the host has no interface \`${name}\``, knownInterfaces(host, name));
  }
  const towards = router.interfaceTowards(packet.source);
  if (towards !== undefined) return towards;
  throw new PacketPathError(
    `the host has no route back to ${renderIpAddress(packet.source)}, so the packet must say where it arrives`,
    'Name the interface with `in`, or `in=local` for a packet that the host sends.',
  );
}

/** Names the interface that shares the longest beginning with the wrong name first, then the others. */
function knownInterfaces(host: Host, wrong: string): string {
  const names = host.interfaces.map((one) => one.name);
  const shared = (name: string): number => {
    let length = 0;
    while (length < name.length && name[length] === wrong[length]) length++;
    return length;
  };
  const near = [...names].sort((a, b) => shared(b) - shared(a));
  const shown = near.slice(0, 8).map((name) => `\`${name}\``);
  return `It has ${shown.join(', ')}${near.length > shown.length ? ', ...' : ''}; a packet that the host sends has \`local\`.`;
}
