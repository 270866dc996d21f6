import type { KernelTools } from './kernel-tools.ts';
import { makeSteps, type WholeTexts } from './make-steps.ts';
import type { OwnState } from './own-state.ts';
import { readKernel } from './read-kernel.ts';
import { thisKernel } from './state/kernel-identity.ts';
import type { Generation, StateDirectory } from './state/state-directory.ts';
import type { StateRecord } from './state/state-record.ts';
import { runTransaction, settle, sideInForce, type TransactionOutcome } from './transaction.ts';

/** A change of the kernel together with what is remembered of it. */
export interface KernelChange {
  readonly old: OwnState;
  readonly wanted: OwnState;
  /** What compile prints, for a kernel without anything of ours. */
  readonly whole?: WholeTexts | undefined;
  /** What is remembered when the change is done. */
  readonly next: StateRecord;
  readonly generation?: Generation | undefined;
}

/**
 * Changes the kernel and the record of it, so that whatever happens meanwhile the two can be brought to agree. The caller holds the lock of the
 * directory.
 *
 * @throws EnvironmentError when the disk refuses: before anything was done to the kernel, or behind it, with the journal in place.
 */
export function changeKernel(
  change: KernelChange,
  directory: StateDirectory,
  tools: KernelTools,
): TransactionOutcome {
  const { old, wanted, whole, next, generation } = change;
  const plan = makeSteps(old, wanted, whole);
  directory.begin({ build: tools.build, where: thisKernel(), old, wanted }, next, generation);
  const outcome = runTransaction({ old, wanted, plan }, tools);
  if (outcome.kind === 'done') directory.commit();
  else if (outcome.clean && outcome.inForce === 'old') directory.abort();
  return outcome;
}

/** What came of a change that a command before this one had begun. */
export type Recovery =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'ended'; readonly inForce: 'old' | 'wanted' }
  /** The change was made to a kernel that is no more, or in a namespace that this process is not in. */
  | { readonly kind: 'elsewhere' };

/**
 * Ends a change that was cut off: back to the old rules, or on to the wanted ones where they are in force. The caller holds the lock of the
 * directory.
 *
 * @throws KernelError, EnvironmentError with the journal in place, so that the next command tries again.
 */
export function recover(
  directory: StateDirectory,
  toolsOf: (build: KernelTools['build']) => KernelTools,
): Recovery {
  const journal = directory.readJournal();
  if (journal === undefined) return { kind: 'nothing' };
  const here = thisKernel();
  const sameBoot = journal.where.bootId === here.bootId;
  if (sameBoot && journal.where.namespace !== here.namespace) return { kind: 'elsewhere' };
  const tools = toolsOf(journal.build);
  const actual = readKernel(tools).own;
  const side = sideInForce(actual, journal);
  // After a boot there are no rules to go back to, but somebody may have saved and restored those of the change.
  if (sameBoot || hasPassing(actual)) settle(journal[side], tools);
  if (side === 'wanted') directory.commit();
  else directory.abort();
  return { kind: 'ended', inForce: side };
}

function hasPassing({ tables, sets }: OwnState): boolean {
  const chains = [tables[4], tables[6]].flatMap((family) =>
    [...family.values()].flatMap((table) => [...table.chains.keys()]),
  );
  return sets.has('hep-switch') || chains.some((name) => name.startsWith('hep-new-'));
}
