import { EnvironmentError, KernelError } from '../source/errors.ts';
import { type ChangeOutcome, changeKernel, recover } from './change-kernel.ts';
import { type ChosenBuild, chooseBuild, readBuilds } from './choose-build.ts';
import { isEmptyState } from './own-state.ts';
import { lockDirectory } from './state/directory-lock.ts';
import { secondsSinceBoot, thisKernel } from './state/kernel-identity.ts';
import { StateDirectory } from './state/state-directory.ts';
import {
  type ApplyRecord,
  NOTHING_APPLIED,
  RECORDS_KEPT,
  type StateRecord,
} from './state/state-record.ts';

/** One command's work with the kernel's rules and the record of them, alone. */
export interface Session {
  readonly directory: StateDirectory;
  readonly state: StateRecord;
  /** Both builds of iptables as they are. */
  readonly builds: readonly ChosenBuild[];
  /** What was done before the command's own work, for people. */
  readonly notes: readonly string[];
  /** Why an apply that was not confirmed in time is in force all the same; the kernel holds all of its rules and no others. */
  readonly unfinished: EnvironmentError | KernelError | undefined;
  readonly close: () => void;
}

export interface SessionOptions {
  readonly path: string;
  /** How long to wait for the lock of xtables, and for another hepsim. */
  readonly lockSeconds: number;
  /** Whether to make the directory where it is missing; a command that only looks does not. */
  readonly create: boolean;
}

/** How word of a supervisor that gave up begins. */
export const GAVE_UP = 'the watchdog gave up';

/**
 * Takes the lock of the state directory, ends what a command before has begun and not ended, and undoes an apply that was not confirmed in time.
 *
 * @throws EnvironmentError, KernelError
 */
export function openSession({ path, lockSeconds, create }: SessionOptions): Session {
  const directory = new StateDirectory(path);
  if (!create && !directory.exists()) {
    const builds = readBuilds({ lockSeconds });
    const nothing = { state: NOTHING_APPLIED, notes: [], unfinished: undefined };
    return { directory, ...nothing, builds, close: () => undefined };
  }
  directory.prepare();
  const lock = lockDirectory(path, lockSeconds);
  try {
    const read = (): readonly ChosenBuild[] =>
      readBuilds({ lockSeconds, keepOpen: lock.descriptor });
    let builds = read();
    const notes = wordLeft(directory.readState());
    const recovery = recover(directory, (build) => toolsOf(builds, build));
    if (recovery.kind === 'elsewhere') {
      throw new EnvironmentError(
        `${path} holds an apply that was cut off in another network namespace; ` +
          'end it there (`hepsim status`), or use one --state-dir for each namespace',
      );
    }
    if (recovery.kind === 'ended') {
      const which = recovery.inForce === 'old' ? 'the rules before it' : 'its rules';
      notes.push(`a change that was cut off has been ended: ${which} are in force`);
      builds = read();
    }
    let state = directory.readState();
    let unfinished: Session['unfinished'];
    if (isOverdue(state)) {
      unfinished = endUnconfirmed({ directory, state, builds });
      state = directory.readState();
      notes.push(unfinished === undefined ? (state.event ?? '') : stuckText(state, unfinished));
      builds = read();
    }
    state = wordTold(directory, state);
    return { directory, state, builds, notes, unfinished, close: lock.release };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function toolsOf(
  builds: readonly ChosenBuild[],
  build: ChosenBuild['tools']['build'],
): ChosenBuild['tools'] {
  const found = builds.find(({ tools }) => tools.build === build);
  if (found === undefined) throw new EnvironmentError(`iptables-${build} is not here any more`);
  return found.tools;
}

/** The apply that the kernel should be in the state of; undefined when there is none, or its kernel is no more. */
export function recordInForce(state: StateRecord): ApplyRecord | undefined {
  const last = state.records.at(-1);
  return last === undefined || last.where.bootId !== thisKernel().bootId ? undefined : last;
}

/** Whether an apply has waited for its confirmation for too long. */
export function isOverdue(state: StateRecord): boolean {
  const { pending } = state;
  if (pending === undefined || recordInForce(state) === undefined) return false;
  return secondsSinceBoot() >= pending.deadline;
}

function wordLeft({ event }: StateRecord): string[] {
  return event?.startsWith(GAVE_UP) === true ? [event] : [];
}

/** Its word is told once: from then on every command says by itself how things stand. */
function wordTold(directory: StateDirectory, state: StateRecord): StateRecord {
  if (wordLeft(state).length === 0) return state;
  const told = { ...state, event: undefined };
  try {
    directory.writeState(told);
  } catch (error) {
    // Then it is told once more.
    if (!(error instanceof EnvironmentError)) throw error;
  }
  return told;
}

/**
 * Undoes an apply that was not confirmed in time. Returns what is in the way of that where the apply is in force as a whole, so that commands that could
 * clear it out of the way can work.
 *
 * @throws EnvironmentError, KernelError where the kernel or the record is left half done
 */
function endUnconfirmed(
  session: Pick<Session, 'directory' | 'state' | 'builds'>,
): Session['unfinished'] {
  try {
    const outcome = rollBack(session, unconfirmedText(session.state));
    if (outcome.kind !== 'done') throw outcome.error;
    return undefined;
  } catch (error) {
    if (!(error instanceof EnvironmentError || error instanceof KernelError)) throw error;
    if (session.directory.hasJournal()) throw error;
    return error;
  }
}

function stuckText({ pending }: StateRecord, { message }: Error): string {
  return (
    `apply ${pending?.id} was not confirmed within ${pending?.withinSeconds} s, but cannot be rolled back, and its rules are in force: ${message}; ` +
    '`hepsim confirm` keeps them, `hepsim remove` takes all of hepsim away'
  );
}

function unconfirmedText({ pending }: StateRecord): string {
  return `apply ${pending?.id} was not confirmed within ${pending?.withinSeconds} s and has been rolled back`;
}

/**
 * Brings back what the kernel held before the last apply.
 *
 * @throws EnvironmentError when there is nothing to go back to. KernelError when the kernel cannot be read.
 */
export function rollBack(
  { directory, state, builds }: Pick<Session, 'directory' | 'state' | 'builds'>,
  event: string,
): ChangeOutcome {
  const last = recordInForce(state);
  if (last === undefined) {
    throw new EnvironmentError(
      state.records.length === 0
        ? 'there is no apply to roll back'
        : 'the machine has been started again since the last apply: none of its rules are in force',
    );
  }
  if (state.isCut && state.records.length === 1) {
    throw new EnvironmentError(
      `what was there before apply ${last.id} is not kept any more: rollback goes back ${RECORDS_KEPT - 1} applies`,
    );
  }
  const { kernel, tools } = chooseBuild(builds);
  const wanted = directory.readBefore(last.id);
  const next: StateRecord = {
    format: 1,
    isCut: state.isCut,
    records: state.records.slice(0, -1),
    pending: undefined,
    event,
  };
  return changeKernel({ old: kernel.own, wanted, next }, directory, tools);
}

/** Whether a build holds anything of ours. */
export function holdsOurs({ kernel }: ChosenBuild): boolean {
  return !isEmptyState(kernel.own);
}
