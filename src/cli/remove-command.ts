import { removeRules } from '../apply/remove-rules.ts';
import { openSession } from '../apply/session.ts';
import { startSupervisor } from '../apply/supervisor.ts';
import { sessionOptions } from './apply/kernel-options.ts';
import { failedChange } from './apply/outcome-text.ts';
import { type OutcomeOptions, outcomePrinter } from './print/outcome.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** `hepsim remove`: every trace of hepsim goes. Returns the exit code. @throws EnvironmentError, KernelError, UsageError */
export function runRemove(options: OutcomeOptions, terminal: Terminal): number {
  const print = outcomePrinter(options, terminal);
  const opening = sessionOptions(options, true);
  const session = openSession(opening);
  try {
    for (const note of session.notes) terminal.writeError(`note: ${note}\n`);
    const supervisor = startSupervisor(opening);
    try {
      const { found, failed } = removeRules(session);
      if (failed !== undefined) throw failedChange(failed);
      session.directory.clear();
      print({
        text: found
          ? 'removed: no chain, rule or set of hepsim is left, and no record'
          : 'nothing to remove: no chain, rule or set of hepsim is there',
        value: { removed: found },
      });
    } finally {
      supervisor.release();
    }
    return EXIT.holds;
  } finally {
    session.close();
  }
}
