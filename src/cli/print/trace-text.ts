import { type IpAddress, renderIpAddress } from '../../address/ip-address.ts';
import { hasPorts } from '../../address/protocol.ts';
import { renderPacketLine } from '../../packet/packet-text.ts';
import type { DocumentText } from '../../resources/read-resources.ts';
import type { Decision, PacketResult, PacketVerdict } from '../../simulate/packet-result.ts';
import type { ChainLabel } from './chain-labels.ts';
import { decisionPlace, decisionText } from './decision-text.ts';
import { renderExcerpt } from './excerpt.ts';
import { renderSteps } from './steps-text.ts';
import type { Paint, Style } from './style.ts';

/** What a trace is printed with. */
export interface TracePrinting {
  readonly paint: Paint;
  /** What the chains of the packet's ruleset stand for. */
  readonly labelOf: ChainLabel;
  /** Also what changed nothing. */
  readonly everything: boolean;
  /** The documents, to show the deciding lines of. */
  readonly texts: readonly DocumentText[];
}

const VERDICT_STYLE: Readonly<Record<PacketVerdict, Style>> = {
  accept: 'green',
  drop: 'red',
  reject: 'red',
  undetermined: 'yellow',
};

/** One packet's way from top to bottom, ending in the verdict; every line ends with a line break. */
export function renderTrace(result: PacketResult, printing: TracePrinting): string {
  const { paint } = printing;
  const lines = [
    `${paint('packet'.padEnd(9), 'dim')}${paint(renderPacketLine(result.packet), 'bold')}`,
    '',
    ...renderSteps(result.steps, printing),
    '',
    ...renderVerdict(result, printing),
  ];
  return `${lines.join('\n')}\n`;
}

/** The verdict, its reason, and the lines of the document that say so. */
export function renderVerdict(
  result: PacketResult,
  { paint, texts }: TracePrinting,
): readonly string[] {
  const { verdict, decision, because } = result;
  const style = VERDICT_STYLE[verdict];
  const lines = [`${paint(verdict.toUpperCase(), 'bold', style)}  ${outcome(result)}`];
  for (const reason of because ?? []) lines.push(`  because  ${paint(reason, style)}`);
  if (verdict !== 'undetermined' || decision.policy !== undefined) {
    lines.push(`  by       ${paint(decisionText(decision), 'bold')}`);
  }
  for (const before of decisionsBefore(result)) {
    lines.push(`  after    ${decisionText(before)}${sourceText(before)}`);
  }
  const place = decisionPlace(decision);
  if (place !== '') lines.push(`  in       ${place}`);
  if (decision.source !== undefined) {
    const { file, line } = decision.source;
    lines.push(`  at       ${paint(`${file}:${line}`, 'cyan')}`);
    for (const text of renderExcerpt(texts, decision.source, paint))
      lines.push(`           ${text}`);
  }
  return lines;
}

/** What let the packet through before the decision. */
function decisionsBefore({ decision, decisions }: PacketResult): readonly Decision[] {
  return decisions.filter(
    (each) =>
      each.table !== decision.table || each.chain !== decision.chain || each.rule !== decision.rule,
  );
}

function sourceText({ source }: Decision): string {
  return source === undefined ? '' : `  ${source.file}:${source.line}`;
}

/** What became of the packet in a few words: where it went, and with which addresses when they changed. */
export function outcome(result: PacketResult): string {
  const { delivered, verdict, state } = result;
  const parts: string[] = [];
  if (delivered === 'local') parts.push('delivered to a process on the host');
  else if (delivered !== null) parts.push(`leaves by ${delivered}`);
  else if (verdict === 'reject') parts.push('the sender is told');
  else if (verdict === 'drop') parts.push('the sender is told nothing');
  const rewritten = rewrittenHeaders(result);
  if (rewritten !== undefined) parts.push(`as ${rewritten}`);
  if (state !== null) parts.push(`connection ${state}`);
  return parts.join(', ');
}

function rewrittenHeaders({ packet, final }: PacketResult): string | undefined {
  const ports = hasPorts(packet.protocol);
  const before = `${place(packet.source, packet.sourcePort, ports)} -> ${place(packet.destination, packet.destinationPort, ports)}`;
  const after = `${place(final.source, final.sourcePort, ports)} -> ${place(final.destination, final.destinationPort, ports)}`;
  return before === after ? undefined : after;
}

function place(address: IpAddress, port: number, ports: boolean): string {
  const text = renderIpAddress(address);
  if (!ports) return text;
  return address.family === 6 ? `[${text}]:${port}` : `${text}:${port}`;
}
