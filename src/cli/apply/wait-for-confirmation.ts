import { setTimeout as sleep } from 'node:timers/promises';
import { openSession, type SessionOptions } from '../../apply/session.ts';
import { secondsSinceBoot } from '../../apply/state/kernel-identity.ts';
import { StateDirectory } from '../../apply/state/state-directory.ts';
import { EnvironmentError } from '../../source/errors.ts';
import type { Terminal } from '../terminal.ts';

const LOOK_MS = 200;

/** How long past the time the watchdog is given before this process does its work. */
const GRACE_SECONDS = 5;

/** Waits until the last apply is confirmed (true) or has been rolled back (false), which a watchdog does. @throws EnvironmentError, KernelError */
export async function waitForConfirmation(
  options: SessionOptions,
  within: number,
  terminal: Terminal,
): Promise<boolean> {
  const directory = new StateDirectory(options.path);
  const id = directory.readState().records.at(-1)?.id;
  terminal.writeError(
    `waiting for \`hepsim confirm\`; without it the rules from before come back in ${within} s\n`,
  );
  for (;;) {
    const { pending, records, event } = directory.readState();
    if (pending === undefined) {
      const kept = records.at(-1)?.id === id;
      if (!kept) terminal.writeError(`${event ?? 'the apply has been rolled back'}\n`);
      return kept;
    }
    if (secondsSinceBoot() > pending.deadline + GRACE_SECONDS) {
      const { close, unfinished, notes } = openSession(options);
      close();
      if (unfinished !== undefined) throw new EnvironmentError(notes.at(-1) ?? unfinished.message);
    }
    await sleep(LOOK_MS);
  }
}
