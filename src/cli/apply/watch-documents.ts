import { openSession, type Session, type SessionOptions } from '../../apply/session.ts';
import { type Supervisor, startSupervisor } from '../../apply/supervisor.ts';
import { type BegunInspection, beginInspection } from '../../machine/inspect-machine.ts';
import { notifyServiceManager } from '../../machine/notify-service-manager.ts';
import { EnvironmentError, InputError, KernelError, UsageError } from '../../source/errors.ts';
import type { ApplyOptions } from '../apply-command.ts';
import { EXIT, type Terminal } from '../terminal.ts';
import { applyPolicy } from './apply-policy.ts';
import { findDenied } from './denied-connections.ts';
import { parseDuration, sessionOptions } from './kernel-options.ts';
import {
  type PolicyDocuments,
  PolicyReader,
  type PolicyToApply,
  policyForMachine,
} from './load-policy.ts';
import { type Guard, prepareGuard } from './run-guard.ts';
import { watchFiles } from './watch-files.ts';
import { type LogEvent, watchLog } from './watch-log.ts';
import { WatchStatus } from './watch-status.ts';

export interface WatchOptions extends ApplyOptions {
  readonly watch: string;
}

/**
 * `hepsim apply --watch`: applies the documents of a directory, and again whenever they or the kernel's rules change, until a signal. What is broken or
 * unsafe is said and leaves the last good rules in force.
 *
 * @throws UsageError, EnvironmentError when the directory cannot be watched
 */
export async function watchDocuments(options: WatchOptions, terminal: Terminal): Promise<number> {
  const watching = new DocumentWatch(options, terminal);
  return watching.run();
}

/** A look at documents and machine. */
interface Begun {
  readonly atMs: number;
  readonly inspection: BegunInspection;
}

/** Documents, and what they must leave open. */
interface Loaded {
  readonly documents: PolicyDocuments;
  readonly guard: Guard;
}

/** What woke the watch. */
type Wake = 'start' | 'documents' | 'kernel' | 'signal';

class DocumentWatch {
  readonly #options: WatchOptions;
  readonly #opening: SessionOptions;
  readonly #everyMs: number;
  readonly #terminal: Terminal;
  readonly #log: (event: LogEvent) => void;
  readonly #reader = new PolicyReader();
  /** The last documents that could be read, and what they must leave open. */
  #good: Loaded | undefined;
  #supervisor: Supervisor | undefined;
  #wakes = new Set<Wake>(['start']);
  #wake: () => void = () => undefined;
  #stopping: string | undefined;
  /** What was said last of documents, and of rules. */
  readonly #said = new Map<'documents' | 'rules', string>();
  #warned = '';
  /** Of the session before. */
  #notes: readonly string[] = [];
  readonly #status = new WatchStatus();
  #toldStatus = '';

  constructor(options: WatchOptions, terminal: Terminal) {
    this.#options = { ...options, filename: [...options.filename, options.watch] };
    this.#opening = sessionOptions(options, true);
    this.#everyMs = parseDuration('--interval', options.interval) * 1000;
    this.#terminal = terminal;
    const log = watchLog(terminal);
    this.#log = (event) => {
      log(event);
      this.#status.note(event);
    };
  }

  async run(): Promise<number> {
    const files = watchFiles(this.#options.watch, {
      changed: () => this.#rouse('documents'),
      failed: (message) => this.#log({ level: 'error', event: 'not-watched', message }),
    });
    const timer = setInterval(() => {
      // Files that are being written are not read; a look follows when they are left alone.
      if (!files.isUnsettled()) this.#rouse('kernel');
    }, this.#everyMs);
    const signals = this.#takeSignals();
    try {
      let isReady = false;
      while (this.#stopping === undefined) {
        const wakes = this.#wakes;
        this.#wakes = new Set();
        await this.#reconcile(wakes);
        this.#notify(isReady ? [] : ['READY=1']);
        isReady = true;
        await this.#sleep();
      }
      this.#notify(['STOPPING=1']);
      this.#log({ level: 'info', event: 'stopped', signal: this.#stopping });
      return EXIT.holds;
    } finally {
      files.close();
      clearInterval(timer);
      signals.release();
      this.#supervisor?.release();
    }
  }

  /** Brings kernel and documents to agree, or says why not. */
  async #reconcile(wakes: ReadonlySet<Wake>): Promise<void> {
    const begun = { atMs: performance.now(), inspection: beginInspection() };
    try {
      const loaded = await this.#load(wakes.size > 1 || !wakes.has('kernel'));
      if (loaded !== undefined) await this.#apply(loaded, [...wakes], begun);
    } catch (error) {
      this.#say('rules', failureEvent(error));
    }
  }

  /**
   * The documents as they are, else the last good ones, if there are any. The guard's own files are read when somebody has asked, or the documents
   * are others.
   */
  async #load(isAsked: boolean): Promise<Loaded | undefined> {
    try {
      const documents = this.#read();
      const good = this.#good;
      const isKnown = documents.documentsDigest === good?.documents.documentsDigest;
      const guard =
        !isAsked && isKnown ? good.guard : await prepareGuard(this.#options, this.#terminal);
      return { documents, guard };
    } catch (error) {
      return this.#lastGood(error);
    }
  }

  /** What the documents mean for the machine as it is; of the last good ones where these contradict each other. */
  #policyFor(
    loaded: Loaded,
    session: Session,
    inspection: BegunInspection,
  ): PolicyToApply | undefined {
    try {
      const policy = policyForMachine(loaded.documents, session, this.#terminal, inspection);
      if (loaded !== this.#good && this.#said.delete('documents')) {
        const { documentsDigest } = loaded.documents;
        this.#log({ level: 'info', event: 'documents-whole', documentsDigest });
      }
      this.#good = loaded;
      return policy;
    } catch (error) {
      const good = this.#lastGood(error);
      return good && policyForMachine(good.documents, session, this.#terminal);
    }
  }

  #lastGood(error: unknown): Loaded | undefined {
    if (!(error instanceof InputError || error instanceof UsageError)) throw error;
    this.#say('documents', failureEvent(error));
    return this.#good;
  }

  /** Warnings are written when they are not those of the last time. */
  #read(): PolicyDocuments {
    let warnings = '';
    const writeError = (text: string): void => {
      warnings += text;
    };
    try {
      return this.#reader.read(this.#options, { ...this.#terminal, writeError });
    } finally {
      if (warnings !== this.#warned) this.#terminal.writeError(warnings);
      this.#warned = warnings;
    }
  }

  async #apply(loaded: Loaded, wakes: readonly Wake[], begun: Begun): Promise<void> {
    const session = openSession(this.#opening);
    try {
      for (const note of session.notes) {
        if (!this.#notes.includes(note)) {
          this.#log({ level: 'warning', event: 'note', message: note });
        }
      }
      this.#notes = session.notes;
      const policy = this.#policyFor(loaded, session, begun.inspection);
      if (policy === undefined) return;
      const { guard } = this.#good ?? loaded;
      const way = {
        force: this.#options.force === true,
        dryRun: false,
        guardUnchanged: false,
        within: undefined,
        supervisor: () => this.#standing(),
      };
      const result = await applyPolicy(session, policy, guard, way, this.#terminal);
      const about = { digest: policy.files.digest, documentsDigest: policy.documentsDigest, wakes };
      if (result.kind === 'refused') {
        const guardSays = result.lost.map(({ name, reason }) => `${name}: ${reason}`);
        this.#say('rules', { level: 'error', event: 'refused', guard: guardSays, ...about });
      } else if (result.kind === 'applied') {
        const { record, kernelMs } = result.written;
        this.#said.delete('rules');
        const took = tookOf(performance.now() - begun.atMs, kernelMs);
        const { denied, deleted } = findDenied(policy, this.#options.cutDenied === true);
        const connections = { denied: denied.length, deleted };
        const { id: apply, forced } = record;
        this.#log({ level: 'info', event: 'applied', apply, forced, connections, took, ...about });
      } else {
        const { wakes: _, ...state } = about;
        this.#say('rules', { level: 'info', event: 'in-agreement', ...state });
      }
    } finally {
      session.close();
    }
  }

  /** One supervisor serves for as long as this process lives. */
  #standing(): Supervisor {
    this.#supervisor ??= startSupervisor(this.#opening);
    return { ready: this.#supervisor.ready, release: () => undefined };
  }

  #takeSignals(): { readonly release: () => void } {
    const end = (signal: NodeJS.Signals): void => {
      this.#stopping = signal;
      this.#rouse('signal');
    };
    const again = (): void => this.#rouse('documents');
    process.on('SIGTERM', end).on('SIGINT', end).on('SIGHUP', again);
    return {
      release: () => {
        process.off('SIGTERM', end).off('SIGINT', end).off('SIGHUP', again);
      },
    };
  }

  #rouse(wake: Wake): void {
    this.#wakes.add(wake);
    this.#wake();
  }

  async #sleep(): Promise<void> {
    if (this.#wakes.size > 0) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Tells the service manager, with how documents and rules stand where that is not what it knows. */
  #notify(states: readonly string[]): void {
    const status = this.#status.text();
    const news = status === this.#toldStatus ? states : [...states, `STATUS=${status}`];
    this.#toldStatus = status;
    if (news.length === 0) return;
    const problem = notifyServiceManager(news, this.#terminal.environment);
    if (problem !== undefined) {
      this.#log({ level: 'warning', event: 'not-notified', message: problem });
    }
  }

  /** Says how documents or rules stand unless that was said last: it is not said again with every look. */
  #say(about: 'documents' | 'rules', event: LogEvent): void {
    const text = JSON.stringify(event);
    if (text !== this.#said.get(about)) this.#log(event);
    this.#said.set(about, text);
  }
}

/** How long an apply took, and what of it the programs took that write to the kernel. */
function tookOf(all: number, kernel: number): Readonly<Record<string, number>> {
  return { milliseconds: Math.round(all), kernelMilliseconds: Math.round(kernel) };
}

/** What went wrong, with which rules stay. A bug is none of these and ends the program. */
function failureEvent(error: unknown): LogEvent {
  const inForce = 'the last good rules';
  if (error instanceof InputError) {
    const problems = error.message.split('\n');
    return { level: 'error', event: 'documents-broken', problems, inForce };
  }
  if (error instanceof UsageError) {
    return { level: 'error', event: 'documents-broken', problems: [error.message], inForce };
  }
  if (error instanceof KernelError || error instanceof EnvironmentError) {
    return { level: 'error', event: 'failed', message: error.message };
  }
  throw error;
}
