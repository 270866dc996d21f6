import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { applyMutation, type Mutation } from './mutation.ts';

/** What the suites need of the project. */
const COPIED = [
  ...['src', 'test', 'scenarios', 'docs'],
  ...['package.json', 'tsconfig.json', 'vitest.config.ts'],
];
/** Written to by what runs in the copy, so that these are its own. */
const NOT_SHARED: ReadonlySet<string> = new Set(['.cache', '.vite', '.vite-temp']);

/** A copy of the project in a temporary directory; the project itself is never changed. */
export class WorkingCopy {
  readonly folder: string;

  constructor(project: string) {
    this.folder = mkdtempSync(join(tmpdir(), 'hepsim-mutations-'));
    for (const name of COPIED) {
      cpSync(join(project, name), join(this.folder, name), { recursive: true });
    }
    const packages = join(this.folder, 'node_modules');
    mkdirSync(packages);
    for (const name of readdirSync(join(project, 'node_modules'))) {
      if (NOT_SHARED.has(name)) continue;
      symlinkSync(resolve(project, 'node_modules', name), join(packages, name));
    }
  }

  /** Runs something while the copy has the fault. */
  with<T>(mutation: Mutation, run: () => T): T {
    const path = join(this.folder, mutation.file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, applyMutation(text, mutation));
    try {
      return run();
    } finally {
      writeFileSync(path, text);
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
