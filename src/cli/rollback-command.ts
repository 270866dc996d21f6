import { openSession, recordInForce, rollBack } from '../apply/session.ts';
import { startSupervisor } from '../apply/supervisor.ts';
import { type KernelOptions, sessionOptions } from './apply/kernel-options.ts';
import { failedChange } from './apply/outcome-text.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** `hepsim rollback`: what was there before the last apply. Returns the exit code. @throws EnvironmentError, KernelError, UsageError */
export function runRollback(options: KernelOptions, terminal: Terminal): number {
  const opening = sessionOptions(options, false);
  const session = openSession(opening);
  try {
    for (const note of session.notes) terminal.writeError(`note: ${note}\n`);
    const last = recordInForce(session.state);
    const supervisor = last === undefined ? undefined : startSupervisor(opening);
    try {
      const outcome = rollBack(session, `apply ${last?.id} was rolled back by \`hepsim rollback\``);
      if (outcome.kind !== 'done') throw failedChange(outcome);
    } finally {
      supervisor?.release();
    }
    const now = session.state.records.at(-2);
    terminal.writeOut(
      now === undefined
        ? `rolled back apply ${last?.id}: the rules from before hepsim's first apply are in force\n`
        : `rolled back apply ${last?.id}: the rules of apply ${now.id} are in force (${now.digest})\n`,
    );
    return EXIT.holds;
  } finally {
    session.close();
  }
}
