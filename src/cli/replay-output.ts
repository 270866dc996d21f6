import { FlowLog, type FlowRecord, flowToJson } from '../replay/flow-log.ts';
import type { Outcomes } from '../replay/outcomes.ts';
import type { PacketSink } from '../replay/replayed-packet.ts';
import { BufferedOutput } from './print/buffered-output.ts';
import { flowCsvHead, flowTextHead, flowToCsv, flowToText } from './print/flow-lines.ts';
import { packetCsvHead, packetToCsv, packetToJson } from './print/packet-lines.ts';
import type { Paint } from './print/style.ts';

/** The output forms of `hepsim replay`. */
export const REPLAY_FORMS = ['text', 'json', 'ndjson', 'csv', 'yaml'] as const;

export type ReplayForm = (typeof REPLAY_FORMS)[number];

/** Writes packets or flows while a replay runs. */
export interface LineOutput {
  readonly sink: PacketSink;
  /** Writes what is left. */
  readonly finish: () => void;
}

export interface LineOptions {
  readonly form: ReplayForm;
  readonly outcomes: Outcomes;
  /** The captures as they were named. */
  readonly files: readonly string[];
  readonly everything: boolean;
  readonly quiet: boolean;
  readonly paint: Paint;
}

/** Writes each packet as a line. */
export function packetOutput(write: (text: string) => void, options: LineOptions): LineOutput {
  const out = new BufferedOutput(write);
  const { form, outcomes, files, everything } = options;
  if (form === 'csv') out.write(packetCsvHead());
  return {
    sink: (packet) => {
      out.write(
        form === 'csv'
          ? packetToCsv(packet, files, outcomes)
          : `${JSON.stringify(packetToJson(packet, files, { outcomes, everything }))}\n`,
      );
    },
    finish: () => out.flush(),
  };
}

/** Writes each flow as a line, or all as one JSON array. */
export function flowOutput(write: (text: string) => void, options: LineOptions): LineOutput {
  const out = new BufferedOutput(write);
  const { form, outcomes, paint } = options;
  let written = 0;
  const log = new FlowLog(outcomes, (flow) => {
    out.write(flowText(flow, options, written++));
  });
  if (form === 'csv') out.write(flowCsvHead());
  if (form === 'text' && !options.quiet) out.write(flowTextHead(paint));
  if (form === 'json') out.write('[');
  return {
    sink: (packet) => log.add(packet),
    finish: () => {
      log.finish();
      if (form === 'json') out.write(written === 0 ? ']\n' : '\n]\n');
      out.flush();
    },
  };
}

function flowText(
  flow: FlowRecord,
  { form, outcomes, paint }: LineOptions,
  before: number,
): string {
  switch (form) {
    case 'csv':
      return flowToCsv(flow, outcomes);
    case 'json':
      return `${before === 0 ? '' : ','}\n  ${JSON.stringify(flowToJson(flow, outcomes))}`;
    case 'ndjson':
      return `${JSON.stringify(flowToJson(flow, outcomes))}\n`;
    default:
      return flowToText(flow, outcomes, paint);
  }
}
