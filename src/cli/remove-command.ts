import { removeRules } from '../apply/remove-rules.ts';
import { openSession } from '../apply/session.ts';
import { startSupervisor } from '../apply/supervisor.ts';
import { type KernelOptions, sessionOptions } from './apply/kernel-options.ts';
import { failedChange } from './apply/outcome-text.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** `hepsim remove`: every trace of hepsim goes. Returns the exit code. @throws EnvironmentError, KernelError, UsageError */
export function runRemove(options: KernelOptions, terminal: Terminal): number {
  const opening = sessionOptions(options, true);
  const session = openSession(opening);
  try {
    for (const note of session.notes) terminal.writeError(`note: ${note}\n`);
    const supervisor = startSupervisor(opening);
    try {
      const { found, failed } = removeRules(session);
      if (failed !== undefined) throw failedChange(failed);
      session.directory.clear();
      terminal.writeOut(
        found
          ? 'removed: no chain, rule or set of hepsim is left, and no record\n'
          : 'nothing to remove: no chain, rule or set of hepsim is there\n',
      );
    } finally {
      supervisor.release();
    }
    return EXIT.holds;
  } finally {
    session.close();
  }
}
