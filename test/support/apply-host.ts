import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Build, KernelTools } from '../../src/apply/kernel-tools.ts';
import { cliProgram } from './cli-program.ts';
import { savedText } from './inject-faults.ts';
import { NetworkNamespace, type Run } from './namespace.ts';
import { namespaceTools } from './namespace-tools.ts';

/** A host in a namespace of its own on which hepsim runs as a user would run it. */
export class ApplyHost {
  namespace: NetworkNamespace;
  tools: KernelTools;
  readonly folder: string;
  readonly stateDir: string;
  readonly #build: Build;
  readonly #program: string;
  readonly #path: string;
  environment: Record<string, string> = {};

  private constructor(namespace: NetworkNamespace, build: Build, program: string) {
    this.namespace = namespace;
    this.tools = namespaceTools(namespace, build);
    this.folder = mkdtempSync(join(tmpdir(), 'hepsim-apply-'));
    this.stateDir = join(this.folder, 'state');
    this.#build = build;
    this.#program = program;
    const bin = join(this.folder, 'bin');
    mkdirSync(bin);
    for (const family of ['iptables', 'ip6tables']) {
      for (const tool of ['', '-restore', '-save']) {
        const target = `/usr/sbin/xtables-${build}-multi`;
        symlinkSync(target, join(bin, `${family}${tool}`));
      }
    }
    this.#path = `${bin}:${process.env.PATH ?? ''}`;
  }

  /** A host with eth0, 192.0.2.10/24 and 2001:db8::10/64, whose `iptables` is of the build. */
  static async start(build: Build): Promise<ApplyHost> {
    const [namespace, program] = await Promise.all([NetworkNamespace.open(), cliProgram()]);
    const host = new ApplyHost(namespace, build, program);
    host.#connect();
    return host;
  }

  /**
   * Takes the kernel away as starting the machine again does, with all that runs in it, and leaves the disk: a kernel of another boot without rules.
   */
  async reboot(): Promise<void> {
    for (const pid of this.#processes()) process.kill(pid, 'SIGKILL');
    await until(() => this.#processes().length === 0);
    await this.namespace.close();
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    for (const name of ['state.json', 'state.json.next', 'journal.json']) {
      const path = join(this.stateDir, name);
      if (!existsSync(path)) continue;
      const text = readFileSync(path, 'utf8').replaceAll(bootId, EARLIER_BOOT);
      writeFileSync(path, text, { mode: 0o600 });
    }
    this.namespace = await NetworkNamespace.open();
    this.tools = namespaceTools(this.namespace, this.#build);
    this.#connect();
  }

  /** What runs in the namespace, but for what keeps it. */
  #processes(): readonly number[] {
    const holder = Number(/\d+/.exec(this.namespace.enter)?.[0]);
    const own = namespaceOf(holder);
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => pid !== holder && namespaceOf(pid) === own);
  }

  #connect(): void {
    const commands = [
      ['link', 'set', 'lo', 'up'],
      ['link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'far0'],
      ['link', 'set', 'eth0', 'up'],
      ['link', 'set', 'far0', 'up'],
      ['addr', 'add', '192.0.2.10/24', 'dev', 'eth0'],
      ['addr', 'add', '2001:db8::10/64', 'dev', 'eth0', 'nodad'],
      ['route', 'add', 'default', 'via', '192.0.2.1'],
      ['-6', 'route', 'add', 'default', 'via', '2001:db8::1'],
    ];
    for (const args of commands) {
      const { status, stderr } = this.namespace.run('ip', args);
      if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
    }
  }

  /** Writes a file and returns its path. */
  write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** Puts a program in front of another of the same name. */
  wrap(name: string, script: string): void {
    const folder = join(this.folder, 'wrapped');
    mkdirSync(folder, { recursive: true });
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    this.environment.PATH = `${folder}:${this.#path}`;
  }

  /** What stands behind `wrap`: the path without it. */
  get plainPath(): string {
    return this.#path;
  }

  /** Runs hepsim to its end. */
  hepsim(...args: readonly string[]): Run {
    const { program, all } = this.#command(args);
    return this.namespace.run(program, all);
  }

  /** Runs hepsim to its end under strace. */
  traced(options: readonly string[], ...args: readonly string[]): Run {
    const { program, all } = this.#command(args);
    return this.namespace.run('strace', [...options, program, ...all]);
  }

  /** Runs hepsim to its end under limits of `prlimit`. */
  limited(options: readonly string[], ...args: readonly string[]): Run {
    const { program, all } = this.#command(args);
    return this.namespace.run('prlimit', [...options, program, ...all]);
  }

  /** Runs hepsim to its end on a machine without some of the system's programs, and without a choice of the build. */
  without(programs: readonly string[], ...args: readonly string[]): Run {
    const folder = join(this.folder, 'system');
    mkdirSync(folder);
    for (const name of readdirSync(SYSTEM_PROGRAMS)) {
      const path = join(folder, name);
      // Links to the folder itself are to lead to what is in it then.
      if (!programs.includes(name))
        cpSync(join(SYSTEM_PROGRAMS, name), path, { verbatimSymlinks: true });
    }
    const { program, all } = this.#command(args, process.env.PATH);
    const script = `mount --bind ${folder} ${SYSTEM_PROGRAMS} && exec "$@"`;
    return this.namespace.run('unshare', ['--mount', 'sh', '-c', script, 'sh', program, ...all]);
  }

  /** Starts hepsim on a terminal of its own, whose other side is the process returned. */
  onTerminal(...args: readonly string[]): ChildProcess {
    const { program, all } = this.#command(args);
    const line = [program, ...all].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
    const script = ['script', '-q', '-c', `exec ${line}`, '/dev/null'];
    return spawn('nsenter', [this.namespace.enter, '--', ...script], {
      stdio: ['ignore', 'ignore', 'ignore'],
    });
  }

  /** Starts hepsim and does not wait. */
  start(...args: readonly string[]): ChildProcess {
    const { program, all } = this.#command(args);
    return spawn('nsenter', [this.namespace.enter, '--', program, ...all], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  #command(
    args: readonly string[],
    path: string = this.#path,
  ): { readonly program: string; readonly all: readonly string[] } {
    const [command = '', ...rest] = args;
    const environment = { PATH: path, ...this.environment };
    const settings = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    const node = [process.execPath, this.#program];
    const all = ['-i', ...settings, ...node, command, `--state-dir=${this.stateDir}`, ...rest];
    return { program: 'env', all };
  }

  /** All rules and sets, ours and others', in an order of their own. */
  saved(): string {
    return savedText(this.tools);
  }

  async close(): Promise<void> {
    await this.namespace.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Where Debian has the programs of the network. */
const SYSTEM_PROGRAMS = '/usr/sbin';

/** The boot that `reboot` has been of. */
const EARLIER_BOOT = '00000000-0000-4000-8000-000000000000';

/** The network namespace of a process; undefined where it has ended. */
function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

/** What a started program has written by the time that it ends. */
export async function ended(child: ChildProcess): Promise<Run> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (part) => {
    stdout += part;
  });
  child.stderr?.on('data', (part) => {
    stderr += part;
  });
  const [status] = (await once(child, 'close')) as [number | null];
  return { status: status ?? -1, stdout, stderr };
}

/** Whether an apply waits to be confirmed. */
export function hasPending({ stateDir }: ApplyHost): boolean {
  const path = join(stateDir, 'state.json');
  return existsSync(path) && readFileSync(path, 'utf8').includes('"pending"');
}

/** Waits for something that another process does; the test's own time limit ends it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
