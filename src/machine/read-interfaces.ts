import { type InterfaceSpec, type RemarkSpec, written } from './host-spec.ts';
import {
  isJsonObject,
  type JsonObject,
  numberOf,
  objectsOf,
  textOf,
  wordsOf,
} from './json-output.ts';

const LOOPBACK_OWN = ['127.0.0.1/8', '::1/128'];
const ETHERNET = 'ether';

/**
 * The interfaces of `ip -j -d addr show`, with what says anything: `lo` only where it has addresses beside its own.
 *
 * `remarks` receives what runs on an interface before any rule does.
 */
export function readInterfaces(
  links: readonly JsonObject[],
  remarks: RemarkSpec[],
): readonly InterfaceSpec[] {
  const found: InterfaceSpec[] = [];
  for (const link of links) {
    const name = textOf(link, 'ifname');
    if (name === undefined) continue;
    if (link.xdp !== undefined) remarks.push({ what: `an XDP program on ${name}` });
    const own = interfaceSpec(link, name);
    if (name !== 'lo') found.push(own);
    else if (own.addresses.some((one) => !LOOPBACK_OWN.includes(one))) {
      found.push({ name, addresses: own.addresses });
    }
  }
  return found;
}

function interfaceSpec(link: JsonObject, name: string): InterfaceSpec {
  const info = isJsonObject(link.linkinfo) ? link.linkinfo : {};
  const data = isJsonObject(info.info_data) ? info.info_data : {};
  const type = textOf(info, 'info_kind');
  const state = textOf(link, 'operstate');
  return {
    ...written({
      name,
      type,
      parent: textOf(link, 'link'),
      vlan: type === 'vlan' ? numberOf(data, 'id') : undefined,
      master: textOf(link, 'master'),
      mac: textOf(link, 'link_type') === ETHERNET ? textOf(link, 'address') : undefined,
      up: wordsOf(link, 'flags').includes('UP') ? undefined : (false as const),
      state: state === 'UP' || state === 'UNKNOWN' ? undefined : state,
    }),
    addresses: [...new Set(objectsOf(link, 'addr_info').flatMap(addressText))],
  };
}

/** The address with its subnet; with a peer the subnet is the peer's, and has a route of its own. */
function addressText(info: JsonObject): readonly string[] {
  const family = textOf(info, 'family');
  const local = textOf(info, 'local');
  const length = numberOf(info, 'prefixlen');
  if (local === undefined || length === undefined) return [];
  if (family !== 'inet' && family !== 'inet6') return [];
  const peer = textOf(info, 'address');
  if (peer === undefined || peer === local) return [`${local}/${length}`];
  return [`${local}/${family === 'inet' ? 32 : 128}`];
}
