import type { Problem } from '../source/problem.ts';

/** How many problems are kept; whoever has more will mend some and run again. */
const MAX_PROBLEMS = 1000;

/** The problems of one run, each once, in the order of the files and of the lines within them. */
export class ProblemList {
  private readonly problems: Map<string, Problem> = new Map();
  private readonly files: Map<string, number> = new Map();
  private left = 0;

  /** Reports a problem; the function may be passed around. */
  readonly report = (problem: Problem): void => {
    const { code, location, message } = problem;
    if (!this.files.has(location.file)) this.files.set(location.file, this.files.size);
    const key = `${location.file}\0${location.line}:${location.column} ${code} ${message}`;
    if (this.problems.has(key)) return;
    // Errors are not crowded out by warnings.
    if (this.problems.size < MAX_PROBLEMS || problem.severity === 'error') {
      if (this.problems.size < MAX_PROBLEMS * 2) {
        this.problems.set(key, problem);
        return;
      }
    }
    this.left++;
  };

  /** All of them; the last one says how many are left out, if any. */
  sorted(): readonly Problem[] {
    const order = (problem: Problem): number => this.files.get(problem.location.file) ?? 0;
    const all = [...this.problems.values()].sort(
      (a, b) =>
        order(a) - order(b) ||
        a.location.line - b.location.line ||
        a.location.column - b.location.column,
    );
    const last = all.at(-1);
    if (this.left === 0 || last === undefined) return all;
    const message = `${this.left} further problems are left out`;
    return [...all, { code: last.code, severity: last.severity, message, location: last.location }];
  }
}
