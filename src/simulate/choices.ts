/** The most ways that one packet is followed along. */
export const MOST_WAYS = 1024;

/** One point of a packet's way where chance or history decides. */
export interface Question {
  /** The rule that asks, by its number; undefined where no rule does. */
  readonly rule: number | undefined;
  /** Why nobody can know the answer, in words. */
  readonly why: string;
  readonly answers: number;
  /** Whether the rule matches, or what its target chooses or does. */
  readonly what: 'matches' | 'chooses' | 'does';
}

/** A question with the answer that one way assumed, from 0. */
export interface Answered {
  readonly question: Question;
  readonly answer: number;
}

/**
 * What was assumed at each point of a packet's way where chance or history decides. The first way assumes the first answer everywhere
 * (that everything matches); `next` goes on to the way that differs in the last assumption.
 */
export class Choices {
  #assumed: number[] = [];
  #questions: Question[] = [];
  #taken = 0;
  /** Answers of the present way to questions that have one answer wherever they are asked. */
  readonly #remembered: Map<string, number> = new Map();

  /**
   * What the present way assumes, from 0 to `question.answers - 1`; remembers that it was asked. A question with a `key` has been
   * answered where another one with the same key was.
   */
  take(question: Question, key?: string): number {
    const before = key === undefined ? undefined : this.#remembered.get(key);
    if (before !== undefined) return before;
    const at = this.#taken++;
    if (at === this.#assumed.length) this.#assumed.push(0);
    this.#questions[at] = question;
    const answer = this.#assumed[at] as number;
    if (key !== undefined) this.#remembered.set(key, answer);
    return answer;
  }

  /** Begins a packet: nothing is assumed yet. */
  clear(): void {
    this.#assumed = [];
    this.#questions = [];
    this.rewind();
  }

  /** Whether anything was asked on the way just walked. */
  get hasAsked(): boolean {
    return this.#taken > 0;
  }

  /** The questions asked on the way just walked, in order, with what was assumed. */
  answered(): readonly Answered[] {
    return this.#questions
      .slice(0, this.#taken)
      .map((question, at) => ({ question, answer: this.#assumed[at] as number }));
  }

  /** Turns to the next way; false when there is none left. */
  next(): boolean {
    this.#assumed.length = this.#taken;
    while (this.#assumed.length > 0) {
      const last = this.#assumed.length - 1;
      if ((this.#assumed[last] as number) + 1 < (this.#questions[last] as Question).answers) {
        this.#assumed[last]! += 1;
        this.rewind();
        return true;
      }
      this.#assumed.pop();
    }
    return false;
  }

  /** Walks the present way once more from its start. */
  rewind(): void {
    this.#taken = 0;
    this.#remembered.clear();
  }
}
