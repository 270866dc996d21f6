import { EnvironmentError } from '../source/errors.ts';
import type { KernelTools } from './kernel-tools.ts';
import { makeSteps, type StepPlan } from './make-steps.ts';
import type { OwnState } from './own-state.ts';
import { readKernel } from './read-kernel.ts';
import { thisKernel } from './state/kernel-identity.ts';
import type { Generation, Journal, StateDirectory } from './state/state-directory.ts';
import type { StateRecord } from './state/state-record.ts';
import { runTransaction, settle, sideInForce, type TransactionOutcome } from './transaction.ts';

/** A change of the kernel together with what is remembered of it. */
export interface KernelChange {
  readonly old: OwnState;
  readonly wanted: OwnState;
  /** How the kernel gets there, where that has been worked out already. */
  readonly plan?: StepPlan | undefined;
  /** What is remembered when the change is done. */
  readonly next: StateRecord;
  readonly generation?: Generation | undefined;
}

/** How a change of the kernel and of the record ended. */
export type ChangeOutcome =
  | TransactionOutcome
  /** The wanted rules are in force, and the next command will find that out from the journal. */
  | { readonly kind: 'unrecorded'; readonly error: EnvironmentError };

/**
 * Changes the kernel and the record of it, so that whatever happens meanwhile the two can be brought to agree. The caller holds the lock of the
 * directory.
 *
 * @throws EnvironmentError when the disk refuses, before anything was done to the kernel.
 */
export function changeKernel(
  change: KernelChange,
  directory: StateDirectory,
  tools: KernelTools,
): ChangeOutcome {
  const { old, wanted, next, generation, plan = makeSteps(old, wanted) } = change;
  begin({ build: tools.build, where: thisKernel(), old, wanted }, next, generation, directory);
  const outcome = runTransaction({ old, wanted, plan }, tools);
  try {
    if (outcome.kind === 'done') directory.commit();
    else if (outcome.clean && outcome.inForce === 'old') directory.abort();
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    // Nothing is lost: the journal stays, and the next command reads from the kernel how the change ended.
    if (outcome.kind === 'done') return { kind: 'unrecorded', error };
  }
  return outcome;
}

function begin(
  journal: Journal,
  next: StateRecord,
  generation: Generation | undefined,
  directory: StateDirectory,
): void {
  try {
    directory.begin(journal, next, generation);
  } catch (error) {
    try {
      directory.abort();
    } catch {
      // What is left on the disk is of a change that nobody made; the next command clears it away.
    }
    throw error;
  }
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
