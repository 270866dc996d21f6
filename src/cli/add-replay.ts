import type { Command } from 'commander';
import { ASSUME_HELP, addAssumeOption } from './assume-option.ts';
import type { Done } from './commands.ts';
import { addDocumentOptions, addPrintOptions, collect } from './common-options.ts';
import type { ReplayCommandOptions } from './replay-options.ts';
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
      '--assume-established',
      'TCP and SCTP packets of connections that began before the captures belong to established ones (default: as the kernel, which knows of none)',
    )
    .option(
      '--only <verdicts>',
      'only packets of these verdicts are counted and printed: accept, drop, reject, undetermined (with commas)',
    )
    .option(
      '--filter <field=value>',
      'only packets whose field has the value: any field of a trace; != for not, | between values, 80-90, 192.0.2.0/24 (repeatable: all must hold)',
      collect,
      [],
    )
    .option('--flows', 'a line a flow instead of a summary')
    .option(
      '--write <file>',
      'write the packets to a pcapng capture, each with its verdict as comment',
    )
    .option(
      '--against <path>',
      'another policy (as -f, repeatable): print which flows change their verdict, grouped by what decides; exit 1 when any does',
      collect,
      [],
    )
    .option(
      '--fail-on <what>',
      'exit 1 when any packet has one of these verdicts, or is unattributed (with commas)',
    )
    .option(
      '--merge',
      'the arguments are summaries (-o json) of separate replays: print them as one',
    )
    .option(
      '--as-is',
      'exactly the rules that the Host document carries; nothing is compiled, no policy is needed',
    )
    .option(
      '-o, --output <form>',
      'text, json, yaml; ndjson and csv: a packet a line, with --flows a flow',
      'text',
    );
  addAssumeOption(command);
  addPrintOptions(command)
    .addHelpText(
      'after',
      `${ASSUME_HELP}

Examples:
  hepsim replay -f policies/ -f host.yaml yesterday.pcap
  hepsim replay -f policies/ -f host.yaml --only drop --flows eth0.pcapng.gz eth1.pcapng.gz
  hepsim replay -f policies/ -f host.yaml --only drop --write dropped.pcapng yesterday.pcap
  hepsim replay -f policies/ -f host.yaml --against new-policies/ yesterday.pcap
  hepsim replay --merge node1.json node2.json
  tcpdump -i eth0 -w - -c 1000 | hepsim replay -f policies/ -f host.yaml --in eth0 -`,
    )
    .action(async (files: string[], options: ReplayCommandOptions) => {
      const { runReplay } = await import('./replay-command.ts');
      done(await runReplay(files, options, terminal));
    });
}
