import { openSession, recordInForce, rollBack } from '../apply/session.ts';
import { startSupervisor } from '../apply/supervisor.ts';
import { sessionOptions } from './apply/kernel-options.ts';
import { failedChange } from './apply/outcome-text.ts';
import { type OutcomeOptions, outcomePrinter } from './print/outcome.ts';
import { EXIT, type Terminal } from './terminal.ts';

/** `hepsim rollback`: what was there before the last apply. Returns the exit code. @throws EnvironmentError, KernelError, UsageError */
export function runRollback(options: OutcomeOptions, terminal: Terminal): number {
  const print = outcomePrinter(options, terminal);
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
    const which =
      now === undefined
        ? "the rules from before hepsim's first apply are in force"
        : `the rules of apply ${now.id} are in force (${now.digest})`;
    print({
      text: `rolled back apply ${last?.id}: ${which}`,
      value: {
        rolledBack: last?.id,
        inForce: now === undefined ? null : { apply: now.id, digest: now.digest },
      },
    });
    return EXIT.holds;
  } finally {
    session.close();
  }
}
