import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Observation } from './kernel-lab.ts';
import { LabError } from './lab-error.ts';
import type { LabRequest, LabResponse } from './lab-messages.ts';

interface Waiting {
  readonly resolve: (observations: readonly Observation[]) => void;
  readonly reject: (error: Error) => void;
}

/** The process inside a lab's namespace, as the one outside talks to it. */
export class LabProcess {
  readonly #child: ChildProcess;
  /** Those that have not been answered, in the order in which they asked. */
  readonly #waiting: Waiting[] = [];
  #ended = false;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (response: LabResponse) => this.#answer(response));
    child.on('error', (error) => this.#fail(String(error)));
    child.on('exit', (code, signal) => this.#fail(`it ended with ${signal ?? code}`));
  }

  /** Asks for one thing. @throws LabError for what it refuses, Error for what went wrong in it. */
  ask(request: LabRequest): Promise<readonly Observation[]> {
    if (this.#ended) return Promise.reject(new LabError('failed', 'the lab has ended'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.send(request, (error) => {
        if (error !== null) this.#fail(String(error));
      });
    });
  }

  /** Has it end, and waits until it has. */
  async end(): Promise<void> {
    if (this.#ended) return;
    const exit = once(this.#child, 'exit');
    this.#child.disconnect();
    await exit;
  }

  #answer(response: LabResponse): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) throw new Error('the lab answered what nobody asked');
    if (response.kind === 'done') {
      waiting.resolve(response.observations);
      return;
    }
    const { code, message, failed } = response;
    waiting.reject(code === undefined ? new Error(message) : new LabError(code, message, failed));
  }

  #fail(why: string): void {
    this.#ended = true;
    const error = new LabError('failed', `the process inside the lab is gone: ${why}`);
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
