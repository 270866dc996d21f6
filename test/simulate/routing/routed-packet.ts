import { type IpAddress, parseIpAddress } from '../../../src/address/ip-address.ts';
import { IP_PROTOCOL } from '../../../src/address/protocol.ts';
import { buildHost } from '../../../src/host/build-host.ts';
import { LOCAL, type Packet } from '../../../src/packet/packet.ts';
import { PacketInFlight } from '../../../src/simulate/packet-in-flight.ts';
import { Router } from '../../../src/simulate/routing/router.ts';
import { type HostWords, hostDocument } from '../../host/host-document.ts';

export function address(text: string): IpAddress {
  const parsed = parseIpAddress(text);
  if (parsed === undefined) throw new Error(`no address: ${text}`);
  return parsed;
}

const LAB_INTERFACES = [
  { name: 'eth0', addresses: ['192.0.2.1/24', '2001:db8:2::1/64'] },
  { name: 'eth1', addresses: ['198.51.100.1/24', '2001:db8:100::1/64'] },
  { name: 'cali0' },
];

const LAB_ROUTES = [
  { to: '203.0.113.10/32', dev: 'cali0' },
  { to: 'default', via: '198.51.100.254', dev: 'eth1' },
  { to: '2001:db8:203::10/128', dev: 'cali0' },
  { to: 'default', via: '2001:db8:100::fe', dev: 'eth1' },
];

/** A host with eth0 towards clients, eth1 towards the world, cali0 without addresses; `more` beside that. */
export function lab(more: HostWords = {}): HostWords {
  return {
    interfaces: more.interfaces ?? LAB_INTERFACES,
    routes: [...LAB_ROUTES, ...(more.routes ?? [])],
    rules: more.rules ?? [],
    sysctls: more.sysctls ?? {},
  };
}

export function routerOf(words: HostWords): Router {
  return new Router(buildHost(hostDocument(words)));
}

/** What matters to routing in one packet: where it arrives (`local`: sent here), its addresses, TTL, mark. */
export interface PacketWords {
  readonly in?: string;
  readonly src: string;
  readonly dst: string;
  readonly ttl?: number;
  readonly mark?: number;
  readonly protocol?: number;
  readonly icmpType?: number;
}

export function inFlight(words: PacketWords): PacketInFlight {
  const source = address(words.src);
  const name = words.in ?? 'eth0';
  const packet: Packet = {
    in: name,
    family: source.family,
    protocol: words.protocol ?? IP_PROTOCOL.udp,
    source,
    destination: address(words.dst),
    sourcePort: 1000,
    destinationPort: 2000,
    tcpFlags: 0,
    tcpSequence: undefined,
    tcpAcknowledgement: undefined,
    icmpType: words.icmpType ?? 0,
    icmpCode: 0,
    icmpId: 0,
    quoted: undefined,
    sctpChunk: undefined,
    mac: undefined,
    ttl: words.ttl ?? 64,
    length: undefined,
    mark: words.mark ?? 0,
    state: undefined,
    tos: 0,
    uid: undefined,
    gid: undefined,
    timeSeconds: undefined,
  };
  return new PacketInFlight(packet, name === LOCAL ? '' : name);
}

/** `local`, `forward eth1`, `drop`, `reject`, `undetermined`, or `refuse` for what ends before PREROUTING. */
export function route(router: Router, words: PacketWords): string {
  const packet = inFlight(words);
  if (words.in === LOCAL) return inWords(router.routeOutput(packet));
  if (router.refuseBeforePrerouting(packet) !== undefined) return 'refuse';
  return inWords(router.routeInput(packet));
}

function inWords(outcome: ReturnType<Router['routeInput']>): string {
  return outcome.kind === 'forward' ? `forward ${outcome.outInterface}` : outcome.kind;
}
