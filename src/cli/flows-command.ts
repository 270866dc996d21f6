import type { ConnectionSnapshot } from '../host/connections/connection-record.ts';
import { parseConnections } from '../host/connections/parse-connections.ts';
import type { Host } from '../host/host.ts';
import { inspectMachine, THIS_MACHINE } from '../machine/inspect-machine.ts';
import { chooseNode } from '../scenario/choose-node.ts';
import {
  CONNECTION_FATES,
  type ConnectionFate,
  judgeConnections,
} from '../scenario/judge-connections.ts';
import { EnvironmentError, UsageError } from '../source/errors.ts';
import type { AssumeOptions } from './assume-option.ts';
import {
  type DocumentOptions,
  outputForm,
  type PrintOptions,
  wantsColor,
} from './common-options.ts';
import { type LoadedModel, loadModel, type RulesOptions } from './load-model.ts';
import { flowsToJson } from './print/flows-json.ts';
import { renderFlows, sorted } from './print/flows-table.ts';
import { renderModelHeader, renderModelNotes } from './print/model-header.ts';
import { Progress } from './print/progress.ts';
import { painter } from './print/style.ts';
import { assumptionsOf, checkAssumedPlaces } from './read-assumptions.ts';
import { type ConnectionsOption, readConnections } from './read-connections.ts';
import { EXIT, type Terminal } from './terminal.ts';

export interface FlowsOptions
  extends DocumentOptions,
    PrintOptions,
    AssumeOptions,
    ConnectionsOption {
  readonly only?: string;
  readonly output: string;
}

/**
 * `hepsim flows`: what the documents' policy says of every live connection. Returns the exit code.
 *
 * @throws InputError, UsageError, KernelError, EnvironmentError
 */
export function runFlows(options: FlowsOptions, terminal: Terminal): number {
  const form = outputForm(options.output, ['table', 'json']);
  const only = fateOf(options.only);
  const loaded = load(options, terminal);
  const progress = new Progress(terminal);
  const flows = judgeConnections(loaded.model, (done, total) =>
    progress.update(done, total, 'connections'),
  );
  progress.end();
  if (form === 'json') {
    if (options.quiet !== true) terminal.writeError(renderModelNotes(loaded.model));
    const shown = sorted(flows.judged).filter(({ fate }) => only === undefined || fate === only);
    terminal.writeOut(`${JSON.stringify(flowsToJson(flows, shown), null, 2)}\n`);
    return EXIT.holds;
  }
  const paint = painter({ color: wantsColor(options, terminal) });
  if (options.quiet !== true) terminal.writeOut(`${renderModelHeader(loaded.model, paint)}\n`);
  terminal.writeOut(renderFlows(flows, { paint, only }));
  return EXIT.holds;
}

function fateOf(text: string | undefined): ConnectionFate | undefined {
  if (text === undefined) return undefined;
  const fate = CONNECTION_FATES.find((one) => one === text);
  if (fate !== undefined) return fate;
  throw new UsageError(
    `--only: there is no kind \`${text}\``,
    `Use ${CONNECTION_FATES.join(', ')}.`,
  );
}

/** The table that a file or the Host document tells; else this machine's own, and then the machine is looked at as well. */
function load(options: FlowsOptions, terminal: Terminal): LoadedModel {
  const assumptions = assumptionsOf(options);
  const given = readConnections(options, options.filename, terminal);
  const loaded = loadModel(options, terminal, (resources): RulesOptions => {
    const machine = terminal.hostName();
    const { node } = chooseNode(resources, { wanted: options.node, machine });
    const written = resources.hosts.find(({ metadata }) => metadata.name === node);
    if (given !== undefined || written?.connections !== undefined) {
      return { assumptions, connections: given };
    }
    const { host, connections } = inspect(node, terminal);
    if (options.quiet !== true) {
      const what =
        written === undefined
          ? 'this machine and its connections'
          : 'the connections of this machine';
      terminal.writeError(`note: ${what}, because no document tells them\n`);
    }
    return { assumptions, connections, host: written === undefined ? host : undefined };
  });
  checkAssumedPlaces(assumptions, loaded.model);
  return loaded;
}

function inspect(
  name: string,
  terminal: Terminal,
): { readonly host: Host; readonly connections: ConnectionSnapshot } {
  const { host, missing } = inspectMachine({ name, connections: true });
  for (const { what, why } of missing) terminal.writeError(`missing: ${what} (${why})\n`);
  const table = missing.find(({ what }) => what === 'the connection table');
  if (table !== undefined) {
    throw new EnvironmentError(
      `this machine's connection table cannot be read (${table.why}); --connections names a file with one`,
    );
  }
  const location = host.connections?.location ?? { file: THIS_MACHINE, line: 1, column: 1 };
  return { host, connections: parseConnections(host.connections?.text ?? '', location) };
}
