import type { Packet } from '../packet/packet.ts';
import { renderPacketLine } from '../packet/packet-text.ts';
import { compare, type Expectation, type Mismatch } from '../scenario/expectation.ts';
import type { NodeModel } from '../scenario/node-model.ts';
import { PacketSession } from '../scenario/packet-session.ts';
import { PacketPathError } from '../simulate/packet-path-error.ts';
import type { PacketResult } from '../simulate/packet-result.ts';
import { resultToJson } from '../simulate/result-json.ts';
import { UsageError } from '../source/errors.ts';
import type { AssumeOptions } from './assume-option.ts';
import {
  type DocumentOptions,
  outputForm,
  type PrintOptions,
  wantsColor,
} from './common-options.ts';
import { parseExpectOption } from './expect-option.ts';
import { type LoadedModel, loadModel, type RulesOptions } from './load-model.ts';
import { chainLabels } from './print/chain-labels.ts';
import { renderModelHeader, renderModelNotes } from './print/model-header.ts';
import { Progress } from './print/progress.ts';
import { painter } from './print/style.ts';
import { renderTrace } from './print/trace-text.ts';
import { assumptionsOf, checkAssumedPlaces } from './read-assumptions.ts';
import { type ConnectionsOption, readConnections } from './read-connections.ts';
import { readTexts } from './read-documents.ts';
import { packetFromWords, packetsFromText } from './read-packets.ts';
import { EXIT, type Terminal } from './terminal.ts';

export interface TraceOptions
  extends DocumentOptions,
    PrintOptions,
    AssumeOptions,
    ConnectionsOption {
  readonly asIs?: boolean;
  readonly packets?: string;
  readonly scenario?: string;
  readonly independent?: boolean;
  readonly output: string;
  readonly expect: readonly string[];
}

const FORMS = ['text', 'json', 'ndjson', 'yaml'] as const;

/** `hepsim trace`: what happens to a packet, and which line decides. Returns the exit code. @throws InputError, UsageError */
export async function runTrace(
  words: readonly string[],
  options: TraceOptions,
  terminal: Terminal,
): Promise<number> {
  const form = outputForm(options.output, FORMS);
  const expectation = options.expect.flatMap(parseExpectOption);
  const assumptions = assumptionsOf(options);
  const packets = packetsOf(words, options, terminal);
  const others = [...options.filename, options.packets ?? ''];
  const connections = readConnections(options, others, terminal);
  const loaded = await load(options, terminal, { asIs: options.asIs, assumptions, connections });
  checkAsIs(loaded.model);
  checkAssumedPlaces(assumptions, loaded.model);
  const results = simulate(loaded.model, packets, options, new Progress(terminal));
  if (form === 'text') printText(results, loaded, options, terminal);
  else {
    if (options.quiet !== true) terminal.writeError(renderModelNotes(loaded.model));
    await printData(form, results, options, terminal);
  }
  return reportMismatches(results, expectation, terminal);
}

async function load(
  options: TraceOptions,
  terminal: Terminal,
  rules: RulesOptions,
): Promise<LoadedModel> {
  if (options.scenario === undefined) return loadModel(options, terminal, rules);
  const { loadScenarioModel } = await import('./load-scenario.ts');
  return loadScenarioModel(options.scenario, options, terminal, rules);
}

/** A host that was made up from endpoints has nothing to be run as it is. */
function checkAsIs({ asIs, host }: NodeModel): void {
  if (!asIs || !host.derived) return;
  throw new UsageError(
    `--as-is: no Host document describes ${host.name}`,
    'hepsim inspect prints the document of the machine that it runs on.',
  );
}

function packetsOf(
  words: readonly string[],
  options: TraceOptions,
  terminal: Terminal,
): readonly Packet[] {
  const { packets, filename } = options;
  if (packets === undefined) {
    if (words.length > 0) return [packetFromWords(words)];
    throw new UsageError(
      'no packet',
      "Describe one: hepsim trace -f policy.yaml 'tcp 203.0.113.7:40000 -> 192.0.2.10:22 in=eth0'",
    );
  }
  if (words.length > 0) {
    throw new UsageError('a packet in words and --packets exclude each other');
  }
  if (packets === '-' && filename.includes('-')) {
    throw new UsageError('-f - and --packets - cannot both read standard input');
  }
  const [file] = readTexts([packets], terminal);
  return packetsFromText(packets, file?.text ?? '');
}

/** Runs the packets as they are read, so that a long file needs no more memory than its results. */
function simulate(
  model: NodeModel,
  packets: readonly Packet[],
  options: TraceOptions,
  progress: Progress,
): readonly PacketResult[] {
  const session = new PacketSession((family) => model.simulator(family));
  const explain = options.verbose === true && options.output === 'text';
  const results = packets.map((packet, index) => {
    progress.update(index, packets.length, 'packets');
    if (options.independent === true) session.reset();
    try {
      return session.run(packet, { explain });
    } catch (error) {
      if (!(error instanceof PacketPathError)) throw error;
      const which = packets.length > 1 ? `packet ${index + 1} (${renderPacketLine(packet)}): ` : '';
      throw new UsageError(`${which}${error.message}`, error.hint);
    }
  });
  progress.end();
  return results;
}

function printText(
  results: readonly PacketResult[],
  { model, texts }: LoadedModel,
  options: TraceOptions,
  terminal: Terminal,
): void {
  if (options.quiet === true) {
    for (const { verdict } of results) terminal.writeOut(`${verdict}\n`);
    return;
  }
  const paint = painter({ color: wantsColor(options, terminal) });
  terminal.writeOut(renderModelHeader(model, paint));
  for (const [index, result] of results.entries()) {
    if (index > 0) terminal.writeOut(`\n${paint('-'.repeat(72), 'dim')}\n`);
    const labelOf = chainLabels(model.ruleset(result.packet.family));
    const everything = options.verbose === true;
    terminal.writeOut(renderTrace(result, { paint, texts, labelOf, everything }));
  }
}

async function printData(
  form: 'json' | 'ndjson' | 'yaml',
  results: readonly PacketResult[],
  options: TraceOptions,
  terminal: Terminal,
): Promise<void> {
  const values = results.map((result) => dataOf(result, options));
  if (form === 'ndjson') {
    for (const value of values) terminal.writeOut(`${JSON.stringify(value)}\n`);
    return;
  }
  const whole = options.packets === undefined ? values[0] : values;
  if (form === 'json') {
    terminal.writeOut(`${JSON.stringify(whole, null, 2)}\n`);
    return;
  }
  const { renderYaml } = await import('./print/yaml-text.ts');
  terminal.writeOut(renderYaml(whole));
}

/** `-q` leaves the verdict alone in every form. */
function dataOf(result: PacketResult, options: TraceOptions): Record<string, unknown> {
  return options.quiet === true ? { verdict: result.verdict } : resultToJson(result);
}

function reportMismatches(
  results: readonly PacketResult[],
  expectation: Expectation,
  terminal: Terminal,
): number {
  if (expectation.length === 0) return EXIT.holds;
  let code: number = EXIT.holds;
  for (const [index, result] of results.entries()) {
    const mismatches = compare(expectation, result);
    if (mismatches.length === 0) continue;
    code = EXIT.doesNotHold;
    const which = results.length > 1 ? `packet ${index + 1}: ` : '';
    for (const mismatch of mismatches) {
      terminal.writeError(`${which}${mismatchText(mismatch)}\n`);
    }
  }
  return code;
}

function mismatchText({ field, expected, got }: Mismatch): string {
  return `expected ${field} ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`;
}
