import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import { renderIpAddress } from '../../address/ip-address.ts';
import { IP_PROTOCOL, renderProtocol } from '../../address/protocol.ts';
import type { RecordedTuple } from '../../host/connections/connection-record.ts';
import {
  CONNECTION_FATES,
  type ConnectionFate,
  type JudgedConnection,
  type JudgedConnections,
} from '../../scenario/judge-connections.ts';
import { shellQuote } from '../shell-quote.ts';
import { decisionText } from './decision-text.ts';
import { printable } from './excerpt.ts';
import { PLAIN_TABLE } from './plain-table.ts';
import type { Paint } from './style.ts';

const WORDS: Readonly<Record<ConnectionFate, string>> = {
  cut: 'cut',
  'established-only': 'established only (a new one would be denied)',
  undetermined: 'undetermined',
  allowed: 'allowed',
};

/** How much of the connections is printed. */
export interface FlowsPrinting {
  readonly paint: Paint;
  readonly only: ConnectionFate | undefined;
}

/** The connections with what decides each, the commands that end those that are only still there, and the counts. */
export function renderFlows(flows: JudgedConnections, printing: FlowsPrinting): string {
  const { paint, only } = printing;
  const shown = sorted(flows.judged).filter(({ fate }) => only === undefined || fate === only);
  const parts = [
    shown.length === 0 ? '' : `${connectionTable(shown, paint)}\n\n`,
    commands(shown, paint),
    `${summaryLine(flows)}\n`,
  ];
  return parts.join('');
}

/** Connections by fate, else as they stand in the table. */
export function sorted(judged: readonly JudgedConnection[]): readonly JudgedConnection[] {
  return CONNECTION_FATES.flatMap((fate) => judged.filter((one) => one.fate === fate));
}

const HEAD = ['CONNECTION', 'STATE', 'BECOMES', 'DECIDED BY', 'AT'] as const;

/** The package for tables runs out of stack at some hundred thousand rows. */
const ROWS_AT_ONCE = 10_000;

function connectionTable(judged: readonly JudgedConnection[], paint: Paint): string {
  const rows = judged.map((one) => rowOf(one, paint));
  const widths = HEAD.map((word, column) =>
    rows.reduce((most, row) => Math.max(most, widthOf(row[column]!)), word.length),
  );
  const lines: string[] = [];
  for (let first = 0; first < rows.length; first += ROWS_AT_ONCE) {
    const table = new Table({
      ...(first === 0 ? { head: [...HEAD] } : {}),
      chars: PLAIN_TABLE,
      colWidths: widths,
      style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    });
    for (const row of rows.slice(first, first + ROWS_AT_ONCE)) table.push([...row]);
    for (const line of table.toString().split('\n')) lines.push(line.trimEnd());
  }
  return lines.join('\n');
}

function rowOf(one: JudgedConnection, paint: Paint): readonly string[] {
  const { connection, fate, decision } = one;
  const { source } = decision ?? {};
  return [
    connectionText(connection.original, connection.reply),
    printable(connection.state ?? (connection.seenReply ? 'REPLIED' : 'UNREPLIED')),
    paint(fate, ...COLORS[fate]),
    printable(decidedBy(one)),
    source === undefined ? '' : printable(`${source.file}:${source.line}`),
  ];
}

function widthOf(cell: string): number {
  return stripVTControlCharacters(cell).length;
}

const COLORS: Readonly<Record<ConnectionFate, Parameters<Paint>[1][]>> = {
  cut: ['red'],
  'established-only': ['yellow'],
  undetermined: ['yellow'],
  allowed: ['green'],
};

function decidedBy({ decision, stopped, because }: JudgedConnection): string {
  if (decision === undefined) return because.join('; ');
  const text = decisionText(decision);
  return stopped === 'reply' ? `${text} (its answers)` : text;
}

/** `tcp 203.0.113.7:40000 -> 192.0.2.10:8080 (10.65.0.2:80)`, the translated ends in parentheses. */
export function connectionText(original: RecordedTuple, reply: RecordedTuple): string {
  const source = end(original, original.source, original.sourceKey);
  const destination = end(original, original.destination, original.destinationKey);
  const translated = {
    source: end(reply, reply.destination, reply.destinationKey),
    destination: end(reply, reply.source, reply.sourceKey),
  };
  const also = (from: string, to: string): string => (from === to ? '' : ` (${to})`);
  const protocol = renderProtocol(original.protocol);
  const query = isIcmp(original)
    ? ` type=${original.destinationKey >> 8} id=${original.sourceKey}`
    : '';
  return (
    `${protocol} ${source}${also(source, translated.source)} -> ` +
    `${destination}${also(destination, translated.destination)}${query}`
  );
}

function isIcmp({ protocol }: RecordedTuple): boolean {
  return protocol === IP_PROTOCOL.icmp || protocol === IP_PROTOCOL.icmpv6;
}

function end(tuple: RecordedTuple, address: RecordedTuple['source'], key: number): string {
  const text = renderIpAddress(address);
  if (isIcmp(tuple) || (tuple.sourceKey === 0 && tuple.destinationKey === 0)) return text;
  return `${tuple.family === 6 ? `[${text}]` : text}:${key}`;
}

function commands(judged: readonly JudgedConnection[], paint: Paint): string {
  const denied = judged.filter(({ fate }) => fate === 'established-only');
  if (denied.length === 0) return '';
  const lines = denied.map(({ deletion }) => deletion.map(shellQuote).join(' '));
  return `${paint('To end what a new connection would be denied:', 'bold')}\n${lines.join('\n')}\n\n`;
}

function summaryLine({ judged, over }: JudgedConnections): string {
  const counts = CONNECTION_FATES.map(
    (fate) => [judged.filter((one) => one.fate === fate).length, WORDS[fate]] as const,
  );
  const told = counts.filter(([count]) => count > 0).map(([count, words]) => `${count} ${words}`);
  const closed = over === 0 ? '' : `; ${over} that are over are left out`;
  const noun = judged.length === 1 ? 'connection' : 'connections';
  return `${judged.length} ${noun}${told.length === 0 ? '' : `: ${told.join(', ')}`}${closed}`;
}
