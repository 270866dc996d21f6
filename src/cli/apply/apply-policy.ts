import {
  type ApplyPlan,
  planApply,
  type WrittenApply,
  writeApply,
} from '../../apply/apply-rules.ts';
import { describeChange, isNoChange } from '../../apply/describe-change.ts';
import type { LostAccess } from '../../apply/guard/check-access.ts';
import { readKernel } from '../../apply/read-kernel.ts';
import { rollBack, type Session } from '../../apply/session.ts';
import type { Supervisor } from '../../apply/supervisor.ts';
import { EnvironmentError, KernelError } from '../../source/errors.ts';
import type { Terminal } from '../terminal.ts';
import type { PolicyToApply } from './load-policy.ts';
import { failedChange, nothingChanged } from './outcome-text.ts';
import type { Guard } from './run-guard.ts';

/** How far an apply came. */
export type ApplyResult =
  | { readonly kind: 'planned'; readonly plan: ApplyPlan }
  /** The rules are in force already; `lost` is what they do not let pass. */
  | { readonly kind: 'unchanged'; readonly plan: ApplyPlan; readonly lost: readonly LostAccess[] }
  | { readonly kind: 'refused'; readonly plan: ApplyPlan; readonly lost: readonly LostAccess[] }
  | {
      readonly kind: 'applied';
      readonly plan: ApplyPlan;
      readonly lost: readonly LostAccess[];
      readonly written: WrittenApply;
    };

/** How an apply is done. */
export interface ApplyWay {
  /** Go on even when the guard finds something. */
  readonly force: boolean;
  /** Only look what would change. */
  readonly dryRun: boolean;
  /** Ask the guard also where nothing changes. */
  readonly guardUnchanged: boolean;
  /** Seconds within which it must be confirmed. */
  readonly within: number | undefined;
  /** Starts what ends the change should this process be killed; called only before something is written. */
  readonly supervisor: () => Supervisor;
  /** Told of the plan before the guard is asked. */
  readonly planned?: (plan: ApplyPlan) => void;
}

/**
 * Plan, guard, write, read back.
 *
 * @throws EnvironmentError, KernelError that say which rules are in force.
 */
export async function applyPolicy(
  session: Session,
  policy: PolicyToApply,
  guard: Guard,
  way: ApplyWay,
  terminal: Terminal,
): Promise<ApplyResult> {
  const plan = beforeWriting(() => planApply(session, policy.files));
  way.planned?.(plan);
  if (plan.steps.kind === 'nothing') {
    const isAsked = way.guardUnchanged && !way.dryRun;
    const lost = isAsked ? await guard.check(policy.model, policy.asIs) : [];
    return { kind: 'unchanged', plan, lost };
  }
  if (way.dryRun) return { kind: 'planned', plan };
  const lost = await guard.check(policy.model, policy.asIs);
  if (lost.length > 0 && !way.force) return { kind: 'refused', plan, lost };
  const supervisor = way.supervisor();
  const signals = holdSignals();
  try {
    // Without a watchdog that watches, rules that may have to be undone are not written.
    if (way.within !== undefined) await supervisor.ready();
    const written = write(session, { plan, policy, lost, within: way.within }, terminal);
    return { kind: 'applied', plan, lost, written };
  } finally {
    supervisor.release();
    signals.release();
  }
}

/** Records are read and written whole, and documents may be tens of thousands of files. */
const NAMES_KEPT = 20;

interface Writing {
  readonly plan: ApplyPlan;
  readonly policy: PolicyToApply;
  readonly within: number | undefined;
  readonly lost: readonly LostAccess[];
}

function write(
  session: Session,
  { plan, policy, within, lost }: Writing,
  terminal: Terminal,
): WrittenApply {
  const facts = {
    documentsDigest: policy.documentsDigest,
    documents: namesOf(policy.texts),
    time: new Date().toISOString(),
    by: whoAsks(terminal),
    node: policy.model.choice.node,
    calicoVersion: policy.model.resources.version,
    forced: lost.map(({ name, reason }) => `${name}: ${reason}`),
  };
  const written = beforeWriting(() =>
    writeApply(session, plan, policy.files, { facts, confirmWithin: within }),
  );
  if (written.outcome.kind !== 'done') throw failedChange(written.outcome);
  compareReadBack(session, plan);
  return written;
}

/** Names of files, of very many the first. */
function namesOf(texts: PolicyToApply['texts']): readonly string[] {
  const names = texts.slice(0, NAMES_KEPT).map(({ file }) => file);
  const more = texts.length - names.length;
  return more === 0 ? names : [...names, `and ${more} more`];
}

/** What the kernel has now is what was meant, or it gets its old rules back. */
function compareReadBack(session: Session, { chosen, wanted }: ApplyPlan): void {
  const kernel = readKernel(chosen.tools);
  const difference = describeChange(kernel.own, wanted);
  if (isNoChange(difference)) return;
  const state = session.directory.readState();
  const builds = session.builds.map((one) =>
    one.tools.build === chosen.tools.build ? { ...one, kernel } : one,
  );
  const event = 'the rules read back were not those written';
  const outcome = rollBack({ ...session, state, builds }, event);
  if (outcome.kind !== 'done') throw failedChange(outcome);
  throw new EnvironmentError(
    `the kernel has other rules than were written: ${JSON.stringify(difference)}\n` +
      '    the rules from before are in force again',
  );
}

/** A refusal here has changed nothing, and says so. */
export function beforeWriting<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof KernelError || error instanceof EnvironmentError) {
      throw nothingChanged(error);
    }
    throw error;
  }
}

/** The user behind sudo, else the one that the environment names. */
function whoAsks({ environment }: Terminal): string {
  const { SUDO_USER, LOGNAME, USER } = environment;
  const uid = process.getuid?.() ?? 0;
  return SUDO_USER ?? LOGNAME ?? USER ?? `uid ${uid}`;
}

/** Signals that would end this process wait until the rules are all old or all new. */
function holdSignals(): { readonly release: () => void } {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const hold = (): void => undefined;
  for (const signal of signals) process.on(signal, hold);
  return {
    release: () => {
      for (const signal of signals) process.off(signal, hold);
    },
  };
}
