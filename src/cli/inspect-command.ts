import { inspectMachine } from '../machine/inspect-machine.ts';
import { outputForm, type PrintOptions } from './common-options.ts';
import { count } from './print/replay-text.ts';
import { EXIT, type Terminal } from './terminal.ts';

export interface InspectCommandOptions extends PrintOptions {
  readonly node?: string;
  readonly connections?: boolean;
  readonly output: string;
}

/** `hepsim inspect`: prints this machine as a Host document. Returns the exit code. @throws KernelError, UsageError */
export function runInspect(options: InspectCommandOptions, terminal: Terminal): number {
  const form = outputForm(options.output, ['yaml', 'json']);
  const name = options.node ?? terminal.hostName();
  const { document, yaml, missing } = inspectMachine({
    name,
    connections: options.connections === true,
  });
  if (options.quiet !== true) {
    for (const { what, why } of missing) terminal.writeError(`missing: ${what} (${why})\n`);
    for (const { what } of document.spec.notModelled ?? []) {
      terminal.writeError(`not modelled, so that packets are undetermined: ${what}\n`);
    }
  }
  if (options.verbose === true) {
    const { interfaces, routes, rules } = document.spec;
    const sizes = [
      count(interfaces.length, 'interface'),
      count(routes?.length ?? 0, 'route'),
      count(rules?.length ?? 0, 'routing rule'),
    ];
    terminal.writeError(`note: ${sizes.join(', ')}\n`);
  }
  terminal.writeOut(form === 'yaml' ? yaml : `${JSON.stringify(document, null, 2)}\n`);
  return EXIT.holds;
}
