/** Something wrong in a capture, and where: what stood there could not be read. */
export interface CaptureProblem {
  /** The packet record that it concerns or follows, from 1; 0 before the first. */
  readonly frame: number;
  /** In the capture's bytes, unfolded where it is compressed. */
  readonly offset: number;
  readonly message: string;
}

/** The most problems of one capture that are kept; the rest is counted. */
const MOST_KEPT = 100;

/** What is wrong in one capture, as far as it is worth telling. */
export class CaptureProblems {
  readonly kept: CaptureProblem[] = [];
  count = 0;

  add(problem: CaptureProblem): void {
    this.count++;
    if (this.kept.length < MOST_KEPT) this.kept.push(problem);
  }
}
