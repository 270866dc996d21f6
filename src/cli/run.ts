import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { main } from './main.ts';
import type { Terminal } from './terminal.ts';

// For the build's trial run.
export { main };

/** Runs the process's own command line and sets the exit code. */
export async function run(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // The reader has gone (`hepsim ... | head`): there is nobody left to tell anything.
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
  process.exitCode = await main(process.argv.slice(2), processTerminal());
}

function processTerminal(): Terminal {
  let stdin: string | undefined;
  return {
    readStdin: () => {
      stdin ??= readFileSync(0, 'utf8');
      return stdin;
    },
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
  };
}
