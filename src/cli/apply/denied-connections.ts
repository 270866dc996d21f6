import { parseConnections } from '../../host/connections/parse-connections.ts';
import { inspectMachine } from '../../machine/inspect-machine.ts';
import { attemptProgram } from '../../machine/run-program.ts';
import { type JudgedConnection, judgeConnections } from '../../scenario/judge-connections.ts';
import { KernelError } from '../../source/errors.ts';
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
  try {
    const { host, missing } = inspectMachine({
      name: policy.model.choice.node,
      connections: true,
    });
    const table = missing.find(({ what }) => what === 'the connection table');
    if (table !== undefined) problems.push(`live connections are not known: ${table.why}`);
    if (host.connections === undefined) return [];
    const connections = parseConnections(host.connections.text, host.connections.location);
    return judgeConnections(policy.modelWith(connections)).judged;
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    problems.push(`live connections are not known: ${error.message}`);
    return [];
  }
}
