import type { Command } from 'commander';
import { SUPERVISE } from '../apply/supervisor.ts';
import { RUN_PROGRAMS } from '../machine/program-runner.ts';
import { EnvironmentError, KernelError } from '../source/errors.ts';
import { addKernelOptions, type KernelOptions } from './apply/kernel-options.ts';
import type { ApplyOptions } from './apply-command.ts';
import type { Done } from './commands.ts';
import { addDocumentOptions, addPrintOptions, collect } from './common-options.ts';
import type { OutcomeOptions } from './print/outcome.ts';
import type { StatusOptions } from './status-command.ts';
import type { Terminal } from './terminal.ts';

/** Adds the commands that work with the kernel's rules. */
export function addKernelCommands(program: Command, terminal: Terminal, done: Done): void {
  addApply(program, terminal, done);
  addStatus(program, terminal, done);
  addSimple(program, 'confirm', 'let the last apply stay', async (options) => {
    const { runConfirm } = await import('./confirm-command.ts');
    done(runConfirm(options, terminal));
  });
  addSimple(
    program,
    'rollback',
    'bring back what was there before the last apply',
    async (options) => {
      const { runRollback } = await import('./rollback-command.ts');
      done(runRollback(options, terminal));
    },
  );
  addSimple(
    program,
    'remove',
    'take away every trace of hepsim, and nothing else',
    async (options) => {
      const { runRemove } = await import('./remove-command.ts');
      done(runRemove(options, terminal));
    },
  );
  addKernelOptions(program.command(SUPERVISE, { hidden: true })).action(
    async (options: KernelOptions) => {
      const { runSupervise } = await import('./supervise-command.ts');
      done(await runSupervise(options));
    },
  );
  program.command(RUN_PROGRAMS, { hidden: true }).action(async () => {
    const { runPrograms } = await import('./run-programs-command.ts');
    done(await runPrograms());
  });
}

function addApply(program: Command, terminal: Terminal, done: Done): void {
  const command = program
    .command('apply')
    .description(
      "write a node's rules to this machine's kernel, once they are shown to be safe (root)",
    );
  addDocumentOptions(command)
    .option(
      '--scenarios <path>',
      'scenarios that must hold on the new rules (repeatable)',
      collect,
      [],
    )
    .option('--keep <packet>', 'a packet that must still be accepted (repeatable)', collect, [])
    .option(
      '--datastore <host:port>',
      'a datastore or API server that must stay in reach (repeatable; those of the FELIX_, ETCD_ and KUBERNETES_ variables are known)',
      collect,
      [],
    )
    .option('--force', 'write even what the guard finds unsafe; recorded')
    .option('--dry-run', 'print what would change, and stop')
    .option('--confirm-within <time>', 'go back unless `hepsim confirm` comes in time: 60s, 5m')
    .option(
      '--no-wait',
      'with --confirm-within: end at once instead of waiting for the confirmation',
    )
    .option('--cut-denied', 'end connections that the new rules deny')
    .option('--watch <directory>', 'stay, and keep the kernel as the documents there say')
    .option('--interval <time>', 'how often --watch looks at the kernel', '10s')
    .option('-o, --output <form>', 'text or json', 'text');
  addKernelOptions(addPrintOptions(command))
    .addHelpText(
      'after',
      `
Before anything is written, the new rules must let pass: the scenarios given, the SSH connection in use, the packets of --keep, loopback, neighbour
discovery with the IPv6 gateway, and datastores that are configured. At every instant packets meet all of the old rules or all of the new ones.

Exit code: 0 the rules are in force, 1 the guard refused, 2 an input is wrong, 3 the kernel or the machine refused (the message says which rules
are in force), 4 it was not confirmed and has been rolled back.

Examples:
  sudo hepsim apply -f policies/ --dry-run
  sudo hepsim apply -f policies/ --scenarios scenarios/ --confirm-within 60s
  sudo hepsim apply -f policies/ --keep 'tcp 198.51.100.7:40000 -> 192.0.2.10:22'
  sudo hepsim apply --watch /etc/hepsim`,
    )
    .action((options: ApplyOptions) =>
      sayingWhoMay('apply', async () => {
        const { runApply } = await import('./apply-command.ts');
        done(await runApply(options, terminal));
      }),
    );
}

function addStatus(program: Command, terminal: Terminal, done: Done): void {
  const command = program
    .command('status')
    .description('what is in force, and what is no longer as it was applied (root)')
    .option('-o, --output <form>', 'text or json', 'text')
    .addHelpText(
      'after',
      `
Exit code: 0 the kernel has what was applied, 1 something is no longer as it was applied, 3 the machine refused.

Examples:
  sudo hepsim status
  sudo hepsim status -o json`,
    );
  addKernelOptions(addPrintOptions(command)).action((options: StatusOptions) =>
    sayingWhoMay('status', async () => {
      const { runStatus } = await import('./status-command.ts');
      done(runStatus(options, terminal));
    }),
  );
}

/** A command that says one line, or with `-q` none. */
function addSimple(
  program: Command,
  name: string,
  description: string,
  act: (options: OutcomeOptions) => Promise<void>,
): void {
  const command = program
    .command(name)
    .description(`${description} (root)`)
    .option('-o, --output <form>', 'text or json', 'text')
    .addHelpText('after', `\nExample:\n  sudo hepsim ${name}`);
  addKernelOptions(addPrintOptions(command)).action((options: OutcomeOptions) =>
    sayingWhoMay(name, () => act(options)),
  );
}

/** Where the machine refuses somebody who is not root, that is why. */
async function sayingWhoMay(name: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    const isRefused = error instanceof KernelError || error instanceof EnvironmentError;
    if (!isRefused || process.getuid?.() === 0) throw error;
    throw new EnvironmentError(
      `${error.message}\n    hint: ${name} needs root: sudo hepsim ${name}`,
    );
  }
}
