import type { Outcomes } from '../../replay/outcomes.ts';
import type { ReplayedPacket } from '../../replay/replayed-packet.ts';
import type { Decision } from '../../simulate/packet-result.ts';
import { resultFieldToJson, resultToJson } from '../../simulate/result-json.ts';
import { csvLine } from './csv.ts';

/** The columns of packets as CSV, in the words of the result's fields. */
const PACKET_COLUMNS: readonly string[] = [
  ...['capture', 'frame', 'time', 'bytes', 'in', 'proto', 'src', 'sport', 'dst', 'dport', 'flags'],
  ...['icmpType', 'icmpCode', 'id', 'verdict', 'delivered', 'state', 'because'],
];

/** The columns of a decision. */
export const DECISION_COLUMNS: readonly (keyof Decision)[] = [
  ...(['kind', 'policy', 'tier', 'direction', 'ruleIndex', 'endpoint', 'type'] as const),
  ...(['hook', 'table', 'chain', 'rule', 'reason'] as const),
];

/** A packet of a replay as JSON: where it stands in its capture, then the fields of a trace; everything that it met only if asked. */
export function packetToJson(
  packet: ReplayedPacket,
  files: readonly string[],
  { outcomes, everything }: { readonly outcomes: Outcomes; readonly everything: boolean },
): Record<string, unknown> {
  const { result, outcome } = packet;
  const { verdict, decision, delivered, state, because } = outcomes.at(outcome);
  const place = {
    capture: files[packet.capture],
    frame: packet.frame,
    time: timeText(packet),
    bytes: packet.originalLength,
  };
  if (result === undefined) return { ...place, verdict, because, delivered, state, decision };
  const { decisions, hops, mark, ...fields } = resultToJson(result);
  const shown = { ...place, ...fields, verdict, ...(because === undefined ? {} : { because }) };
  return everything ? { ...shown, decisions, hops, mark } : shown;
}

/** The names of the columns of `packetToCsv`. */
export function packetCsvHead(): string {
  return csvLine([...PACKET_COLUMNS, ...DECISION_COLUMNS, 'file', 'line']);
}

/** A packet of a replay as a line of CSV. */
export function packetToCsv(
  packet: ReplayedPacket,
  files: readonly string[],
  outcomes: Outcomes,
): string {
  const { result, outcome } = packet;
  const { verdict, decision, delivered, state, because } = outcomes.at(outcome);
  const headers = (result === undefined ? {} : resultFieldToJson(result, 'packet')) as Record<
    string,
    unknown
  >;
  const columns: Record<string, unknown> = {
    ...headers,
    icmpType: headers.type,
    icmpCode: headers.code,
    capture: files[packet.capture],
    frame: packet.frame,
    time: timeText(packet),
    bytes: packet.originalLength,
    verdict,
    delivered,
    state,
    because: because?.join('; '),
  };
  return csvLine([...PACKET_COLUMNS.map((name) => columns[name]), ...decisionCells(decision)]);
}

/** A decision's values in the order of DECISION_COLUMNS, then file and line. */
export function decisionCells(decision: Decision | undefined): readonly unknown[] {
  return [
    ...DECISION_COLUMNS.map((name) => decision?.[name]),
    decision?.source?.file,
    decision?.source?.line,
  ];
}

/** `1700000000.000000123`: seconds since 1970. */
function timeText({ seconds, nanoseconds }: ReplayedPacket): string {
  return `${seconds}.${String(nanoseconds).padStart(9, '0')}`;
}
