import { Command, CommanderError } from 'commander';
import { EnvironmentError, InputError, KernelError, UsageError } from '../source/errors.ts';
import { renderProblem } from '../source/problem.ts';
import { addFlows } from './add-flows.ts';
import { addReplay } from './add-replay.ts';
import { addCompile, addInspect, addSelftest, addTest, addTrace } from './commands.ts';
import { addKernelCommands } from './kernel-commands.ts';
import { EXIT, type Terminal } from './terminal.ts';
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
    await program.parseAsync(joinArrows(withoutHelpOfUnknown(args, program)), { from: 'user' });
    return code;
  } catch (error) {
    return reportError(error, terminal);
  }
}

/** There is no help about a command that there is not: left alone, commander would show that of all. */
function withoutHelpOfUnknown(args: readonly string[], { commands }: Command): readonly string[] {
  const [name = '-'] = args;
  const isKnown = ['help', ...commands.map((one) => one.name())].includes(name);
  if (name.startsWith('-') || isKnown) return args;
  return args.filter((arg) => arg !== '--help' && arg !== '-h');
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
  addTest(program, terminal, done);
  addReplay(program, terminal, done);
  addCompile(program, terminal, done);
  addSelftest(program, terminal, done);
  addInspect(program, terminal, done);
  addFlows(program, terminal, done);
  addKernelCommands(program, terminal, done);
  return program;
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
  if (error instanceof EnvironmentError || error instanceof KernelError) {
    terminal.writeError(`hepsim: ${error.message}\n`);
    return EXIT.environmentRefused;
  }
  const message = error instanceof Error ? error.message : String(error);
  terminal.writeError(`hepsim: internal error: ${message}\n`);
  const debug = terminal.environment.HEPSIM_DEBUG;
  if (debug !== undefined && debug !== '' && error instanceof Error) {
    terminal.writeError(`${error.stack ?? ''}\n`);
  } else terminal.writeError('    This is a bug. HEPSIM_DEBUG=1 shows where; please report it.\n');
  return EXIT.environmentRefused;
}
