import { sameIpAddress } from '../address/ip-address.ts';
import { type ConnectionState, LOCAL, type Packet } from '../packet/packet.ts';
import type { Flow, FlowHeaders } from '../policy/flow.ts';
import { PacketInFlight } from '../simulate/packet-in-flight.ts';
import type { PacketResult, TraceStep } from '../simulate/packet-result.ts';
import type { Router } from '../simulate/routing/router.ts';

/** What policy must know of a packet's way. A packet from the host to itself has two: out, and in again on `lo`. */
export interface FlowFacts {
  readonly flows: readonly Flow[];
}

type HookStep = Extract<TraceStep, { kind: 'hook' }>;

/** What flow facts need besides the packet's way. */
export interface FlowContext {
  /** What connection tracking says of the packet. */
  readonly state: ConnectionState;
  /** Tells whether the route back to a packet's source leaves by the interface that it came in by. */
  readonly router: Router;
}

/**
 * Reads a packet's route and translation off the way that it took. Undefined for a packet that met no hook at all.
 */
export function flowsOf(
  packet: Packet,
  way: PacketResult,
  { state, router }: FlowContext,
): FlowFacts | undefined {
  const hooks = way.steps.filter((step): step is HookStep => step.kind === 'hook');
  const [first] = hooks;
  if (first === undefined) return undefined;
  const again = hooks.findIndex((step, i) => i > 0 && step.hook === 'prerouting');
  const halves = again < 0 ? [hooks] : [hooks.slice(0, again), hooks.slice(again)];
  const routed = !way.steps.some(
    (step) => step.kind === 'route' && (step.outcome === 'drop' || step.outcome === 'reject'),
  );
  const original = headersOf(packet);
  // The destination is translated before filtering, the source only after it.
  const translated: FlowHeaders = {
    ...original,
    destination: way.final.destination,
    destinationPort: way.final.destinationPort,
  };
  const destinationNat =
    !sameIpAddress(original.destination, translated.destination) ||
    original.destinationPort !== translated.destinationPort;
  const flows = halves.map((half, i): Flow => {
    const out = outOf(half, ['forward', 'output']);
    return {
      family: packet.family,
      protocol: packet.protocol,
      icmpType: packet.icmpType,
      icmpCode: packet.icmpCode,
      inInterface: inOf(half, packet),
      outInterface: out,
      finalOutInterface: outOf(half, ['postrouting']) ?? out,
      routed,
      reversePathFails: reversePathFails(packet, inOf(half, packet), router),
      original: i === 0 ? original : translated,
      translated,
      destinationNat,
      state,
    };
  });
  return { flows };
}

function reversePathFails(
  packet: Packet,
  inInterface: string | undefined,
  router: Router,
): boolean {
  if (inInterface === undefined) return false;
  const arrived = new PacketInFlight(packet, inInterface);
  return !router.passesRpfilter(arrived, { validMark: true });
}

function inOf(hooks: readonly HookStep[], packet: Packet): string | undefined {
  const first = hooks[0]?.inInterface;
  if (first !== undefined && first !== '') return first;
  return packet.in === LOCAL ? undefined : packet.in;
}

function outOf(hooks: readonly HookStep[], names: readonly HookStep['hook'][]): string | undefined {
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
