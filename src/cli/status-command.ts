import { chooseBuild } from '../apply/choose-build.ts';
import { DriftEffects } from '../apply/drift-effect.ts';
import { driftRulesets } from '../apply/drift-rulesets.ts';
import { type Drift, findDrift } from '../apply/find-drift.ts';
import type { WholeTexts } from '../apply/make-steps.ts';
import { EMPTY_STATE } from '../apply/own-state.ts';
import { digestIn, stateOf } from '../apply/rule-files.ts';
import { openSession, recordInForce, type Session } from '../apply/session.ts';
import { secondsSinceBoot } from '../apply/state/kernel-identity.ts';
import { inspectMachine } from '../machine/inspect-machine.ts';
import { InputError, KernelError } from '../source/errors.ts';
import { type KernelOptions, sessionOptions } from './apply/kernel-options.ts';
import { outputForm, type PrintOptions } from './common-options.ts';
import { driftText } from './print/drift-text.ts';
import { EXIT, type Terminal } from './terminal.ts';

export interface StatusOptions extends KernelOptions, PrintOptions {
  readonly output: string;
}

const FORMS = ['text', 'json'] as const;

/** `hepsim status`: what is in force, and what is no longer as it was applied. Returns the exit code. @throws EnvironmentError, KernelError, UsageError */
export function runStatus(options: StatusOptions, terminal: Terminal): number {
  const form = outputForm(options.output, FORMS);
  const session = openSession(sessionOptions(options, false));
  try {
    for (const note of session.notes) terminal.writeError(`note: ${note}\n`);
    const status = readStatus(session);
    if (form === 'json') terminal.writeOut(`${JSON.stringify(toJson(status, session), null, 2)}\n`);
    else printStatus(status, session, terminal);
    const holds =
      status.drifts.length === 0 && !status.restarted && session.unfinished === undefined;
    return holds ? EXIT.holds : EXIT.doesNotHold;
  } finally {
    session.close();
  }
}

interface Status {
  /** The machine was started again since the last apply. */
  readonly restarted: boolean;
  readonly drifts: readonly Drift[];
  /** What a difference does to packets, where a packet was found that it changes. */
  readonly effectOf: (drift: Drift) => string | undefined;
  /** What the kernel itself says that it has. */
  readonly kernelDigest: string | undefined;
}

function readStatus({ directory, state, builds }: Session): Status {
  const { kernel } = chooseBuild(builds);
  const record = recordInForce(state);
  const meant =
    record === undefined
      ? EMPTY_STATE
      : stateOf({ ...directory.readTexts(record.id), digest: record.digest });
  const drifts = findDrift(kernel.own, meant);
  return {
    effectOf:
      record === undefined || drifts.length === 0
        ? () => undefined
        : driftEffects(record.node, directory.readTexts(record.id)),
    restarted: record === undefined && state.records.length > 0,
    drifts,
    kernelDigest: digestIn(kernel.own),
  };
}

/** Looks at the machine as a simulation does; where that cannot be done, differences are told without what they do. */
function driftEffects(node: string, applied: WholeTexts): Status['effectOf'] {
  try {
    const { host } = inspectMachine({ name: node });
    const effects = {
      4: new DriftEffects(host, 4, driftRulesets(host, 4, applied)),
      6: new DriftEffects(host, 6, driftRulesets(host, 6, applied)),
    };
    return (drift) => ('family' in drift ? effects[drift.family].effectOf(drift) : undefined);
  } catch (error) {
    if (error instanceof InputError || error instanceof KernelError) return () => undefined;
    throw error;
  }
}

function toJson(
  { restarted, drifts, kernelDigest, effectOf }: Status,
  { state, unfinished }: Session,
): unknown {
  return {
    inForce: restarted ? null : (state.records.at(-1) ?? null),
    restarted,
    pending: restarted ? null : (state.pending ?? null),
    event: state.event ?? null,
    unfinished: unfinished?.message ?? null,
    kernelDigest: kernelDigest ?? null,
    drift: drifts.map((drift) => ({ ...drift, words: driftText(drift, effectOf(drift)) })),
  };
}

function printStatus(
  status: Status,
  { state, directory, unfinished }: Session,
  terminal: Terminal,
): void {
  const last = state.records.at(-1);
  const say = (text: string): void => terminal.writeOut(`${text}\n`);
  if (last === undefined) say('nothing is applied');
  else if (status.restarted) {
    say(
      `apply ${last.id} of ${last.time} is not in force: the machine has been started again since`,
    );
    if (state.pending !== undefined) {
      say('  it had not been confirmed, and there is nothing left to go back to');
    }
  } else {
    say(`apply ${last.id} of ${last.time} by ${last.by} is in force (iptables-${last.build})`);
    say(`  node       ${last.node}, Calico ${last.calicoVersion}`);
    say(`  documents  ${last.documentsDigest} (${last.documents.join(', ')})`);
    say(`  rules      ${last.digest}`);
    for (const forced of last.forced) say(`  forced     ${forced}`);
    say(`  record     ${directory.path}`);
  }
  if (state.pending !== undefined && !status.restarted) {
    const left = Math.ceil(state.pending.deadline - secondsSinceBoot());
    say(
      unfinished === undefined
        ? `waits for \`hepsim confirm\`: ${Math.max(0, left)} s left`
        : `not confirmed in time, and not rolled back: ${unfinished.message}`,
    );
  }
  if (state.event !== undefined) say(`last: ${state.event}`);
  for (const drift of status.drifts) say(`drift: ${driftText(drift, status.effectOf(drift))}`);
  if (status.drifts.length === 0 && last !== undefined && !status.restarted) {
    say('no drift: chains, rules and sets are as they were applied');
  }
}
