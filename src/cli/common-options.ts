import type { Command } from 'commander';
import { type CalicoVersion, isCalicoVersion } from '../resources/calico-version.ts';
import { UsageError } from '../source/errors.ts';
import type { Terminal } from './terminal.ts';

/** The options that every command about a node has. */
export interface DocumentOptions {
  readonly filename: readonly string[];
  readonly node?: string;
  readonly calicoVersion?: string;
  readonly lenient?: boolean;
}

/** The options of every command that prints. */
export interface PrintOptions {
  readonly color?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** Adds `--calico-version`. */
export function addVersionOption(command: Command): Command {
  return command.option(
    '--calico-version <version>',
    'whose behaviour to follow: 2.6, 3.9 or 3.32 (default: inferred from the documents)',
  );
}

/** Adds `-f`, `-n`, `--calico-version`, `--lenient`. */
export function addDocumentOptions(command: Command): Command {
  return addVersionOption(command)
    .option(
      '-f, --filename <path>',
      'documents: a file, a directory, or - for standard input (repeatable)',
      collect,
      [],
    )
    .option('-n, --node <name>', 'the host that the packet meets')
    .option('--lenient', 'unknown fields are warnings');
}

/** Adds `--color`, `-q`, `-v`. */
export function addPrintOptions(command: Command): Command {
  return command
    .option('--color', 'colour the output (default: on a terminal)')
    .option('--no-color', 'no colour')
    .option('-q, --quiet', 'print only the essential')
    .option('-v, --verbose', 'print more');
}

/** Gathers a repeatable option. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** The version asked for by option or environment. @throws UsageError for one that hepsim does not know. */
export function wantedVersion(
  option: string | undefined,
  terminal: Terminal,
): CalicoVersion | undefined {
  const fromEnvironment = terminal.environment.HEPSIM_CALICO_VERSION;
  const text = option ?? (fromEnvironment === '' ? undefined : fromEnvironment);
  if (text === undefined) return undefined;
  const version = text.replace(/^v(?=\d)/, '');
  if (isCalicoVersion(version)) return version;
  const name = option === undefined ? 'HEPSIM_CALICO_VERSION' : '--calico-version';
  throw new UsageError(
    `${name}: hepsim does not know Calico \`${text}\``,
    'Use 2.6, 3.9 or 3.32, whichever is nearest to the version in use.',
  );
}

/** Whether to colour: as asked, else on a terminal unless NO_COLOR is set. */
export function wantsColor(options: PrintOptions, terminal: Terminal): boolean {
  if (options.color !== undefined) return options.color;
  const noColor = terminal.environment.NO_COLOR;
  return terminal.outIsTerminal && (noColor === undefined || noColor === '');
}

/** One of the output forms a command has. @throws UsageError with the list of them. */
export function outputForm<T extends string>(text: string, forms: readonly T[]): T {
  const form = forms.find((candidate) => candidate === text);
  if (form !== undefined) return form;
  throw new UsageError(`-o: there is no output form \`${text}\``, `Use ${forms.join(', ')}.`);
}
