import { renderIpAddress } from '../address/ip-address.ts';
import { LOCAL, type Packet } from '../packet/packet.ts';
import { nearestName } from '../source/nearest-name.ts';
import { PacketPathError } from './packet-path-error.ts';
import type { Router } from './routing/router.ts';

/**
 * The interface that the packet arrives on, or `local`: as it says, else by the route back to its source.
 *
 * @throws PacketPathError when the host has no such interface, or the packet names none and there is no route back.
 */
export function arrivalOf(packet: Packet, interfaces: ReadonlySet<string>, router: Router): string {
  const name = packet.in;
  if (name === LOCAL) return name;
  if (name !== undefined) {
    if (interfaces.has(name)) return name;
    throw new PacketPathError(
      `the host has no interface \`${name}\``,
      knownInterfaces(interfaces, name),
    );
  }
  const towards = router.interfaceTowards(packet.source);
  if (towards !== undefined) return towards;
  throw new PacketPathError(
    `the host has no route back to ${renderIpAddress(packet.source)}, so the packet must say where it arrives`,
    'Name the interface with `in`, or `in=local` for a packet that the host sends.',
  );
}

function knownInterfaces(interfaces: ReadonlySet<string>, wrong: string): string {
  const names = [...interfaces];
  const near = nearestName(wrong, [...names, LOCAL]);
  if (near !== undefined) return `Did you mean \`${near}\`?`;
  const shown = names.slice(0, 8).map((name) => `\`${name}\``);
  return `It has ${shown.join(', ')}${names.length > shown.length ? ', ...' : ''}; a packet that the host sends has \`local\`.`;
}
