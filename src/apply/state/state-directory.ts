import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { replaceFile, syncDirectory, writeWhole } from '../../machine/durable-file.ts';
import { makeDirectory } from '../../machine/make-directory.ts';
import { EnvironmentError } from '../../source/errors.ts';
import type { Build } from '../kernel-tools.ts';
import type { WholeTexts } from '../make-steps.ts';
import type { OwnState } from '../own-state.ts';
import { filesByName } from '../rule-files.ts';
import { type OwnStateJson, ownStateFromJson, ownStateToJson } from './own-state-json.ts';
import {
  type KernelIdentity,
  NOTHING_APPLIED,
  parseStateRecord,
  type StateRecord,
} from './state-record.ts';

/** A change of the kernel that has been begun. As long as it is on the disk, whoever comes next must end it. */
export interface Journal {
  readonly build: Build;
  readonly where: KernelIdentity;
  readonly old: OwnState;
  readonly wanted: OwnState;
}

/** Texts of an apply, and what was there before it. */
export interface Generation {
  readonly id: number;
  readonly before: OwnState;
  readonly texts: WholeTexts;
}

/**
 * What hepsim keeps on the disk, private to its owner:
 *
 * - `state.json`, what is in force; `state.json.next`, what will be when the change under way is done;
 * - `journal.json`, that change;
 * - `generations/ID/`, the texts of each apply, and in `before.json` what the kernel held before it;
 * - `lock`.
 *
 * Files are replaced as a whole. All methods throw EnvironmentError where the disk refuses, with the file concerned as it was.
 */
export class StateDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Makes the directory where it is missing. @throws EnvironmentError also for one that others may write to. */
  prepare(): void {
    this.#try('make', () => {
      makeDirectory(this.path);
      const { uid, mode } = lstatSync(this.path);
      const own = process.getuid?.() ?? 0;
      if (uid !== own) throw new Error('it belongs to another user');
      if ((mode & 0o022) !== 0) throw new Error('others than its owner may write to it');
    });
  }

  exists(): boolean {
    return existsSync(this.path);
  }

  readState(): StateRecord {
    const text = this.#read('state.json');
    if (text === undefined) return NOTHING_APPLIED;
    return this.#try('read state.json in', () => parseStateRecord(text));
  }

  writeState(state: StateRecord): void {
    this.#try('write to', () => replaceFile(this.#file('state.json'), toText(state)));
  }

  /** Whether a change has been begun and not ended. */
  hasJournal(): boolean {
    return existsSync(this.#file('journal.json'));
  }

  /** The change that has been begun and not ended; undefined when there is none. */
  readJournal(): Journal | undefined {
    const text = this.#read('journal.json');
    if (text === undefined) return undefined;
    return this.#try('read journal.json in', () => {
      const value = JSON.parse(text) as Omit<Journal, 'old' | 'wanted'> & {
        readonly old: OwnStateJson;
        readonly wanted: OwnStateJson;
      };
      return {
        ...value,
        old: ownStateFromJson(value.old),
        wanted: ownStateFromJson(value.wanted),
      };
    });
  }

  /** Puts everything on the disk that is needed to end a change, whoever does: afterwards it takes no space to end it. */
  begin(journal: Journal, next: StateRecord, generation: Generation | undefined): void {
    this.#try('write to', () => {
      if (generation !== undefined) this.#writeGeneration(generation);
      writeWhole(this.#file('state.json.next'), toText(next));
      const { old, wanted } = journal;
      const data = { ...journal, old: ownStateToJson(old), wanted: ownStateToJson(wanted) };
      replaceFile(this.#file('journal.json'), JSON.stringify(data));
    });
  }

  /** The change is done: what it leads to is what is in force. */
  commit(): void {
    this.#try('write to', () => {
      const next = this.#file('state.json.next');
      if (existsSync(next)) renameSync(next, this.#file('state.json'));
      syncDirectory(this.path);
      rmSync(this.#file('journal.json'), { force: true });
      syncDirectory(this.path);
      this.#forgetOldGenerations();
    });
  }

  /** The change has not been made, or has been taken back. */
  abort(): void {
    this.#try('write to', () => {
      rmSync(this.#file('journal.json'), { force: true });
      rmSync(this.#file('state.json.next'), { force: true });
      this.#forgetOldGenerations();
    });
  }

  /** What the kernel held before an apply. */
  readBefore(id: number): OwnState {
    const text = this.#read(join('generations', String(id), 'before.json'));
    if (text === undefined) {
      throw new EnvironmentError(`${this.path} does not hold what was there before apply ${id}`);
    }
    return ownStateFromJson(JSON.parse(text) as OwnStateJson);
  }

  /** The texts of an apply. */
  readTexts(id: number): WholeTexts {
    const read = (name: string): string => {
      const text = this.#read(join('generations', String(id), name));
      if (text === undefined) throw new EnvironmentError(`${this.path} has lost ${name} of ${id}`);
      return text;
    };
    return {
      ipsets: read('ipsets'),
      rules: { 4: read('iptables.v4'), 6: read('iptables.v6') },
    };
  }

  /** Takes away all that hepsim has written, and the directory when nothing else is in it. */
  clear(): void {
    this.#try('clear', () => {
      for (const name of ['generations', 'state.json.next', 'state.json', 'journal.json']) {
        rmSync(this.#file(name), { recursive: true, force: true });
      }
      rmSync(this.#file('lock'), { force: true });
      if (readdirSync(this.path).length === 0) rmdirSync(this.path);
    });
  }

  #writeGeneration({ id, before, texts }: Generation): void {
    const folder = this.#file(join('generations', String(id)));
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeWhole(join(folder, 'before.json'), JSON.stringify(ownStateToJson(before)));
    for (const [name, text] of filesByName(texts)) writeWhole(join(folder, name), text);
    syncDirectory(folder);
  }

  /** Those that no record names. */
  #forgetOldGenerations(): void {
    const folder = this.#file('generations');
    if (!existsSync(folder)) return;
    const kept = new Set(this.readState().records.map(({ id }) => String(id)));
    for (const name of readdirSync(folder)) {
      if (!kept.has(name)) rmSync(join(folder, name), { recursive: true, force: true });
    }
  }

  #file(name: string): string {
    return join(this.path, name);
  }

  #read(name: string): string | undefined {
    return this.#try(`read ${name} in`, () => {
      const path = this.#file(name);
      return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    });
  }

  #try<T>(what: string, act: () => T): T {
    try {
      return act();
    } catch (error) {
      if (error instanceof EnvironmentError) throw error;
      throw new EnvironmentError(`cannot ${what} ${this.path}: ${(error as Error).message}`);
    }
  }
}

function toText(state: StateRecord): string {
  return `${JSON.stringify(state, null, 2)}\n`;
}
