import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, read, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** How the program is told to run programs for another process; no command for people. */
export const RUN_PROGRAMS = 'run-programs';

/** A program to run that reads nothing. */
export interface RunRequest {
  readonly program: string;
  readonly args: readonly string[];
  readonly timeoutMs: number;
  readonly outputBytesMax: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** How a program ended. */
export interface EndedProgram {
  /** What it ended with; null where it was killed or never ran. */
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it did not run to its own end; `code` is of the system, such as ENOENT. */
  readonly error: { readonly code: string | undefined; readonly message: string } | undefined;
}

/** Programs that have been asked for, and how they ended once that is known; `lost` with the process that should have told. */
export interface PendingPrograms {
  ended: readonly EndedProgram[] | 'lost' | undefined;
}

/** What is told of a program before all that was printed. */
type AnswerHead = Omit<EndedProgram, 'stdout' | 'stderr'> & {
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
};

/** Lengths stand in front of what is sent. */
const LENGTH_BYTES = 4;

/**
 * A small process that runs programs for this one. To start a program, the system copies the page tables of the whole process that starts it, which for one that
 * holds documents of a large cluster takes longer than what the program does. It runs several at once, and ends with this process.
 */
export class ProgramRunner {
  readonly #child: ChildProcess;
  readonly #requests: number;
  readonly #answers: number;
  /** What has been asked and not been answered, in its order. */
  readonly #waiting: PendingPrograms[] = [];

  private constructor(child: ChildProcess, requests: number, answers: number) {
    this.#child = child;
    this.#requests = requests;
    this.#answers = answers;
  }

  /** Starts one of the program given, hepsim's own; undefined where the system refuses, since whoever asks can run programs by itself. */
  static start(program: string): ProgramRunner | undefined {
    const opened: number[] = [];
    let folder: string | undefined;
    try {
      folder = mkdtempSync(join(tmpdir(), 'hepsim-'));
      const names = ['requests', 'answers'].map((name) => join(folder as string, name));
      if (spawnSync('mkfifo', ['-m', '600', ...names]).status !== 0) return undefined;
      // To open one side of a FIFO waits for the other, which is there already when a third has both.
      const ends = names.map((name) =>
        ['r+', 'r', 'w'].map((flags) => {
          const descriptor = openSync(name, flags);
          opened.push(descriptor);
          return descriptor;
        }),
      );
      const [[, asked, requests], [, answers, told]] = ends as [number[], number[]];
      const child = spawn(process.execPath, [program, RUN_PROGRAMS], {
        // What a terminal sends to the whole of its processes is for this one.
        detached: true,
        // Not as standard streams, which Node would make descriptors that do not wait.
        stdio: ['ignore', 'ignore', 'ignore', asked as number, told as number],
      });
      child.on('error', () => undefined);
      child.unref();
      const runner = new ProgramRunner(child, requests as number, answers as number);
      for (const kept of [requests, answers]) opened.splice(opened.indexOf(kept as number), 1);
      return runner;
    } catch {
      return undefined;
    } finally {
      for (const descriptor of opened) closeSync(descriptor);
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Runs programs side by side and waits for all. Undefined when the other process is gone, whether or not some have run. */
  run(requests: readonly RunRequest[]): readonly EndedProgram[] | undefined {
    return this.finish(this.begin(requests));
  }

  /** Has programs run side by side, behind those asked for before; `finish` waits for them. */
  begin(requests: readonly RunRequest[]): PendingPrograms {
    const pending: PendingPrograms = { ended: undefined };
    // Where nobody waits for them, answers would fill the pipe, and the other process would read no more requests.
    while (this.#waiting.length > 0) this.#takeAnswer();
    try {
      writeAll(this.#requests, framed(requests));
      this.#waiting.push(pending);
    } catch {
      pending.ended = 'lost';
    }
    return pending;
  }

  /** As `run`. */
  finish(pending: PendingPrograms): readonly EndedProgram[] | undefined {
    while (pending.ended === undefined) this.#takeAnswer();
    return pending.ended === 'lost' ? undefined : pending.ended;
  }

  #takeAnswer(): void {
    const next = this.#waiting.shift();
    if (next === undefined) throw new Error('no programs were asked for here');
    next.ended = this.#readAnswer() ?? 'lost';
  }

  #readAnswer(): readonly EndedProgram[] | undefined {
    try {
      const next = (length: number): Buffer => readHere(this.#answers, length);
      const ends = JSON.parse(next(next(LENGTH_BYTES).readUInt32LE()).toString()) as AnswerHead[];
      return ends.map(({ stdoutBytes, stderrBytes, ...ended }) => ({
        ...ended,
        stdout: next(stdoutBytes).toString(),
        stderr: next(stderrBytes).toString(),
      }));
    } catch {
      return undefined;
    }
  }

  close(): void {
    for (const pending of this.#waiting) pending.ended = 'lost';
    this.#waiting.length = 0;
    closeSync(this.#requests);
    closeSync(this.#answers);
    this.#child.unref();
  }
}

function framed(value: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(value));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text]);
}

function writeAll(descriptor: number, bytes: Buffer): void {
  let offset = 0;
  while (offset < bytes.length) offset += writeSync(descriptor, bytes, offset);
}

function readHere(descriptor: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let offset = 0;
  while (offset < length) {
    const count = readSync(descriptor, bytes, offset, length - offset, null);
    if (count === 0) throw new Error('the other process has ended');
    offset += count;
  }
  return bytes;
}

const readLater = promisify(read);

/** Where the small process has its ends of the two. */
const ENDS = { from: 3, to: 4 } as const;

/** What the small process does, until the other one is gone. */
export async function serveRequests(): Promise<void> {
  const { from, to } = ENDS;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => undefined);
  for (;;) {
    const length = await readExactly(from, LENGTH_BYTES);
    const text = length && (await readExactly(from, length.readUInt32LE()));
    if (text === undefined) return;
    const requests = JSON.parse(text.toString()) as readonly RunRequest[];
    const ended = await Promise.all(requests.map(runOne));
    writeAll(to, framed(ended.map(({ head }) => head)));
    for (const { printed } of ended) for (const bytes of printed) writeAll(to, bytes);
  }
}

interface Answer {
  readonly head: AnswerHead;
  readonly printed: readonly Buffer[];
}

function runOne({
  program,
  args,
  timeoutMs,
  outputBytesMax,
  environment,
}: RunRequest): Promise<Answer> {
  return new Promise((resolve) => {
    let error: EndedProgram['error'];
    const child = spawn(program, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    const kill = (code: string): void => {
      error ??= { code, message: code };
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => kill('ETIMEDOUT'), timeoutMs);
    const printed = [child.stdout, child.stderr].map((stream) => {
      const parts: Buffer[] = [];
      let length = 0;
      stream.on('data', (bytes: Buffer) => {
        parts.push(bytes);
        length += bytes.length;
        if (length > outputBytesMax) kill('ENOBUFS');
      });
      return parts;
    });
    child.once('error', (cause: NodeJS.ErrnoException) => {
      error ??= { code: cause.code, message: cause.message };
    });
    child.once('close', (status, signal) => {
      clearTimeout(timer);
      const [stdout, stderr] = printed.map((parts) => Buffer.concat(parts)) as [Buffer, Buffer];
      // A program that could not be started has a negative status here.
      const ran = status !== null && status >= 0;
      const lengths = { stdoutBytes: stdout.length, stderrBytes: stderr.length };
      const head = { status: ran ? status : null, signal, error, ...lengths };
      resolve({ head, printed: [stdout, stderr] });
    });
  });
}

/** Undefined at the end of the input. */
async function readExactly(descriptor: number, length: number): Promise<Buffer | undefined> {
  const bytes = Buffer.alloc(length);
  let offset = 0;
  while (offset < length) {
    const { bytesRead } = await readLater(descriptor, bytes, offset, length - offset, null);
    if (bytesRead === 0) return undefined;
    offset += bytesRead;
  }
  return bytes;
}
