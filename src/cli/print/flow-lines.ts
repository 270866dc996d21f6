import { renderFlow } from '../../replay/comparison.ts';
import { decidingGroup, type FlowRecord, flowToJson, worstVerdict } from '../../replay/flow-log.ts';
import type { Outcomes } from '../../replay/outcomes.ts';
import { csvLine } from './csv.ts';
import { DECISION_COLUMNS, decisionCells } from './packet-lines.ts';
import { decisionLine } from './replay-text.ts';
import type { Paint } from './style.ts';
import { VERDICT_STYLE } from './verdict-style.ts';

const FLOW_COLUMNS: readonly string[] = [
  ...['proto', 'in', 'src', 'sport', 'dst', 'dport', 'id', 'first', 'last'],
  ...['packets', 'bytes', 'verdict'],
];

/** A flow as one line for people: its worst verdict, packets and bytes, ends, and what decided. */
export function flowToText(flow: FlowRecord, outcomes: Outcomes, paint: Paint): string {
  const verdict = worstVerdict(flow);
  const deciding = decidingGroup(flow, outcomes);
  const counts = Object.entries(flow.verdicts).filter(([, count]) => count > 0);
  const mixed =
    counts.length > 1 ? ` (${counts.map(([name, count]) => `${name} ${count}`).join(', ')})` : '';
  const by = deciding === undefined ? '' : `  ${decisionLine(deciding.decision)}`;
  const padded = paint(verdict.padEnd(12), VERDICT_STYLE[verdict]);
  const size = `${String(flow.packets).padStart(7)} ${String(flow.bytes).padStart(10)}`;
  return `${padded} ${size}  ${renderFlow(flow.ends)} in=${flow.in}${mixed}${by}\n`;
}

/** What the columns of `flowToText` are. */
export function flowTextHead(paint: Paint): string {
  return paint(
    `${'VERDICT'.padEnd(12)} ${'PACKETS'.padStart(7)} ${'BYTES'.padStart(10)}  FLOW  DECIDED BY\n`,
    'dim',
  );
}

/** The names of the columns of `flowToCsv`. */
export function flowCsvHead(): string {
  return csvLine([...FLOW_COLUMNS, ...DECISION_COLUMNS, 'file', 'line']);
}

/** A flow as a line of CSV. */
export function flowToCsv(flow: FlowRecord, outcomes: Outcomes): string {
  const json = flowToJson(flow, outcomes);
  const deciding = decidingGroup(flow, outcomes);
  return csvLine([...FLOW_COLUMNS.map((name) => json[name]), ...decisionCells(deciding?.decision)]);
}
