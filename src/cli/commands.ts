import type { Command } from 'commander';
import { ASSUME_HELP, addAssumeOption } from './assume-option.ts';
import {
  addDocumentOptions,
  addPrintOptions,
  addVersionOption,
  collect,
} from './common-options.ts';
import type { CompileOptions } from './compile-command.ts';
import type { InspectCommandOptions } from './inspect-command.ts';
import type { SelftestCommandOptions } from './selftest-command.ts';
import type { Terminal } from './terminal.ts';
import type { TestOptions } from './test-command.ts';
import type { TraceOptions } from './trace-command.ts';

// What a command does is loaded when it is called: starting up must not pay for the others.

/** Receives the exit code of the command that ran. */
export type Done = (code: number) => void;

/** Adds `hepsim trace`. */
export function addTrace(program: Command, terminal: Terminal, done: Done): void {
  const command = program
    .command('trace')
    .description('follow a packet through the host and show which line decides')
    .argument('[packet...]', "the packet: 'tcp 203.0.113.7:40000 -> 192.0.2.10:22 in=eth0'");
  addDocumentOptions(command)
    .option(
      '--packets <file>',
      'packets from a file, one a line (JSON object or words), in order through one connection table; - for standard input',
    )
    .option(
      '--scenario <file>',
      'documents, node, version and environment of a scenario (FILE, or FILE#NAME) instead of -f',
    )
    .option(
      '--as-is',
      'exactly the rules that the Host document carries; nothing is compiled, no policy is needed',
    )
    .option(
      '--connections <file>',
      'the connections that there are at first, as conntrack -L -o extended or -o xml prints them; - for standard input',
    )
    .option(
      '--independent',
      'each packet of --packets meets the connection table of the start, empty without --connections',
    )
    .option('-o, --output <form>', 'text, json, ndjson or yaml', 'text')
    .option(
      '--expect <what>',
      'exit 1 unless the result is so: a verdict, or field=value[,field=value...] (repeatable)',
      collect,
      [],
    );
  addAssumeOption(command);
  addPrintOptions(command)
    .addHelpText(
      'after',
      `${ASSUME_HELP}

Examples:
  hepsim trace -f policies/ 'tcp 203.0.113.7:40000 -> 192.0.2.10:31852 in=eth0'
  hepsim trace -f policies/ -f host.yaml -n node1 -v 'icmp 203.0.113.7 -> 192.0.2.10 in=eth0'
  hepsim trace -f policies/ --packets packets.txt -o ndjson
  hepsim inspect | hepsim trace -f - --as-is 'tcp 203.0.113.7:40000 -> 192.0.2.10:22 in=eth0'
  hepsim trace -f policies/ --expect drop,policy=drop-other-ingress 'udp 203.0.113.7:53 -> 192.0.2.10:161'`,
    )
    .action(async (words: string[], options: TraceOptions) => {
      const { runTrace } = await import('./trace-command.ts');
      done(await runTrace(words, options, terminal));
    });
}

/** Adds `hepsim test`. */
export function addTest(program: Command, terminal: Terminal, done: Done): void {
  const command = program
    .command('test')
    .description('run scenario files: packets and what is expected of them')
    .argument('<path...>', 'scenario files, or directories that hold some')
    .option('-o, --output <form>', 'table, json, junit, tap or github', 'table')
    .option('--filter <text>', 'only cases whose `scenario: case` holds the text, or matches /it/')
    .option('--fail-fast', 'stop at the first case that fails')
    .option('--lenient', 'unknown fields are warnings');
  addVersionOption(command);
  addAssumeOption(command);
  addPrintOptions(command)
    .addHelpText(
      'after',
      `${ASSUME_HELP}

Each packet is also decided from policy alone; where the compiled rules say otherwise, the case fails.

Exit code: 0 all cases passed, 1 some failed, 2 an input is wrong or there is no scenario.

Examples:
  hepsim test scenarios/
  hepsim test scenarios/nodeport --filter '/pod|kubelet/' -v
  hepsim test scenarios/ -o junit > report.xml`,
    )
    .action(async (paths: string[], options: TestOptions) => {
      const { runTest } = await import('./test-command.ts');
      done(await runTest(paths, options, terminal));
    });
}

/** Adds `hepsim compile`. */
export function addCompile(program: Command, terminal: Terminal, done: Done): void {
  const command = program
    .command('compile')
    .description('print the rules that policy compiles to on a node');
  addDocumentOptions(command)
    .option('-o, --output <form>', 'iptables, ipset or json', 'iptables')
    .option('--ip-version <version>', '4 or 6 (iptables: 4; others: both)')
    .option('--with-services', 'with the rules that kube-proxy has for Services')
    .option('--out-dir <directory>', 'write ipsets, iptables.v4 and iptables.v6 there instead');
  addPrintOptions(command)
    .addHelpText(
      'after',
      `
Sets first, then rules:
  hepsim compile -f policies/ -n node1 -o ipset | ipset restore
  hepsim compile -f policies/ -n node1 | iptables-restore --noflush
  hepsim compile -f policies/ -n node1 --ip-version 6 | ip6tables-restore --noflush

Other examples:
  hepsim compile -f policies/ -n node1 --out-dir rules/
  hepsim compile -f policies/ -n node1 -o json`,
    )
    .action(async (options: CompileOptions) => {
      const { runCompile } = await import('./compile-command.ts');
      done(await runCompile(options, terminal));
    });
}

/** Adds `hepsim selftest`. */
export function addSelftest(program: Command, terminal: Terminal, done: Done): void {
  const command = program
    .command('selftest')
    .description('hold the simulation against the kernel of this machine, packet by packet (root)');
  addDocumentOptions(command)
    .option(
      '--packets <number>',
      'how many packets (default: 20000; with -f 5000, or more until every edge has had its turn; or as many as --minutes allows)',
    )
    .option('--minutes <number>', 'how long at most')
    .option(
      '--seed <seed>',
      'what random documents and packets are made of (default: a new one, printed)',
    )
    .option('--ruleset <number>', 'only this random ruleset of the seed')
    .option('--build <build>', 'which iptables: legacy, nft or both (those installed)', 'both')
    .option('-o, --output <form>', 'text or json', 'text')
    .option('--output-dir <directory>', 'where disagreements are written as scenario files', '.');
  addPrintOptions(command)
    .addHelpText(
      'after',
      `
Makes network namespaces of its own, connected to nothing, and removes them. With -f the rules and the host are those of the
documents, and packets are aimed at the edges of every rule; without, everything is random.

Exit code: 0 all agree, 1 some disagree and a scenario file shows how, 2 an input is wrong, 3 the machine cannot do it.

Examples:
  sudo hepsim selftest
  sudo hepsim selftest --minutes 10 -o json
  sudo hepsim selftest -f policies/ -f host.yaml -n node1 --packets 100000`,
    )
    .action(async (options: SelftestCommandOptions) => {
      const { runSelftestCommand } = await import('./selftest-command.ts');
      done(await runSelftestCommand(options, terminal));
    });
}

/** Adds `hepsim inspect`. */
export function addInspect(program: Command, terminal: Terminal, done: Done): void {
  const command = program
    .command('inspect')
    .description('print this machine as a Host document: links, routes, sysctls, rules, sets')
    .option('-n, --node <name>', "the node's name in documents (default: the host name)")
    .option('--connections', 'with the connection table')
    .option('-o, --output <form>', 'yaml or json', 'yaml');
  addPrintOptions(command)
    .addHelpText(
      'after',
      `
Without root it prints what the system lets it see, and says what is missing. In a container or a network namespace it
describes that namespace.

Examples:
  sudo hepsim inspect > host.yaml
  sudo hepsim inspect --connections -n node1 > node1.yaml
  hepsim trace -f host.yaml --as-is 'tcp 203.0.113.7:40000 -> 192.0.2.10:22 in=eth0'`,
    )
    .action(async (options: InspectCommandOptions) => {
      const { runInspect } = await import('./inspect-command.ts');
      done(runInspect(options, terminal));
    });
}
