import { openSession, recordInForce } from '../apply/session.ts';
import { sessionOptions } from './apply/kernel-options.ts';
import { type OutcomeOptions, outcomePrinter } from './print/outcome.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** `hepsim confirm`: the last apply stays. Returns the exit code. @throws EnvironmentError, KernelError, UsageError */
export function runConfirm(options: OutcomeOptions, terminal: Terminal): number {
  const print = outcomePrinter(options, terminal);
  const session = openSession(sessionOptions(options, false));
  try {
    for (const note of session.notes) terminal.writeError(`note: ${note}\n`);
    const { directory, state } = session;
    const record = recordInForce(state);
    if (state.pending === undefined || record === undefined) {
      terminal.writeError('nothing waits to be confirmed\n');
      print({ value: { confirmed: false, apply: null, digest: null } });
      return EXIT.doesNotHold;
    }
    directory.writeState({ ...state, pending: undefined });
    const { id: apply, digest } = record;
    print({
      text: `confirmed: apply ${apply} stays (${digest})`,
      value: { confirmed: true, apply, digest },
    });
    return EXIT.holds;
  } finally {
    session.close();
  }
}
