import { sameIpAddress } from '../address/ip-address.ts';
import { type ConnectionState, LOCAL, type Packet } from '../packet/packet.ts';
import type { Flow, FlowHeaders } from '../policy/flow.ts';
import type { PacketResult, TraceStep } from '../simulate/packet-result.ts';

/** What policy must know of a packet's way. A packet from the host to itself has two: out, and in again on `lo`. */
export interface FlowFacts {
  readonly flows: readonly Flow[];
}

type HookStep = Extract<TraceStep, { kind: 'hook' }>;

/**
 * Reads a packet's route and translation off the way that it took. `state` is what connection tracking says of it. Undefined for
 * a packet that met no hook at all.
 */
export function flowsOf(
  packet: Packet,
  way: PacketResult,
  state: ConnectionState,
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
      original: i === 0 ? original : translated,
      translated,
      destinationNat,
      state,
    };
  });
  return { flows };
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
