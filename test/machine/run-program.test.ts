import { expect, test } from 'vitest';
import { attemptProgram, runProgram } from '../../src/machine/run-program.ts';
import { KernelError } from '../../src/source/errors.ts';

const node = process.execPath;

function failure(args: readonly string[], options = {}): KernelError {
  const outcome = attemptProgram(node, args, options);
  if (outcome.kind === 'ran') throw new Error(`it ran: ${outcome.stdout}`);
  return outcome.error;
}

test('a program reads its input and its output is returned', () => {
  const { stdout } = runProgram(node, ['-e', 'process.stdin.pipe(process.stdout)'], {
    input: 'a\nb\n',
  });
  expect(stdout).toBe('a\nb\n');
});

test('arguments reach the program as they are, whatever a shell would make of them', () => {
  const odd = '$(id); `id` "*" \'\n';
  const { stdout } = runProgram(node, ['-e', 'process.stdout.write(process.argv[1])', odd]);
  expect(stdout).toBe(odd);
});

test('a program that is not there is named', () => {
  const error = attemptProgram('hepsim-no-such-program', ['-x']);
  expect(error).toMatchObject({
    kind: 'failed',
    error: { code: 'missing-program', message: 'hepsim-no-such-program is not installed' },
  });
});

test('a status other than 0 is a refusal with what was said', () => {
  const error = failure(['-e', 'console.error("no such set"); process.exit(3)']);
  expect(error).toBeInstanceOf(KernelError);
  expect(error).toMatchObject({ code: 'rejected', status: 3, stderr: 'no such set\n' });
  expect(error.command[0]).toBe(node);
  expect(error.message).toContain('ended with 3: no such set');
});

test.each([
  ['iptables-save v1.8.9: Permission denied (you must be root)', 'not-permitted'],
  ['Kernel error received: Operation not permitted', 'not-permitted'],
  ['Another app is currently holding the xtables lock; waited 1 s', 'busy'],
  ['iptables: Resource temporarily unavailable.', 'busy'],
  ['iptables-restore: line 4 failed', 'rejected'],
])('%s is %s', (said, code) => {
  expect(failure(['-e', 'console.error(process.argv[1]); process.exit(4)', said]).code).toBe(code);
});

test('a stuck program is ended after its time', () => {
  const error = failure(['-e', 'setInterval(() => {}, 1000)'], { timeoutMs: 300 });
  expect(error).toMatchObject({ code: 'busy', status: undefined });
  expect(error.message).toContain('did not end within 0.3 s');
});

test('a program that prints without end is ended at the limit', () => {
  const error = failure(['-e', 'for (;;) console.log("x".repeat(1000))'], {
    outputBytesMax: 10_000,
  });
  expect(error.message).toContain('printed more than 10000 bytes');
});

test('a program that does not read its input is judged by its status', () => {
  const { stdout } = runProgram(node, ['-e', 'console.log(1)'], { input: 'x'.repeat(5_000_000) });
  expect(stdout).toBe('1\n');
});
