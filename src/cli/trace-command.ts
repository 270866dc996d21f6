import type { Packet } from '../packet/packet.ts';
import { renderPacketLine } from '../packet/packet-text.ts';
import { compare, type Mismatch } from '../scenario/expectation.ts';
import type { NodeModel } from '../scenario/node-model.ts';
import { PacketSession } from '../scenario/packet-session.ts';
import { PacketPathError } from '../simulate/packet-path-error.ts';
import type { PacketResult } from '../simulate/packet-result.ts';
import { UsageError } from '../source/errors.ts';
import type { AssumeOptions } from './assume-option.ts';
import { type DocumentOptions, outputForm, type PrintOptions } from './common-options.ts';
import { parseExpectOption } from './expect-option.ts';
import { type LoadedModel, loadModel, type RulesOptions } from './load-model.ts';
import { Progress } from './print/progress.ts';
import { assumptionsOf, checkAssumedPlaces } from './read-assumptions.ts';
import { type ConnectionsOption, readConnections } from './read-connections.ts';
import { readData } from './read-documents.ts';
import { packetFromWords, packetsFromText } from './read-packets.ts';
import { EXIT, type Terminal } from './terminal.ts';
import { TRACE_FORMS, traceOutput } from './trace-output.ts';

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

/** `hepsim trace`: what happens to a packet, and which line decides. Returns the exit code. @throws InputError, UsageError */
export async function runTrace(
  words: readonly string[],
  options: TraceOptions,
  terminal: Terminal,
): Promise<number> {
  const form = outputForm(options.output, TRACE_FORMS);
  const expectation = options.expect.flatMap(parseExpectOption);
  const assumptions = assumptionsOf(options);
  const packets = packetsOf(words, options, terminal);
  const others = [...options.filename, options.packets ?? ''];
  const connections = readConnections(options, others, terminal);
  const loaded = await load(options, terminal, { asIs: options.asIs, assumptions, connections });
  checkAsIs(loaded.model);
  checkAssumedPlaces(assumptions, loaded.model);
  checkArrivals(loaded.model, packets);
  const isList = options.packets !== undefined;
  const output = await traceOutput(form, loaded, { ...options, isList }, terminal);
  let code: number = EXIT.holds;
  simulate(loaded.model, packets, options, terminal, (result, index) => {
    output.add(result);
    const which = packets.length > 1 ? `packet ${index + 1}: ` : '';
    for (const mismatch of compare(expectation, result)) {
      code = EXIT.doesNotHold;
      terminal.writeError(`${which}${mismatchText(mismatch)}\n`);
    }
  });
  output.finish();
  return code;
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
  return packetsFromText(packets, readData(packets, terminal).text);
}

/** What cannot begin on the host is a wrong input, and said before anything is printed. @throws UsageError */
function checkArrivals(model: NodeModel, packets: readonly Packet[]): void {
  for (const [index, packet] of packets.entries()) {
    try {
      model.simulator(packet.family).checkArrival(packet);
    } catch (error) {
      if (!(error instanceof PacketPathError)) throw error;
      const which = packets.length > 1 ? `packet ${index + 1} (${renderPacketLine(packet)}): ` : '';
      throw new UsageError(`${which}${error.message}`, error.hint);
    }
  }
}

/** Hands on each result as it comes, so that a long file needs no more memory than its packets. */
function simulate(
  model: NodeModel,
  packets: readonly Packet[],
  options: TraceOptions,
  terminal: Terminal,
  take: (result: PacketResult, index: number) => void,
): void {
  const session = new PacketSession((family) => model.simulator(family));
  const explain = options.verbose === true && options.output === 'text';
  // Where results scroll by, they show themselves how far it is.
  const errorIsTerminal = terminal.errorIsTerminal && !terminal.outIsTerminal;
  const progress = new Progress({ ...terminal, errorIsTerminal });
  for (const [index, packet] of packets.entries()) {
    progress.update(index, packets.length, 'packets');
    if (options.independent === true) session.reset();
    take(session.run(packet, { explain }), index);
  }
  progress.end();
}

function mismatchText({ field, expected, got }: Mismatch): string {
  return `expected ${field} ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`;
}
