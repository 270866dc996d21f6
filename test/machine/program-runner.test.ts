import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ProgramRunner, type RunRequest } from '../../src/machine/program-runner.ts';

const PROGRAM = resolve(import.meta.dirname, '../../bin/hepsim.js');

const asked = (program: string, args: readonly string[], limits = {}): RunRequest => ({
  program,
  args,
  timeoutMs: 60_000,
  outputBytesMax: 1 << 30,
  environment: { PATH: process.env.PATH },
  ...limits,
});

let runner: ProgramRunner | undefined;
afterEach(() => {
  runner?.close();
  runner = undefined;
});

test('programs run side by side, and what each printed comes back in the order of the requests', () => {
  runner = ProgramRunner.start(PROGRAM);
  // More than a pipe holds, so that both sides must read and write in turn.
  const numbers = Array.from({ length: 200_000 }, (_, n) => `${n + 1}\n`).join('');
  const ended = runner?.run([
    asked('seq', ['200000']),
    asked('ls', ['/no/such/file']),
    asked('no-such-program', []),
    asked('printf', ['\\303\\244']),
  ]);
  expect(ended?.[0]).toMatchObject({ status: 0, signal: null, stdout: numbers, stderr: '' });
  expect(ended?.[1]).toMatchObject({ status: 2, stdout: '' });
  expect(ended?.[1]?.stderr).toContain('/no/such/file');
  expect(ended?.[2]).toMatchObject({ status: null, error: { code: 'ENOENT' } });
  expect(ended?.[3]).toMatchObject({ status: 0, stdout: 'ä' });
  expect(runner?.run([asked('true', [])])).toMatchObject([{ status: 0 }]);
});

test('what was begun can be waited for behind what was asked for later, or never', () => {
  runner = ProgramRunner.start(PROGRAM);
  // More than a pipe holds: the small process waits until somebody reads.
  const first = runner?.begin([asked('seq', ['200000'])]);
  runner?.begin([asked('echo', ['nobody asks'])]);
  expect(runner?.run([asked('echo', ['later'])])).toMatchObject([{ stdout: 'later\n' }]);
  const ended = first && runner?.finish(first);
  expect(ended?.[0]?.stdout.endsWith('199999\n200000\n')).toBe(true);
  expect(first && runner?.finish(first)).toBe(ended);
  expect(runner?.run([asked('echo', ['last'])])).toMatchObject([{ stdout: 'last\n' }]);
});

test('however often something is begun that nobody waits for, the next is answered', () => {
  runner = ProgramRunner.start(PROGRAM);
  for (let look = 0; look < 50; look++) {
    runner?.begin([asked('seq', ['5000']), asked('seq', ['5000'])]);
  }
  expect(runner?.run([asked('echo', ['last'])])).toMatchObject([{ stdout: 'last\n' }]);
  const pending = runner?.begin([asked('echo', ['too late'])]);
  runner?.close();
  expect(pending && runner?.finish(pending)).toBeUndefined();
  runner = undefined;
});

test('a program that is stuck or prints too much is ended, and the reason comes back', () => {
  runner = ProgramRunner.start(PROGRAM);
  const ended = runner?.run([
    asked('sleep', ['3600'], { timeoutMs: 10 }),
    asked('yes', [], { outputBytesMax: 1000 }),
  ]);
  expect(ended).toMatchObject([
    { status: null, signal: 'SIGKILL', error: { code: 'ETIMEDOUT' } },
    { status: null, signal: 'SIGKILL', error: { code: 'ENOBUFS' } },
  ]);
});

test('when the small process is gone, the answer is that there is none', async () => {
  runner = ProgramRunner.start(PROGRAM);
  const [ended] = runner?.run([asked('cat', ['/proc/self/status'])]) ?? [];
  const parent = Number(/^PPid:\t(\d+)$/m.exec(ended?.stdout ?? '')?.[1]);
  expect(readFileSync(`/proc/${parent}/cmdline`, 'utf8')).toContain('run-programs');
  process.kill(parent, 'SIGKILL');
  await expect.poll(() => isThere(parent)).toBe(false);
  expect(runner?.run([asked('true', [])])).toBeUndefined();
});

test('it ends when its starter has closed its side, whatever signals it got before', async () => {
  const short = ProgramRunner.start(PROGRAM);
  const [ended] = short?.run([asked('cat', ['/proc/self/status'])]) ?? [];
  const parent = Number(/^PPid:\t(\d+)$/m.exec(ended?.stdout ?? '')?.[1]);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(parent, signal);
  expect(short?.run([asked('true', [])])).toMatchObject([{ status: 0 }]);
  short?.close();
  await expect.poll(() => isThere(parent)).toBe(false);
});

/** Whether a process runs; one that has ended and was not asked for yet does not. */
function isThere(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
