import { refuseHeld } from './apply-rules.ts';
import { type ChangeOutcome, changeKernel } from './change-kernel.ts';
import { EMPTY_STATE, isEmptyState } from './own-state.ts';
import { readKernel } from './read-kernel.ts';
import type { Session } from './session.ts';
import { NOTHING_APPLIED } from './state/state-record.ts';

/**
 * Takes away all that is ours, of both builds, and forgets it. Returns whether there was anything, and the first change that failed.
 *
 * @throws EnvironmentError when rules of others hold something of ours; then nothing was changed. KernelError
 */
export function removeRules({ directory, builds }: Session): {
  readonly found: boolean;
  readonly failed: Exclude<ChangeOutcome, { readonly kind: 'done' }> | undefined;
} {
  for (const build of builds) refuseHeld(build, EMPTY_STATE);
  let found = false;
  for (const { tools } of builds) {
    // Sets are of both builds: the first that is emptied takes those with it that the second does not use.
    const old = readKernel(tools).own;
    const rulesOnly = { ...old, sets: new Map() };
    if (isEmptyState(rulesOnly)) continue;
    found = true;
    const next = NOTHING_APPLIED;
    const outcome = changeKernel(
      { old, wanted: { ...EMPTY_STATE, sets: old.sets }, next },
      directory,
      tools,
    );
    if (outcome.kind !== 'done') return { found, failed: outcome };
  }
  const tools = builds[0]?.tools;
  if (tools !== undefined) {
    const old = readKernel(tools).own;
    if (old.sets.size > 0) {
      found = true;
      const outcome = changeKernel(
        { old, wanted: EMPTY_STATE, next: NOTHING_APPLIED },
        directory,
        tools,
      );
      if (outcome.kind !== 'done') return { found, failed: outcome };
    }
  }
  return { found, failed: undefined };
}
