import { spawnSync } from 'node:child_process';
import { KernelError, type KernelErrorCode } from '../source/errors.ts';

/** How one program is run; every field has a default. */
export interface ProgramOptions {
  /** What it reads from standard input; nothing when left out. */
  readonly input?: string;
  /** Milliseconds after which it counts as stuck and is killed; a minute when left out. */
  readonly timeoutMs?: number;
  /** How much it may print; room for the rules of a large cluster when left out. */
  readonly outputBytesMax?: number;
  /** A descriptor of this process that the program inherits, so that a lock on it is held until the program has ended too. */
  readonly keepOpen?: number;
}

/** What a program that ended with 0 printed. */
export interface ProgramOutput {
  readonly stdout: string;
  /** Warnings, mostly. */
  readonly stderr: string;
}

/** How a program that may fail ended. */
export type ProgramOutcome =
  | ({ readonly kind: 'ran' } & ProgramOutput)
  | { readonly kind: 'failed'; readonly error: KernelError };

const TIMEOUT_MS = 60_000;
const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;

/** Where the tools of the network are, which the path of an ordinary user leaves out. */
const SYSTEM_PATHS = ['/usr/sbin', '/sbin', '/usr/local/sbin'];

/**
 * Runs a program with an argument array, never through a shell, with messages in English, and returns what it printed.
 *
 * @throws KernelError when it is not installed, is stuck, prints too much or ends with another status than 0.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): ProgramOutput {
  const outcome = attemptProgram(program, args, options);
  if (outcome.kind === 'failed') throw outcome.error;
  return outcome;
}

/** Runs a program as {@link runProgram} does, for callers that can go on without its output. */
export function attemptProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): ProgramOutcome {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const outputBytesMax = options.outputBytesMax ?? OUTPUT_BYTES_MAX;
  const result = spawnSync(program, args, {
    input: options.input ?? '',
    stdio: ['pipe', 'pipe', 'pipe', ...(options.keepOpen === undefined ? [] : [options.keepOpen])],
    encoding: 'utf8',
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: outputBytesMax,
    env: programEnvironment(process.env),
  });
  // A program that ends without reading all of its input is judged by its status.
  const error = errorCode(result.error) === 'EPIPE' ? undefined : result.error;
  if (error === undefined && result.status === 0) {
    return { kind: 'ran', stdout: result.stdout, stderr: result.stderr };
  }
  const failed = (code: KernelErrorCode, what: string): ProgramOutcome => {
    const command = [program, ...args];
    const { status, stderr } = result;
    const message =
      code === 'missing-program'
        ? `${program} is not installed`
        : `\`${command.join(' ')}\` ${what}`;
    const ended = { command, status: status ?? undefined, stderr: stderr ?? '' };
    return { kind: 'failed', error: new KernelError(code, message, ended) };
  };
  const cause = errorCode(error);
  if (cause === 'ENOENT') return failed('missing-program', '');
  if (cause === 'EACCES' || cause === 'EPERM') return failed('not-permitted', 'may not be run');
  if (cause === 'ETIMEDOUT') return failed('busy', `did not end within ${timeoutMs / 1000} s`);
  if (cause === 'ENOBUFS') return failed('rejected', `printed more than ${outputBytesMax} bytes`);
  if (error !== undefined) return failed('rejected', `could not be run: ${error.message}`);
  if (result.status === null) return failed('rejected', `was ended by ${result.signal}`);
  const said = result.stderr.trim();
  return failed(refusalCode(said), `ended with ${result.status}: ${said}`);
}

function programEnvironment(own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const path = (own.PATH ?? '').split(':').filter((part) => part !== '');
  const added = SYSTEM_PATHS.filter((part) => !path.includes(part));
  return { ...own, LC_ALL: 'C', PATH: [...path, ...added].join(':') };
}

function errorCode(error: Error | undefined): unknown {
  return error !== undefined && 'code' in error ? error.code : undefined;
}

/** The words with which iptables, ipset, conntrack, nft and ip say why the kernel refused. */
function refusalCode(stderr: string): KernelErrorCode {
  if (/permission denied|not permitted|must be root|need to be root/i.test(stderr)) {
    return 'not-permitted';
  }
  if (/xtables lock|resource busy|temporarily unavailable/i.test(stderr)) return 'busy';
  return 'rejected';
}
