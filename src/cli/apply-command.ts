import { type ApplyPlan, planApply, type WrittenApply, writeApply } from '../apply/apply-rules.ts';
import { describeChange, isNoChange } from '../apply/describe-change.ts';
import type { LostAccess } from '../apply/guard/check-access.ts';
import { readKernel } from '../apply/read-kernel.ts';
import { openSession, rollBack, type Session, type SessionOptions } from '../apply/session.ts';
import { startSupervisor } from '../apply/supervisor.ts';
import { EnvironmentError, KernelError } from '../source/errors.ts';
import { type KernelOptions, parseDuration, sessionOptions } from './apply/kernel-options.ts';
import { loadPolicy, type PolicyToApply } from './apply/load-policy.ts';
import { failedChange, nothingChanged } from './apply/outcome-text.ts';
import { type GuardOptions, prepareGuard } from './apply/run-guard.ts';
import { waitForConfirmation } from './apply/wait-for-confirmation.ts';
import {
  type DocumentOptions,
  outputForm,
  type PrintOptions,
  wantsColor,
} from './common-options.ts';
import { ApplyReport } from './print/apply-report.ts';
import { painter } from './print/style.ts';
import { EXIT, type Terminal } from './terminal.ts';

export interface ApplyOptions extends DocumentOptions, PrintOptions, KernelOptions, GuardOptions {
  readonly output: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly confirmWithin?: string;
  /** False with `--no-wait`. */
  readonly wait: boolean;
  readonly cutDenied?: boolean;
  readonly watch?: string;
}

const FORMS = ['text', 'json'] as const;

/** `hepsim apply`: the rules into the kernel. Returns the exit code. @throws InputError, UsageError, EnvironmentError, KernelError */
export async function runApply(options: ApplyOptions, terminal: Terminal): Promise<number> {
  const form = outputForm(options.output, FORMS);
  const within =
    options.confirmWithin === undefined
      ? undefined
      : parseDuration('--confirm-within', options.confirmWithin);
  const opening = sessionOptions(options, options.dryRun !== true);
  const policy = loadPolicy(options, terminal);
  const guard = await prepareGuard(options, terminal);
  const report = new ApplyReport(form, policy, {
    terminal,
    paint: painter({ color: wantsColor(options, terminal) && form === 'text' }),
    verbose: options.verbose === true,
    quiet: options.quiet === true,
  });
  const session = beforeWriting(() => openSession(opening));
  try {
    for (const note of session.notes) terminal.writeError(`note: ${note}\n`);
    const plan = beforeWriting(() => planApply(session, policy.files));
    report.plan(plan);
    if (options.dryRun === true || plan.steps.kind === 'nothing') {
      report.end();
      return EXIT.holds;
    }
    const lost = guard.check(policy.model);
    report.guard(lost, options.force === true);
    if (lost.length > 0 && options.force !== true) {
      report.end();
      return EXIT.doesNotHold;
    }
    const written = await write(session, { plan, policy, within, forced: lost }, opening, terminal);
    report.written(written);
  } finally {
    session.close();
  }
  if (within === undefined || !options.wait) {
    report.end();
    return EXIT.holds;
  }
  const confirmed = await waitForConfirmation(opening, within, terminal);
  report.confirmed(confirmed);
  report.end();
  return confirmed ? EXIT.holds : EXIT.rolledBack;
}

interface Writing {
  readonly plan: ApplyPlan;
  readonly policy: PolicyToApply;
  readonly within: number | undefined;
  readonly forced: readonly LostAccess[];
}

async function write(
  session: Session,
  { plan, policy, within, forced }: Writing,
  opening: SessionOptions,
  terminal: Terminal,
): Promise<WrittenApply> {
  const supervisor = startSupervisor(opening);
  const signals = holdSignals();
  try {
    // Without a watchdog that watches, rules that may have to be undone are not written.
    if (within !== undefined) await supervisor.ready();
    const facts = {
      documentsDigest: policy.documentsDigest,
      documents: policy.texts.map(({ file }) => file),
      time: new Date().toISOString(),
      by: whoAsks(terminal),
      node: policy.model.choice.node,
      calicoVersion: policy.model.resources.version,
      forced: forced.map(({ name, reason }) => `${name}: ${reason}`),
    };
    const written = beforeWriting(() =>
      writeApply(session, plan, policy.files, { facts, confirmWithin: within }),
    );
    if (written.outcome.kind !== 'done') throw failedChange(written.outcome);
    compareReadBack(session, plan);
    return written;
  } finally {
    supervisor.release();
    signals.release();
  }
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
  const outcome = rollBack(
    { ...session, state, builds },
    'the rules read back were not those written',
  );
  if (outcome.kind !== 'done') throw failedChange(outcome);
  throw new EnvironmentError(
    `the kernel has other rules than were written: ${JSON.stringify(difference)}\n` +
      '    the rules from before are in force again',
  );
}

/** A refusal here has changed nothing, and says so. */
function beforeWriting<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof KernelError || error instanceof EnvironmentError)
      throw nothingChanged(error);
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
