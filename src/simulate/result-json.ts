import { renderIpAddress } from '../address/ip-address.ts';
import { hasPorts, isIcmp } from '../address/protocol.ts';
import { packetToFields } from '../packet/packet-text.ts';
import type { Decision, PacketResult } from './packet-result.ts';

/** A field that a result has when it is printed. */
export type ResultField =
  | 'packet'
  | 'verdict'
  | 'because'
  | 'delivered'
  | 'state'
  | 'final'
  | 'decision'
  | 'decisions'
  | 'hops'
  | 'mark';

/** How each field of the outside contract is made of a result, in the contract's order. */
const FIELDS: Readonly<Record<ResultField, (result: PacketResult) => unknown>> = {
  packet: (result) => packetToFields(result.packet),
  verdict: (result) => result.verdict,
  because: (result) => (result.because === undefined ? undefined : [...result.because]),
  delivered: (result) => result.delivered,
  state: (result) => result.state,
  final: finalToJson,
  decision: (result) => decisionToJson(result.decision),
  decisions: (result) => result.decisions.map(decisionToJson),
  hops: (result) =>
    result.hops.map(({ hook, table, chain, rule, text, effect }) => ({
      hook,
      table,
      chain,
      rule,
      text,
      effect,
    })),
  mark: (result) => result.mark,
};

/** One field as `resultToJson` has it, without the work for the others; undefined where it is absent. */
export function resultFieldToJson(result: PacketResult, field: ResultField): unknown {
  return FIELDS[field](result);
}

/** A result as `trace -o json` prints it and as `expect` is held against: the outside contract's fields, in its order. */
export function resultToJson(result: PacketResult): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const field of Object.keys(FIELDS) as ResultField[]) {
    const value = FIELDS[field](result);
    if (value !== undefined) json[field] = value;
  }
  return json;
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
