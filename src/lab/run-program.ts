import { spawnSync } from 'node:child_process';
import { LabError, refusal } from './lab-error.ts';

/** How long one program may take before it counts as stuck. */
const TIMEOUT_MS = 60_000;

/** Room for the rules of a large cluster. */
const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;

/**
 * Runs a program with `input` to read and returns what it printed.
 *
 * @throws LabError when it is not installed, is stuck or ends with another status than 0.
 */
export function runProgram(program: string, args: readonly string[], input = ''): string {
  const result = spawnSync(program, args, {
    input,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  if (result.error !== undefined && 'code' in result.error && result.error.code === 'ENOENT') {
    throw new LabError('missing-program', `${program} is not installed`);
  }
  if (result.status === 0) return result.stdout;
  const stderr = result.error === undefined ? result.stderr : String(result.error);
  throw refusal({ program, args, status: result.status ?? -1, stderr, input });
}
