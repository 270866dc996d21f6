import type { Command } from 'commander';
import { ASSUME_HELP, addAssumeOption } from './assume-option.ts';
import type { Done } from './commands.ts';
import { addDocumentOptions, addPrintOptions } from './common-options.ts';
import type { ReplayCommandOptions } from './replay-command.ts';
import type { Terminal } from './terminal.ts';

/** Adds `hepsim replay`. */
export function addReplay(program: Command, terminal: Terminal, done: Done): void {
  const command = program
    .command('replay')
    .description('what would have become of the packets of captures on this host')
    .argument(
      '[capture...]',
      'pcap or pcapng, plain or gzip; - for standard input; several are merged by time',
    );
  addDocumentOptions(command)
    .option(
      '--in <interface>',
      'where the captures were taken, or local for packets that the host sends (default: by interface names, MAC addresses and addresses)',
    )
    .option(
      '--ignore-checksums',
      'take every checksum for right (default: wrong ones of arriving packets are INVALID, as in the kernel; those left to the network card count as right)',
    )
    .option(
      '--as-is',
      'exactly the rules that the Host document carries; nothing is compiled, no policy is needed',
    )
    .option('-o, --output <form>', 'text or json', 'text');
  addAssumeOption(command);
  addPrintOptions(command)
    .addHelpText(
      'after',
      `${ASSUME_HELP}

Examples:
  hepsim replay -f policies/ -f host.yaml yesterday.pcap
  tcpdump -i eth0 -w - -c 1000 | hepsim replay -f policies/ -f host.yaml --in eth0 -`,
    )
    .action(async (files: string[], options: ReplayCommandOptions) => {
      const { runReplay } = await import('./replay-command.ts');
      done(await runReplay(files, options, terminal));
    });
}
