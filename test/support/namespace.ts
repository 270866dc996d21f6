import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** What a program left behind when it ended. */
export interface Run {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How long one program may take before it counts as stuck. */
const TIMEOUT_MS = 20_000;

/**
 * A network namespace of its own, with interfaces, rules and sets of nobody else. It is connected to nothing and goes away with
 * `close`, or when this process ends.
 */
export class NetworkNamespace {
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  static async open(): Promise<NetworkNamespace> {
    // The holder ends by itself when this process does, because its input does.
    const holder = spawn('unshare', ['--net', 'cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const failed = once(holder, 'exit').then(() => {
      throw new Error('unshare could not make a network namespace');
    });
    holder.stdin.write('\n');
    // Its first answer says that it is inside: the program that answers starts only then.
    await Promise.race([once(holder.stdout, 'data'), failed]);
    failed.catch(() => undefined);
    return new NetworkNamespace(holder);
  }

  /** The option with which `nsenter` goes inside. */
  get enter(): string {
    return `--net=/proc/${this.#holder.pid}/ns/net`;
  }

  /** Runs a program inside, with `input` as its standard input. */
  run(program: string, args: readonly string[], input = ''): Run {
    const inside = [this.enter, '--', program, ...args];
    return runProgram('nsenter', inside, input);
  }

  async close(): Promise<void> {
    const ended = once(this.#holder, 'exit');
    this.#holder.stdin?.end();
    await ended;
  }
}

/** Why namespaces or one of the programs cannot be used here; undefined when they can. */
export function whyNoNamespace(programs: readonly string[]): string | undefined {
  if (process.platform !== 'linux')
    return `network namespaces are Linux's, this is ${process.platform}`;
  for (const program of ['unshare', 'nsenter', ...programs]) {
    if (runProgram(program, ['--version'], '').status === -1) return `${program} is not installed`;
  }
  const unshared = runProgram('unshare', ['--net', 'true'], '');
  return unshared.status === 0 ? undefined : `unshare --net: ${unshared.stderr.trim()}`;
}

function runProgram(program: string, args: readonly string[], input: string): Run {
  const result = spawnSync(program, args, { input, encoding: 'utf8', timeout: TIMEOUT_MS });
  return {
    status: result.status ?? -1,
    stdout: result.stdout ?? '',
    stderr: result.error === undefined ? result.stderr : String(result.error),
  };
}
