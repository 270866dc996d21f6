import { openSession, recordInForce } from '../apply/session.ts';
import { type KernelOptions, sessionOptions } from './apply/kernel-options.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** `hepsim confirm`: the last apply stays. Returns the exit code. @throws EnvironmentError, KernelError, UsageError */
export function runConfirm(options: KernelOptions, terminal: Terminal): number {
  const session = openSession(sessionOptions(options, false));
  try {
    for (const note of session.notes) terminal.writeError(`note: ${note}\n`);
    const { directory, state } = session;
    const record = recordInForce(state);
    if (state.pending === undefined || record === undefined) {
      terminal.writeError('nothing waits to be confirmed\n');
      return EXIT.doesNotHold;
    }
    directory.writeState({ ...state, pending: undefined });
    terminal.writeOut(`confirmed: apply ${record.id} stays (${record.digest})\n`);
    return EXIT.holds;
  } finally {
    session.close();
  }
}
