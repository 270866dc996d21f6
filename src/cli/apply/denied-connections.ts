import { parseConnections } from '../../host/connections/parse-connections.ts';
import type { Missing } from '../../machine/host-spec.ts';
import { THIS_MACHINE } from '../../machine/inspect-machine.ts';
import { readConnectionTable } from '../../machine/read-connection-table.ts';
import { attemptProgram } from '../../machine/run-program.ts';
import { type JudgedConnection, judgeConnections } from '../../scenario/judge-connections.ts';
import { InputError } from '../../source/errors.ts';
import type { PolicyToApply } from './load-policy.ts';

/** Live connections that the rules in force deny, and what was done about them. */
export interface DeniedConnections {
  readonly denied: readonly JudgedConnection[];
  /** Of how many nobody can tell. */
  readonly undetermined: number;
  /** How many were deleted from the kernel's table. */
  readonly deleted: number;
  /** What could not be looked at, or not be deleted. */
  readonly problems: readonly string[];
}

/** Judges this machine's live connections by the rules applied, and deletes those that are denied where asked to. Never throws for a kernel that refuses. */
export function findDenied(policy: PolicyToApply, cut: boolean): DeniedConnections {
  const problems: string[] = [];
  const judged = judge(policy, problems);
  const denied = judged.filter(({ fate }) => fate === 'cut' || fate === 'established-only');
  let deleted = 0;
  for (const { deletion } of cut ? denied : []) {
    const [program, ...args] = deletion;
    const outcome = attemptProgram(program as string, args);
    // An entry that has ended meanwhile needs no deletion.
    if (outcome.kind === 'ran') deleted++;
    else if (!/0 flow entries/.test(outcome.error.stderr)) problems.push(outcome.error.message);
  }
  const undetermined = judged.filter(({ fate }) => fate === 'undetermined').length;
  return { denied, undetermined, deleted, problems };
}

function judge(policy: PolicyToApply, problems: string[]): readonly JudgedConnection[] {
  const missing: Missing[] = [];
  const table = readConnectionTable(missing);
  for (const { why } of missing) problems.push(`live connections are not known: ${why}`);
  try {
    const place = { file: THIS_MACHINE, line: 1, column: 1 };
    const connections = parseConnections(table, place);
    return judgeConnections(policy.model.withConnections(connections)).judged;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    problems.push(`live connections are not known: ${error.message}`);
    return [];
  }
}
