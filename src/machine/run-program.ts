import { spawnSync } from 'node:child_process';
import { KernelError, type KernelErrorCode } from '../source/errors.ts';
import { type EndedProgram, ProgramRunner, type RunRequest } from './program-runner.ts';

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
  return attemptPrograms([{ program, args, options }])[0] as ProgramOutcome;
}

/** A program to be run. */
export interface ProgramCall {
  readonly program: string;
  readonly args: readonly string[];
  readonly options?: ProgramOptions;
}

/** Runs programs that do not depend on each other, side by side where that can be. What came of each, in their order. */
export function attemptPrograms(calls: readonly ProgramCall[]): readonly ProgramOutcome[] {
  const ended = runElsewhere(calls) ?? calls.map(runHere);
  return calls.map((call, index) => outcomeOf(call, ended[index] as EndedProgram));
}

/**
 * Has programs begin that read nothing, where another process runs them, so that this one may do something else; what is returned says as `attemptPrograms`
 * does what came of each. Programs asked for in between run after them.
 */
export function beginPrograms(calls: readonly ProgramCall[]): () => readonly ProgramOutcome[] {
  const begunBy = runner;
  if (begunBy === undefined || calls.some(isOwn)) return () => attemptPrograms(calls);
  const pending = begunBy.begin(calls.map(requestOf));
  return () => {
    const ended = orGone(begunBy, begunBy.finish(pending)) ?? calls.map(runHere);
    return calls.map((call, index) => outcomeOf(call, ended[index] as EndedProgram));
  };
}

let runner: ProgramRunner | undefined;

/** From now on programs that read nothing are run by a small process beside this one: for a process that is about to become large. */
export function runProgramsElsewhere(): void {
  const [, program] = process.argv;
  if (program !== undefined) runner ??= ProgramRunner.start(program);
}

/** Undefined where only this process can run them. */
function runElsewhere(calls: readonly ProgramCall[]): readonly EndedProgram[] | undefined {
  if (runner === undefined || calls.some(isOwn)) return undefined;
  return orGone(runner, runner.run(calls.map(requestOf)));
}

/** What another process answered; one that is gone is not asked again. */
function orGone<T>(asked: ProgramRunner, answer: T | undefined): T | undefined {
  if (answer === undefined && runner === asked) {
    asked.close();
    runner = undefined;
  }
  return answer;
}

/** Whether only this process can run it. */
function isOwn({ options = {} }: ProgramCall): boolean {
  return options.input !== undefined || options.keepOpen !== undefined;
}

function requestOf({ program, args, options }: ProgramCall): RunRequest {
  return { program, args, ...settings(options) };
}

function runHere({ program, args, options = {} }: ProgramCall): EndedProgram {
  const { timeoutMs, outputBytesMax, environment } = settings(options);
  const result = spawnSync(program, args, {
    input: options.input ?? '',
    stdio: ['pipe', 'pipe', 'pipe', ...(options.keepOpen === undefined ? [] : [options.keepOpen])],
    encoding: 'utf8',
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: outputBytesMax,
    env: environment,
  });
  const { status, signal, stdout, stderr } = result;
  const error = result.error && { code: errorCode(result.error), message: result.error.message };
  return { status, signal, stdout: stdout ?? '', stderr: stderr ?? '', error };
}

function settings({
  timeoutMs = TIMEOUT_MS,
  outputBytesMax = OUTPUT_BYTES_MAX,
}: ProgramOptions = {}): Pick<RunRequest, 'timeoutMs' | 'outputBytesMax' | 'environment'> {
  return { timeoutMs, outputBytesMax, environment: programEnvironment(process.env) };
}

function outcomeOf({ program, args, options }: ProgramCall, result: EndedProgram): ProgramOutcome {
  const { timeoutMs, outputBytesMax } = settings(options);
  // A program that ends without reading all of its input is judged by its status.
  const error = result.error?.code === 'EPIPE' ? undefined : result.error;
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
    const ended = { command, status: status ?? undefined, stderr };
    return { kind: 'failed', error: new KernelError(code, message, ended) };
  };
  const cause = error?.code;
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

function errorCode(error: Error): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** The words with which iptables, ipset, conntrack, nft and ip say why the kernel refused. */
function refusalCode(stderr: string): KernelErrorCode {
  if (/permission denied|not permitted|must be root|need to be root/i.test(stderr)) {
    return 'not-permitted';
  }
  if (/xtables lock|resource busy|temporarily unavailable/i.test(stderr)) return 'busy';
  return 'rejected';
}
