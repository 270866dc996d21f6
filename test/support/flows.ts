import { parseProtocol } from '../../src/address/protocol.ts';
import type { Flow, FlowHeaders } from '../../src/policy/flow.ts';
import { address } from './documents.ts';

/** A packet's way in few words. Addresses are text; `dnat` is where its destination is translated to. */
export interface FlowFields {
  readonly proto?: string | number;
  readonly src?: string;
  readonly dst?: string;
  readonly sport?: number;
  readonly dport?: number;
  readonly icmpType?: number;
  readonly icmpCode?: number;
  /** Undefined: a process on the host sends it. */
  readonly in?: string;
  /** Undefined: it is delivered on the host. */
  readonly out?: string;
  /** Where it is different from `out`. */
  readonly finalOut?: string;
  readonly routed?: boolean;
  readonly routedAgain?: boolean;
  readonly reversePathFails?: boolean;
  /** Default: whether it is delivered on the host. */
  readonly toOwnAddress?: boolean;
  readonly dnat?: { readonly dst: string; readonly dport?: number };
  readonly state?: Flow['state'];
}

function originalOf(fields: FlowFields, isIcmp: boolean): FlowHeaders {
  return {
    source: address(fields.src ?? '203.0.113.7'),
    destination: address(fields.dst ?? '192.0.2.10'),
    sourcePort: isIcmp ? 0 : (fields.sport ?? 40000),
    destinationPort: isIcmp ? 0 : (fields.dport ?? 80),
  };
}

/** A new TCP packet from 203.0.113.7:40000 to 192.0.2.10:80 unless the fields say otherwise. */
export function packetFlow(fields: FlowFields = {}): Flow {
  const protocol = parseProtocol(String(fields.proto ?? 'tcp')) as number;
  const isIcmp = protocol === 1 || protocol === 58;
  const original = originalOf(fields, isIcmp);
  const translated: FlowHeaders =
    fields.dnat === undefined
      ? original
      : {
          ...original,
          destination: address(fields.dnat.dst),
          destinationPort: fields.dnat.dport ?? original.destinationPort,
        };
  return {
    family: original.source.family,
    protocol,
    icmpType: fields.icmpType ?? (protocol === 58 ? 128 : protocol === 1 ? 8 : 0),
    icmpCode: fields.icmpCode ?? 0,
    inInterface: fields.in,
    outInterface: fields.out,
    finalOutInterface: fields.finalOut ?? fields.out,
    routed: fields.routed ?? true,
    routedAgain: fields.routedAgain ?? true,
    reversePathFails: fields.reversePathFails ?? false,
    toOwnAddress: fields.toOwnAddress ?? fields.out === undefined,
    original,
    translated,
    destinationNat: fields.dnat !== undefined,
    state: fields.state ?? 'new',
  };
}
