import { type IpAddress, sameIpAddress } from '../address/ip-address.ts';
import { type ConnectionState, LOCAL, type Packet } from '../packet/packet.ts';
import type { Flow, FlowHeaders } from '../policy/flow.ts';
import type { PacketResult, PathEvent } from '../simulate/packet-result.ts';

type HookEvent = Extract<PathEvent, { kind: 'hook' }>;

/** What the way alone does not tell. */
export interface OtherFacts {
  /** What connection tracking says of the packet where policy does not take it off tracking. */
  readonly state: ConnectionState;
  /** Whether the route back to the source leaves by another interface than the packet came by. */
  readonly reversePathFails: (inInterface: string) => boolean;
  readonly isOwnAddress: (address: IpAddress) => boolean;
}

/**
 * What policy must know of a packet's way, read off the way that it took. Undefined for a packet that met no hook at all.
 */
export function flowOf(packet: Packet, way: PacketResult, other: OtherFacts): Flow | undefined {
  const hooks = way.events.filter((event): event is HookEvent => event.kind === 'hook');
  const [first] = hooks;
  if (first === undefined) return undefined;
  const out = outOf(hooks, ['forward', 'output']);
  const original = headersOf(packet);
  // The destination is translated before filtering, the source only after it.
  const translated: FlowHeaders = {
    ...original,
    destination: way.final.destination,
    destinationPort: way.final.destinationPort,
  };
  const inInterface = packet.in === LOCAL ? undefined : first.inInterface;
  return {
    family: packet.family,
    protocol: packet.protocol,
    icmpType: packet.icmpType,
    icmpCode: packet.icmpCode,
    inInterface,
    outInterface: out,
    finalOutInterface: outOf(hooks, ['postrouting']) ?? out,
    routed: !isEndedByRoute(beforeOutput(way.events)),
    routedAgain: !isEndedByRoute(way.events),
    reversePathFails: inInterface !== undefined && other.reversePathFails(inInterface),
    original,
    translated,
    toOwnAddress: other.isOwnAddress(translated.destination),
    destinationNat: isReply(way)
      ? isSourcePutBack(way)
      : !sameIpAddress(original.destination, translated.destination) ||
        original.destinationPort !== translated.destinationPort,
    state: other.state,
  };
}

function isEndedByRoute(events: readonly PathEvent[]): boolean {
  return events.some(
    (event) => event.kind === 'route' && (event.outcome === 'drop' || event.outcome === 'reject'),
  );
}

/** What comes before OUTPUT, where the packet meets it at all. */
function beforeOutput(events: readonly PathEvent[]): readonly PathEvent[] {
  const output = events.findIndex((event) => event.kind === 'hook' && event.hook === 'output');
  return output < 0 ? events : events.slice(0, output);
}

function isReply({ events }: PacketResult): boolean {
  return events.some((event) => event.kind === 'conntrack' && event.isReply);
}

/**
 * The connection's destination is what a reply bears as its source, until that is put back on its way out. A reply's own destination is changed where
 * the connection's source was.
 */
function isSourcePutBack({ events }: PacketResult): boolean {
  return events.some((event) => event.kind === 'nat' && event.side === 'source');
}

function outOf(
  hooks: readonly HookEvent[],
  names: readonly HookEvent['hook'][],
): string | undefined {
  const out = hooks.find(({ hook }) => names.includes(hook))?.outInterface;
  return out === '' ? undefined : out;
}

function headersOf(packet: Packet): FlowHeaders {
  return {
    source: packet.source,
    destination: packet.destination,
    sourcePort: packet.sourcePort,
    destinationPort: packet.destinationPort,
  };
}
