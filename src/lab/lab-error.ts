/**
 * `missing-program`, `not-permitted`: the machine cannot have a lab. `rejected`: a program or the kernel refused what it was given.
 * `unsupported`: the lab cannot make such a host or inject such a packet. `failed`: the lab itself broke off.
 */
export type LabErrorCode =
  | 'missing-program'
  | 'not-permitted'
  | 'rejected'
  | 'unsupported'
  | 'failed';

/** What a program that refused its input left behind. */
export interface FailedProgram {
  readonly program: string;
  readonly args: readonly string[];
  /** -1 when it did not run at all. */
  readonly status: number;
  readonly stderr: string;
  /** What it was given to read. */
  readonly input: string;
}

/** What the operator must mend: a lab that cannot be had, or that refused its rules. */
export class LabError extends Error {
  readonly code: LabErrorCode;
  readonly failed: FailedProgram | undefined;

  constructor(code: LabErrorCode, message: string, failed?: FailedProgram) {
    super(message);
    this.name = 'LabError';
    this.code = code;
    this.failed = failed;
  }
}

/** The error of a program that ended with another status than 0. */
export function refusal(failed: FailedProgram): LabError {
  const words = [failed.program, ...failed.args].join(' ');
  const said = failed.stderr.trim();
  return new LabError('rejected', `\`${words}\` ended with ${failed.status}: ${said}`, failed);
}
