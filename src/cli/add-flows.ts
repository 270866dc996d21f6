import type { Command } from 'commander';
import { ASSUME_HELP, addAssumeOption } from './assume-option.ts';
import type { Done } from './commands.ts';
import { addDocumentOptions, addPrintOptions } from './common-options.ts';
import type { FlowsOptions } from './flows-command.ts';
import type { Terminal } from './terminal.ts';

/** Adds `hepsim flows`. */
export function addFlows(program: Command, terminal: Terminal, done: Done): void {
  const command = program
    .command('flows')
    .description('say of every live connection what policy makes of it now');
  addDocumentOptions(command)
    .option(
      '--connections <file>',
      'the connection table, as conntrack -L -o extended or -o xml prints it; - for standard input ' +
        "(default: the Host document's, else this machine's own)",
    )
    .option('--only <kind>', 'cut, established-only, undetermined or allowed')
    .option('-o, --output <form>', 'table or json', 'table');
  addAssumeOption(command);
  addPrintOptions(command)
    .addHelpText(
      'after',
      `
allowed           it stays, and would be let in again
established-only  it stays because it is established; a new one would be denied. The command that ends it is printed
cut               its next packet is stopped, in one direction at least
undetermined      nobody can know, and why

Packets without numbers are in the window of a TCP connection. Connections that are over (TIME_WAIT, CLOSE) are left out.
${ASSUME_HELP}

Examples:
  sudo hepsim flows -f policies/
  hepsim flows -f policies/ -f host.yaml --connections table.txt --only established-only
  ssh node1 conntrack -L -o extended,id | hepsim flows -f policies/ -f node1.yaml --connections -`,
    )
    .action(async (options: FlowsOptions) => {
      const { runFlows } = await import('./flows-command.ts');
      done(runFlows(options, terminal));
    });
}
