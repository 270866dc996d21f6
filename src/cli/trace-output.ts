import type { PacketResult } from '../simulate/packet-result.ts';
import { resultToJson } from '../simulate/result-json.ts';
import { type PrintOptions, wantsColor } from './common-options.ts';
import type { LoadedModel } from './load-model.ts';
import { BufferedOutput } from './print/buffered-output.ts';
import { chainLabels } from './print/chain-labels.ts';
import { renderModelHeader, renderModelNotes } from './print/model-header.ts';
import { painter } from './print/style.ts';
import { renderTrace } from './print/trace-text.ts';
import type { Terminal } from './terminal.ts';

/** The output forms of `hepsim trace`. */
export const TRACE_FORMS = ['text', 'json', 'ndjson', 'yaml'] as const;

export type TraceForm = (typeof TRACE_FORMS)[number];

/** Prints results as they come, so that memory does not depend on their number. */
export interface TraceOutput {
  readonly add: (result: PacketResult) => void;
  /** Writes what is left. */
  readonly finish: () => void;
}

/** Begins the output: in text with what the documents were taken for, in data with the same on standard error. `isList`: of a file of packets. */
export async function traceOutput(
  form: TraceForm,
  loaded: LoadedModel,
  options: PrintOptions & { readonly isList: boolean },
  terminal: Terminal,
): Promise<TraceOutput> {
  const out = new BufferedOutput(terminal.writeOut);
  if (form === 'text') return textOutput(loaded, options, terminal, out);
  if (options.quiet !== true) terminal.writeError(renderModelNotes(loaded.model));
  const dataOf = (result: PacketResult): Record<string, unknown> =>
    // `-q` leaves the verdict alone in every form.
    options.quiet === true ? { verdict: result.verdict } : resultToJson(result);
  const finish = (): void => out.flush();
  switch (form) {
    case 'ndjson':
      return { add: (result) => out.write(`${JSON.stringify(dataOf(result))}\n`), finish };
    case 'json':
      return options.isList
        ? jsonListOutput(dataOf, out)
        : { add: (result) => out.write(`${JSON.stringify(dataOf(result), null, 2)}\n`), finish };
    case 'yaml': {
      const { renderYaml } = await import('./print/yaml-text.ts');
      const add = (result: PacketResult): void => {
        const value = dataOf(result);
        out.write(renderYaml(options.isList ? [value] : value));
      };
      return { add, finish };
    }
  }
}

/** One array, written element by element as `JSON.stringify` would. */
function jsonListOutput(
  dataOf: (result: PacketResult) => Record<string, unknown>,
  out: BufferedOutput,
): TraceOutput {
  let isFirst = true;
  return {
    add: (result) => {
      const text = JSON.stringify(dataOf(result), null, 2).replaceAll('\n', '\n  ');
      out.write(`${isFirst ? '[' : ','}\n  ${text}`);
      isFirst = false;
    },
    finish: () => {
      out.write('\n]\n');
      out.flush();
    },
  };
}

function textOutput(
  { model, texts }: LoadedModel,
  options: PrintOptions,
  terminal: Terminal,
  out: BufferedOutput,
): TraceOutput {
  const finish = (): void => out.flush();
  if (options.quiet === true) return { add: ({ verdict }) => out.write(`${verdict}\n`), finish };
  const paint = painter({ color: wantsColor(options, terminal) });
  const everything = options.verbose === true;
  out.write(renderModelHeader(model, paint));
  let isFirst = true;
  return {
    add: (result) => {
      if (!isFirst) out.write(`\n${paint('-'.repeat(72), 'dim')}\n`);
      isFirst = false;
      const labelOf = chainLabels(model.ruleset(result.packet.family));
      out.write(renderTrace(result, { paint, texts, labelOf, everything }));
    },
    finish,
  };
}
