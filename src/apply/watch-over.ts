import { EnvironmentError, KernelError } from '../source/errors.ts';

/** What a supervisor finds of the apply that it was started for. */
export type Watched =
  /** Nothing is left to wait for. */
  | 'over'
  /** An apply waits for its confirmation. */
  | 'waiting'
  /** A change is half done, or was not confirmed in time. */
  | 'unfinished';

/** What a supervisor sees and does, so that its patience can be tested without time. */
export interface Surroundings {
  /** @throws EnvironmentError when the record cannot be read. */
  readonly look: () => Watched;
  /** Ends what is unfinished. @throws EnvironmentError, KernelError when that could not be done now. */
  readonly end: () => void;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Leaves word for the next command, if that can be done at all. */
  readonly giveUp: (reason: string) => void;
}

/** How often what is unfinished is tried: with the pauses between, for about an hour. */
export const TRIES = 65;

const LOOK_MS = 200;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

/** 1 s, 2 s, 4 s and so on to a minute: what is short for a moment is soon there again, and what never comes costs little. */
export function pauseAfter(tries: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS);
}

/** Waits, and ends what is left unfinished, until nothing is left to wait for or {@link TRIES} tries in a row have failed. */
export async function watchOver({ look, end, pause, giveUp }: Surroundings): Promise<void> {
  let tries = 0;
  let reason = 'it was done and is unfinished again';
  for (;;) {
    try {
      const found = look();
      if (found === 'over') return;
      if (found === 'waiting') {
        tries = 0;
        await pause(LOOK_MS);
        continue;
      }
      end();
      if (look() !== 'unfinished') continue;
    } catch (error) {
      reason = (error as Error).message;
      if (!(error instanceof KernelError || error instanceof EnvironmentError)) {
        giveUp(`an error of hepsim itself: ${reason}`);
        throw error;
      }
    }
    tries++;
    if (tries === TRIES) {
      giveUp(`${tries} tries in about an hour failed, the last with: ${reason}`);
      return;
    }
    await pause(pauseAfter(tries));
  }
}
