import { EnvironmentError } from '../source/errors.ts';
import { type ChangeOutcome, changeKernel } from './change-kernel.ts';
import { type ChosenBuild, chooseBuild } from './choose-build.ts';
import { type Change, describeChange } from './describe-change.ts';
import { makeSteps, type StepPlan } from './make-steps.ts';
import type { OwnState } from './own-state.ts';
import type { ForeignUse } from './parse-rule-text.ts';
import { type RuleFiles, stateOf } from './rule-files.ts';
import { recordInForce, type Session } from './session.ts';
import { secondsSinceBoot, thisKernel } from './state/kernel-identity.ts';
import { type ApplyRecord, RECORDS_KEPT, type StateRecord } from './state/state-record.ts';
import { StopWatch, timedTools } from './timed-tools.ts';

/** What apply would do. */
export interface ApplyPlan {
  readonly chosen: ChosenBuild;
  readonly wanted: OwnState;
  readonly change: Change;
  readonly steps: StepPlan;
}

/**
 * Compares what the kernel has with what is to be there.
 *
 * @throws KernelError when ours are in both builds. EnvironmentError when another apply waits for its confirmation, or rules of others hold what would go.
 */
export function planApply(session: Session, files: RuleFiles): ApplyPlan {
  const { state } = session;
  if (state.pending !== undefined && recordInForce(state) !== undefined) {
    throw new EnvironmentError(
      `apply ${state.pending.id} waits to be confirmed: \`hepsim confirm\` or \`hepsim rollback\` first`,
    );
  }
  const chosen = chooseBuild(session.builds);
  const wanted = stateOf(files);
  refuseHeld(chosen, wanted);
  const old = chosen.kernel.own;
  return {
    chosen,
    wanted,
    change: describeChange(old, wanted),
    steps: makeSteps(old, wanted, files),
  };
}

/** @throws EnvironmentError when a rule of somebody else refers to something of ours that would go. */
export function refuseHeld({ kernel }: ChosenBuild, wanted: OwnState): void {
  const held = kernel.foreignUses.filter((use) => isHeld(use, kernel.own, wanted));
  if (held.length === 0) return;
  const lines = held.map(({ table, line }) => `\n    ${table}: ${line}`);
  throw new EnvironmentError(
    `rules that are not hepsim's use chains or sets of hepsim that would go: remove them first${lines.join('')}`,
  );
}

function isHeld({ table, references }: ForeignUse, old: OwnState, wanted: OwnState): boolean {
  const has = (state: OwnState, name: string): boolean =>
    [state.tables[4], state.tables[6]].some((tables) =>
      [...tables].some(([key, { chains }]) => key === table && chains.has(name)),
    );
  const { target, sets } = references;
  const chainGoes = target !== undefined && has(old, target) && !has(wanted, target);
  return chainGoes || sets.some((name) => old.sets.has(name) && !wanted.sets.has(name));
}

/** What is remembered of an apply beside what this process knows by itself. */
export type ApplyFacts = Pick<
  ApplyRecord,
  'documentsDigest' | 'documents' | 'time' | 'by' | 'node' | 'calicoVersion' | 'forced'
>;

/** How to write. */
export interface WriteOptions {
  readonly facts: ApplyFacts;
  /** Seconds within which the apply must be confirmed; undefined: it stays. */
  readonly confirmWithin?: number | undefined;
}

/** What was written and how that ended. */
export interface WrittenApply {
  readonly record: ApplyRecord;
  readonly outcome: ChangeOutcome;
  /** How long the programs took that wrote to the kernel, in milliseconds. */
  readonly kernelMs: number;
}

/**
 * Writes the rules, and remembers that.
 *
 * @throws EnvironmentError when the disk refuses; then nothing was changed.
 */
export function writeApply(
  { directory, state }: Session,
  { chosen, wanted, steps }: ApplyPlan,
  files: RuleFiles,
  { facts, confirmWithin }: WriteOptions,
): WrittenApply {
  const id = Math.max(0, ...state.records.map((one) => one.id)) + 1;
  const record: ApplyRecord = {
    id,
    digest: files.digest,
    build: chosen.tools.build,
    where: thisKernel(),
    ...facts,
  };
  const next = nextState(state, record, confirmWithin);
  const old = chosen.kernel.own;
  const generation = { id, before: old, texts: files };
  const change = { old, wanted, plan: steps, next, generation };
  const watch = new StopWatch();
  const outcome = changeKernel(change, directory, timedTools(chosen.tools, watch));
  if (outcome.kind === 'done' && next.pending !== undefined) {
    // The time to confirm begins now; what it took to write is not part of it.
    directory.writeState(nextState(state, record, confirmWithin));
  }
  return { record, outcome, kernelMs: watch.milliseconds };
}

function nextState(
  state: StateRecord,
  record: ApplyRecord,
  within: number | undefined,
): StateRecord {
  // Records of an earlier boot are of rules that are gone.
  const ofBoot = state.records.filter(({ where }) => where.bootId === record.where.bootId);
  const isCut = state.isCut && ofBoot.length > 0;
  return {
    format: 1,
    records: [...ofBoot, record].slice(-RECORDS_KEPT),
    isCut: isCut || ofBoot.length >= RECORDS_KEPT,
    pending:
      within === undefined
        ? undefined
        : { id: record.id, deadline: secondsSinceBoot() + within, withinSeconds: within },
    event: undefined,
  };
}
