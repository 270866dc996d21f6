import { openSession } from '../apply/session.ts';
import { startSupervisor } from '../apply/supervisor.ts';
import { UsageError } from '../source/errors.ts';
import { type ApplyResult, applyPolicy, beforeWriting } from './apply/apply-policy.ts';
import { findDenied } from './apply/denied-connections.ts';
import { type KernelOptions, parseDuration, sessionOptions } from './apply/kernel-options.ts';
import { policyForMachine, readPolicy } from './apply/load-policy.ts';
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
  /** How often --watch looks at the kernel. */
  readonly interval: string;
}

const FORMS = ['text', 'json'] as const;

/** `hepsim apply`: the rules into the kernel. Returns the exit code. @throws InputError, UsageError, EnvironmentError, KernelError */
export async function runApply(options: ApplyOptions, terminal: Terminal): Promise<number> {
  const form = outputForm(options.output, FORMS);
  const { watch, confirmWithin } = options;
  if (watch !== undefined) {
    if (confirmWithin !== undefined || options.dryRun === true) {
      throw new UsageError('--watch goes with neither --confirm-within nor --dry-run');
    }
    const { watchDocuments } = await import('./apply/watch-documents.ts');
    return watchDocuments({ ...options, watch }, terminal);
  }
  const within =
    confirmWithin === undefined ? undefined : parseDuration('--confirm-within', confirmWithin);
  const opening = sessionOptions(options, options.dryRun !== true);
  const documents = readPolicy(options, terminal);
  const guard = await prepareGuard(options, terminal);
  const session = beforeWriting(() => openSession(opening));
  let report: ApplyReport;
  let result: ApplyResult;
  try {
    for (const note of session.notes) terminal.writeError(`note: ${note}\n`);
    const policy = beforeWriting(() => policyForMachine(documents, session, terminal));
    report = new ApplyReport(form, policy, {
      terminal,
      paint: painter({ color: wantsColor(options, terminal) && form === 'text' }),
      verbose: options.verbose === true,
      quiet: options.quiet === true,
    });
    const way = {
      force: options.force === true,
      dryRun: options.dryRun === true,
      guardUnchanged: true,
      within,
      supervisor: () => startSupervisor(opening),
      planned: report.plan.bind(report),
    };
    result = await applyPolicy(session, policy, guard, way, terminal);
    report.result(result);
    if (result.kind === 'applied') {
      report.denied(findDenied(policy, options.cutDenied === true));
    }
  } finally {
    session.close();
  }
  const isUnsafe =
    result.kind === 'refused' ||
    (result.kind === 'unchanged' && result.lost.length > 0 && options.force !== true);
  let code: number = isUnsafe ? EXIT.doesNotHold : EXIT.holds;
  if (result.kind === 'applied' && within !== undefined && options.wait) {
    const kept = await waitForConfirmation(opening, within, terminal);
    report.confirmed(kept);
    if (!kept) code = EXIT.rolledBack;
  }
  report.end();
  return code;
}
