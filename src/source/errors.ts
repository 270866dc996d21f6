import { type Problem, renderProblem } from './problem.ts';

/** What the author of a file must mend. Carries every problem that was found, not the first. */
export class InputError extends Error {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(renderProblem).join('\n'));
    this.name = 'InputError';
    this.problems = problems;
  }
}

/** The command line itself is wrong: no file to point into. */
export class UsageError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'UsageError';
    this.hint = hint;
  }
}

/**
 * `missing-program`: it is not installed. `not-permitted`: that takes more rights. `rejected`: the program or the kernel refused what it
 * was given. `busy`: someone else holds what it needs, or it is stuck.
 */
export type KernelErrorCode = 'missing-program' | 'not-permitted' | 'rejected' | 'busy';

/** How a program ended. */
export interface EndedProgram {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Undefined when it did not run, or was ended by a signal. */
  readonly status: number | undefined;
  readonly stderr: string;
}

/** The kernel, or a program that speaks to it, refused: what the operator must mend. Exit code 3. */
export class KernelError extends Error {
  readonly code: KernelErrorCode;
  readonly command: readonly string[];
  readonly status: number | undefined;
  readonly stderr: string;

  constructor(code: KernelErrorCode, message: string, ended: EndedProgram) {
    super(message);
    this.name = 'KernelError';
    this.code = code;
    this.command = ended.command;
    this.status = ended.status;
    this.stderr = ended.stderr;
  }
}

/** The machine refused something that the command line and the documents allow: no permission, no space, somebody else at work. Exit code 3. */
export class EnvironmentError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EnvironmentError';
  }
}
