import { Command, CommanderError } from 'commander';
import { InputError, UsageError } from '../source/errors.ts';
import { renderProblem } from '../source/problem.ts';
import { addDocumentOptions, addPrintOptions, collect } from './common-options.ts';
import { EXIT, type Terminal } from './terminal.ts';
import type { TraceOptions } from './trace-command.ts';
import { VERSION } from './version.ts';

/**
 * Runs one command line (without the program's own name) and returns the exit code. Never throws: errors become messages on standard
 * error.
 */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  let code: number = EXIT.holds;
  const program = buildProgram(terminal, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(joinArrows(args), { from: 'user' });
    return code;
  } catch (error) {
    return reportError(error, terminal);
  }
}

/**
 * Packets are written `A -> B`, and in separate words `->` would look like an option: it is taken together with the word before.
 */
function joinArrows(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    if (arg === '->' && joined.length > 0) joined.push(`${joined.pop()} ->`);
    else joined.push(arg);
  }
  return joined;
}

function buildProgram(terminal: Terminal, done: (code: number) => void): Command {
  const program = new Command('hepsim')
    .description(
      'What happens to a packet on a host with Calico host endpoint policy, and which line decides.',
    )
    .version(VERSION, '--version', 'print the version')
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: terminal.writeOut,
      writeErr: terminal.writeError,
      getOutHelpWidth: () => terminal.columns ?? 100,
      getErrHelpWidth: () => terminal.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      outputError: (text, write) => write(text),
    })
    .exitOverride();
  addTrace(program, terminal, done);
  return program;
}

function addTrace(program: Command, terminal: Terminal, done: (code: number) => void): void {
  const command = program
    .command('trace')
    .description('follow a packet through the host and show which line decides')
    .argument('[packet...]', "the packet: 'tcp 203.0.113.7:40000 -> 192.0.2.10:22 in=eth0'");
  addDocumentOptions(command)
    .option(
      '--packets <file>',
      'packets from a file, one a line (JSON object or words), in order through one connection table; - for standard input',
    )
    .option('--independent', 'each packet of --packets meets an empty connection table')
    .option('-o, --output <form>', 'text, json, ndjson or yaml', 'text')
    .option(
      '--expect <what>',
      'exit 1 unless the result is so: a verdict, or field=value[,field=value...] (repeatable)',
      collect,
      [],
    );
  addPrintOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  hepsim trace -f policies/ 'tcp 203.0.113.7:40000 -> 192.0.2.10:31852 in=eth0'
  hepsim trace -f policies/ -f host.yaml -n node1 -v 'icmp 203.0.113.7 -> 192.0.2.10 in=eth0'
  hepsim trace -f policies/ --packets packets.txt -o ndjson
  hepsim trace -f policies/ --expect drop,policy=drop-other-ingress 'udp 203.0.113.7:53 -> 192.0.2.10:161'`,
    )
    .action(async (words: string[], options: TraceOptions) => {
      const { runTrace } = await import('./trace-command.ts');
      done(await runTrace(words, options, terminal));
    });
}

function reportError(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) {
    // Help and version were asked for; everything else has been said by commander itself.
    return error.exitCode === 0 ? EXIT.holds : EXIT.inputWrong;
  }
  if (error instanceof InputError) {
    for (const problem of error.problems) terminal.writeError(`${renderProblem(problem)}\n`);
    return EXIT.inputWrong;
  }
  if (error instanceof UsageError) {
    terminal.writeError(`hepsim: ${error.message}\n`);
    if (error.hint !== undefined) terminal.writeError(`    hint: ${error.hint}\n`);
    return EXIT.inputWrong;
  }
  const message = error instanceof Error ? error.message : String(error);
  terminal.writeError(`hepsim: internal error: ${message}\n`);
  const debug = terminal.environment.HEPSIM_DEBUG;
  if (debug !== undefined && debug !== '' && error instanceof Error) {
    terminal.writeError(`${error.stack ?? ''}\n`);
  } else terminal.writeError('    This is a bug. HEPSIM_DEBUG=1 shows where; please report it.\n');
  return EXIT.environmentRefused;
}
