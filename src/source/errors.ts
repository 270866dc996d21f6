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
