import { KernelError } from '../source/errors.ts';
import { convergeTables } from './converge-table.ts';
import type { KernelTools } from './kernel-tools.ts';
import type { Step, StepPlan } from './make-steps.ts';
import { EMPTY_TABLE, FAMILIES, type OwnState, sameSet, TABLES } from './own-state.ts';
import { SWITCH } from './ownership.ts';
import { readKernel } from './read-kernel.ts';
import { createSet, replaceSet, toText } from './set-text.ts';
import { differsInRules } from './stage-tables.ts';

/** Which of two rulesets packets meet. */
export type Side = 'old' | 'wanted';

/** How a change of the kernel ended. */
export type TransactionOutcome =
  | { readonly kind: 'done' }
  | {
      readonly kind: 'failed';
      /** The rules that packets meet now, all of them and no others. */
      readonly inForce: Side;
      /** Whether nothing else of ours is left: otherwise rules that no packet meets wait to be cleared away. */
      readonly clean: boolean;
      readonly step: string;
      readonly error: KernelError;
    };

/** What a change goes from and to, and the steps of it. */
export interface Transaction {
  readonly old: OwnState;
  readonly wanted: OwnState;
  readonly plan: StepPlan;
}

/**
 * Carries out the steps. When one fails, the kernel is brought back to the old state or, where the decisive step had been done, on to the wanted
 * one.
 */
export function runTransaction(transaction: Transaction, tools: KernelTools): TransactionOutcome {
  for (const step of transaction.plan.steps) {
    try {
      runStep(step, tools);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      return settleAfter(error, step, transaction, tools);
    }
  }
  return { kind: 'done' };
}

function runStep(step: Step, tools: KernelTools): void {
  switch (step.kind) {
    case 'sets':
      tools.restoreSets(step.text);
      return;
    case 'rules':
      tools.restoreRules(step.family, step.text);
      return;
    case 'switch':
      tools.swapSets(SWITCH.off, SWITCH.on);
      return;
    case 'destroy':
      tools.destroySets(step.names);
      return;
  }
}

function settleAfter(
  error: KernelError,
  step: Step,
  transaction: Transaction,
  tools: KernelTools,
): TransactionOutcome {
  const { plan } = transaction;
  // What the steps done so far mean, should the kernel not answer any more.
  let inForce: Side = plan.steps.indexOf(step) > plan.decisive ? 'wanted' : 'old';
  try {
    inForce = sideInForce(readKernel(tools).own, transaction);
    settle(transaction[inForce], tools);
  } catch (second) {
    if (!(second instanceof KernelError)) throw second;
    return { kind: 'failed', inForce, clean: false, step: step.what, error };
  }
  if (inForce === 'wanted') return { kind: 'done' };
  return { kind: 'failed', inForce, clean: true, step: step.what, error };
}

/**
 * Which rules packets meet in a kernel that a transaction was at work on, wherever it was cut off: what the switch says while there is one,
 * otherwise what the rules are.
 */
export function sideInForce(
  actual: OwnState,
  { old, wanted }: Pick<Transaction, 'old' | 'wanted'>,
): Side {
  const asked = actual.sets.get(SWITCH.off);
  if (asked !== undefined) return asked.members.size > 0 ? 'wanted' : 'old';
  const rulesDiffer = FAMILIES.some((family) =>
    TABLES.some((name) =>
      differsInRules(
        actual.tables[family].get(name) ?? EMPTY_TABLE,
        wanted.tables[family].get(name) ?? EMPTY_TABLE,
      ),
    ),
  );
  if (rulesDiffer) return 'old';
  for (const [name, set] of wanted.sets) {
    const present = actual.sets.get(name);
    // A set that both have decides only where it is another in the wanted state.
    const changes = old.sets.has(name) && !sameSet(old.sets.get(name) ?? set, set);
    if (changes && (present === undefined || !sameSet(present, set))) return 'old';
  }
  return 'wanted';
}

/**
 * Makes a kernel hold exactly what is meant, from wherever a transaction left it, when packets meet that already: only what they do not meet is
 * changed.
 *
 * @throws KernelError
 */
export function settle(meant: OwnState, tools: KernelTools): void {
  const actual = readKernel(tools).own;
  const lines: string[] = [];
  for (const [name, set] of meant.sets) {
    const present = actual.sets.get(name);
    if (present === undefined) lines.push(...createSet(name, set));
    else if (!sameSet(present, set)) lines.push(...replaceSet(name, set));
  }
  // Left by a replacement that was cut off, and in the way of the next.
  const temporary = [...actual.sets.keys()].filter((name) => /^hep[46]t:/.test(name));
  if (temporary.length > 0) tools.destroySets(temporary);
  if (lines.length > 0) tools.restoreSets(toText(lines));
  for (const family of FAMILIES) {
    const text = convergeTables(actual.tables[family], meant.tables[family]);
    if (text !== '') tools.restoreRules(family, text);
  }
  const left = [...actual.sets.keys()].filter((name) => !meant.sets.has(name));
  // Sets that hold others go first.
  const holders = [SWITCH.off, SWITCH.on].filter((name) => left.includes(name));
  const rest = left.filter((name) => !holders.includes(name as (typeof holders)[number]));
  if (left.length > 0) tools.destroySets([...holders, ...rest]);
}
