import { renderIpAddress } from '../address/ip-address.ts';
import { hasPorts, isIcmp } from '../address/protocol.ts';
import { packetToFields } from '../packet/packet-text.ts';
import type { Decision, PacketResult } from './packet-result.ts';

/** A result as `trace -o json` prints it and as `expect` is held against: the outside contract's fields, in its order. */
export function resultToJson(result: PacketResult): Record<string, unknown> {
  return {
    packet: packetToFields(result.packet),
    verdict: result.verdict,
    ...(result.because === undefined ? {} : { because: [...result.because] }),
    delivered: result.delivered,
    state: result.state,
    final: finalToJson(result),
    decision: decisionToJson(result.decision),
    decisions: result.decisions.map(decisionToJson),
    hops: result.hops.map(({ hook, table, chain, rule, text, effect }) => ({
      hook,
      table,
      chain,
      rule,
      text,
      effect,
    })),
    mark: result.mark,
  };
}

function finalToJson({ packet, final }: PacketResult): Record<string, string | number> {
  const src = renderIpAddress(final.source);
  const dst = renderIpAddress(final.destination);
  if (isIcmp(packet.protocol)) {
    return { src, dst, type: packet.icmpType, code: packet.icmpCode };
  }
  if (!hasPorts(packet.protocol)) return { src, dst };
  return { src, sport: final.sourcePort, dst, dport: final.destinationPort };
}

const DECISION_FIELDS = [
  'kind',
  'policy',
  'tier',
  'direction',
  'ruleIndex',
  'endpoint',
  'type',
  'hook',
  'table',
  'chain',
  'rule',
  'source',
  'reason',
] as const satisfies readonly (keyof Decision)[];

function decisionToJson(decision: Decision): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const field of DECISION_FIELDS) {
    if (decision[field] !== undefined) json[field] = decision[field];
  }
  return json;
}
