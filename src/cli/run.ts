import { hostname } from 'node:os';
import { readDataText } from '../files/read-files.ts';
import { main } from './main.ts';
import { suitReplay } from './replay-process.ts';
import { EXIT, type Terminal } from './terminal.ts';

// For the build's trial run.
export { main };

/** Runs the process's own command line and sets the exit code. */
export async function run(): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader has gone (`hepsim ... | head`): nobody is left to tell anything, but what was asked to hold still holds or not.
    if (error.code === 'EPIPE') return;
    process.stderr.write(`hepsim: cannot write the result: ${error.message}\n`);
    process.exit(EXIT.environmentRefused);
  });
  process.stderr.on('error', () => undefined);
  // Should the process ever run out of work before there is an answer, that is none.
  process.exitCode = EXIT.environmentRefused;
  process.exitCode = await main(process.argv.slice(2), processTerminal());
}

function processTerminal(): Terminal {
  let stdin: string | undefined;
  return {
    readStdin: () => {
      stdin ??= readDataText('-').text;
      return stdin;
    },
    stdinBytes: () => process.stdin,
    writeOut: (text) => {
      process.stdout.write(text);
    },
    writeError: (text) => {
      process.stderr.write(text);
    },
    outIsTerminal: process.stdout.isTTY === true,
    errorIsTerminal: process.stderr.isTTY === true,
    columns: process.stdout.columns,
    environment: process.env,
    hostName: hostname,
    suitReplay,
  };
}
