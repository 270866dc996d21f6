import type { CaptureSummary, ReplaySummary } from '../../replay/summary.ts';
import type { Decision, PacketVerdict } from '../../simulate/packet-result.ts';
import { decisionPlace, decisionText } from './decision-text.ts';
import { printable } from './excerpt.ts';
import type { Paint } from './style.ts';
import { alignColumns } from './table.ts';
import { VERDICT_STYLE } from './verdict-style.ts';

/** How much of a summary is printed. */
export interface ReplayPrinting {
  readonly paint: Paint;
  /** Every decision and every problem, where otherwise only the first are shown. */
  readonly verbose: boolean;
}

/** Decisions that are shown of those that have many, of those that stopped packets and of those that let them through. */
const SHOWN_DECISIONS = 15;

/** Problems of a capture that are shown. */
const SHOWN_PROBLEMS = 3;

/** The summary for people: what was read, verdicts, what decided, who was dropped, and what could not be said. */
export function renderReplay(summary: ReplaySummary, printing: ReplayPrinting): string {
  const sections = [
    summary.captures.flatMap((capture) => captureLines(capture, printing)),
    verdictLines(summary, printing),
    decisionLines(summary, printing),
    talkerLines(summary, printing),
    reasonLines('undetermined because', summary.undetermined, printing),
    reasonLines('not attributed to an interface', summary.unattributed, printing),
    reasonLines('ignored', summary.ignored, printing),
    leftOutLines(summary),
  ];
  const shown = sections.filter((lines) => lines.length > 0);
  return `${shown.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** A line for each thing that packets can come to: `accept 944`. */
export function renderReplayCounts(summary: ReplaySummary): string {
  return countRows(summary)
    .map(([name, packets]) => `${name} ${packets}\n`)
    .join('');
}

/** The same in one line, for standard error beside packets or flows: what was not printed there must not go unsaid. */
export function renderReplayLine(summary: ReplaySummary): string {
  const parts = countRows(summary)
    .filter(([, packets]) => packets > 0)
    .map(([name, packets]) => `${name} ${packets}`);
  return `note: ${count(summary.packets, 'packet')}: ${parts.join(', ') || 'none'}\n`;
}

function countRows(summary: ReplaySummary): readonly (readonly [string, number])[] {
  const { verdicts, unattributed, ignored, leftOut } = summary;
  return [
    ...Object.entries(verdicts),
    ['unattributed', sumOf(unattributed)],
    ['ignored', sumOf(ignored)],
    ...(leftOut === undefined ? [] : [['left out', leftOut] as const]),
  ];
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, one) => sum + one, 0);
}

/** A line for each capture that could not be read whole, as a warning; empty where all could. */
export function renderCaptureProblems({ captures }: ReplaySummary): string {
  return captures
    .flatMap(({ file, problems: [first], problemCount }) =>
      first === undefined
        ? []
        : [
            `warning: ${printable(file)}: frame ${first.frame}, offset ${first.offset}: ${first.message}${problemCount > 1 ? `, and ${count(problemCount - 1, 'more problem')}` : ''}\n`,
          ],
    )
    .join('');
}

function captureLines(capture: CaptureSummary, { paint, verbose }: ReplayPrinting): string[] {
  const { file, format, linkTypes, packets, bytes, problems, problemCount } = capture;
  const name = printable(file === '-' ? 'standard input' : file);
  const lines = [
    `${paint(name, 'bold')}  ${format}, ${linkTypes.join(', ') || 'no interface'}, ${count(packets, 'packet')}, ${count(bytes, 'byte')}`,
  ];
  const shown = problems.slice(0, verbose ? problems.length : SHOWN_PROBLEMS);
  for (const { frame, offset, message } of shown) {
    lines.push(paint(`  frame ${frame}, offset ${offset}: ${message}`, 'yellow'));
  }
  if (problemCount > shown.length) {
    lines.push(paint(`  and ${count(problemCount - shown.length, 'more problem')}`, 'yellow'));
  }
  return lines;
}

function verdictLines({ byVerdict, flows }: ReplaySummary, { paint }: ReplayPrinting): string[] {
  const rows = Object.entries(byVerdict).map(([verdict, counts]) => [
    verdict,
    String(counts.packets),
    String(counts.bytes),
    String(counts.flows),
  ]);
  const total = Object.values(byVerdict).reduce(
    (sum, one) => ({ packets: sum.packets + one.packets, bytes: sum.bytes + one.bytes }),
    { packets: 0, bytes: 0 },
  );
  rows.push(['in all', String(total.packets), String(total.bytes), String(flows)]);
  const lines = alignColumns([['VERDICT', 'PACKETS', 'BYTES', 'FLOWS'], ...rows], 'lrrr');
  return lines.map((line, i) => {
    if (i === 0) return paint(line, 'dim');
    const verdict = rows[i - 1]![0] as PacketVerdict;
    const style = VERDICT_STYLE[verdict];
    const isSome = rows[i - 1]![1] !== '0';
    return style === undefined || !isSome ? line : line.replace(verdict, paint(verdict, style));
  });
}

/** What stopped packets comes first: whoever looks wants to know whom the policy cuts off. */
function decisionLines({ decisions }: ReplaySummary, { paint, verbose }: ReplayPrinting): string[] {
  if (decisions.length === 0) return [];
  const most = verbose ? decisions.length : SHOWN_DECISIONS;
  const stopped = decisions.filter(({ verdict }) => verdict !== 'accept');
  const passed = decisions.filter(({ verdict }) => verdict === 'accept');
  const shown = [...stopped.slice(0, most), ...passed.slice(0, most)];
  const rows = shown.map(({ verdict, packets, bytes, flows, decision }) => [
    verdict,
    String(packets),
    String(bytes),
    String(flows),
    decisionLine(decision),
  ]);
  const head = ['VERDICT', 'PACKETS', 'BYTES', 'FLOWS', 'DECIDED BY'];
  const [title = '', ...body] = alignColumns([head, ...rows], 'lrrrl');
  const lines = body.map((line, i) => {
    const { verdict } = shown[i]!;
    return line.replace(verdict, paint(verdict, VERDICT_STYLE[verdict]));
  });
  const more = decisions.length - shown.length;
  if (more > 0) lines.push(paint(`and ${count(more, 'more decision')} (-v shows all)`, 'dim'));
  return [paint(title, 'dim'), ...lines];
}

/** What decided and where it is written. */
export function decisionLine(decision: Decision): string {
  const { source } = decision;
  const place = source === undefined ? decisionPlace(decision) : `${source.file}:${source.line}`;
  return printable(`${decisionText(decision)}${place === '' ? '' : `  (${place})`}`);
}

function talkerLines({ topDropped }: ReplaySummary, { paint }: ReplayPrinting): string[] {
  const { sources, destinations, missing } = topDropped;
  if (sources.length === 0) return [];
  const rows = Array.from({ length: Math.max(sources.length, destinations.length) }, (_, i) => [
    sources[i]?.address ?? '',
    String(sources[i]?.packets ?? ''),
    destinations[i]?.address ?? '',
    String(destinations[i]?.packets ?? ''),
  ]);
  const head = ['DROPPED FROM', 'PACKETS', 'DROPPED ON THE WAY TO', 'PACKETS'];
  const lines = alignColumns([head, ...rows], 'lrlr');
  lines[0] = paint(lines[0]!, 'dim');
  if (missing > 0) lines.push(paint(`counts may lack up to ${count(missing, 'packet')}`, 'dim'));
  return lines;
}

function reasonLines(
  title: string,
  reasons: Readonly<Record<string, number>>,
  { paint }: ReplayPrinting,
): string[] {
  const entries = Object.entries(reasons).filter(([, packets]) => packets > 0);
  if (entries.length === 0) return [];
  const rows = entries.map(([reason, packets]) => [String(packets), printable(reason)]);
  return [paint(title, 'bold'), ...alignColumns(rows, 'rl').map((line) => `  ${line}`)];
}

function leftOutLines({ leftOut }: ReplaySummary): string[] {
  return leftOut === undefined || leftOut === 0
    ? []
    : [`${count(leftOut, 'packet')} left out by the filter`];
}

/** `1 packet`, `2 packets`. */
export function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}
