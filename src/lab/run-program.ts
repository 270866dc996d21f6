import { attemptProgram } from '../machine/run-program.ts';
import { LabError, refusal } from './lab-error.ts';

/**
 * Runs a program with `input` to read and returns what it printed.
 *
 * @throws LabError when it is not installed, is stuck or ends with another status than 0.
 */
export function runProgram(program: string, args: readonly string[], input = ''): string {
  const outcome = attemptProgram(program, args, { input });
  if (outcome.kind === 'ran') return outcome.stdout;
  const { code, message, status, stderr } = outcome.error;
  if (code === 'missing-program') throw new LabError(code, message);
  throw refusal({ program, args, status: status ?? -1, stderr: stderr || message, input });
}
