import type { IpFamily } from '../address/ip-address.ts';
import { hasLegacyTables } from '../machine/read-firewall.ts';
import {
  attemptProgram,
  attemptPrograms,
  type ProgramOptions,
  type ProgramOutcome,
  runProgram,
} from '../machine/run-program.ts';
import { KernelError } from '../source/errors.ts';

/** Which implementation of iptables a kernel's rules belong to. */
export type Build = 'legacy' | 'nft';

/** What the save programs print of one build, and of all sets. */
export interface SavedTexts {
  readonly rules: Readonly<Record<IpFamily, string>>;
  readonly sets: string;
}

/** The programs that read and write one build's rules, and sets. */
export interface KernelTools {
  readonly build: Build;
  /** What the save programs print; empty where they are not installed. @throws KernelError */
  readonly save: () => SavedTexts;
  /** @throws KernelError with nothing of the table at fault changed. */
  readonly restoreRules: (family: IpFamily, text: string) => void;
  /** @throws KernelError with the lines before the one at fault done, perhaps. */
  readonly restoreSets: (text: string) => void;
  /** Exchanges the members of two sets at one instant. @throws KernelError */
  readonly swapSets: (one: string, other: string) => void;
  /** Destroys those of the sets that exist. @throws KernelError */
  readonly destroySets: (names: readonly string[]) => void;
}

export interface ToolOptions {
  /** How long to wait for the lock of xtables. */
  readonly lockSeconds: number;
  /** A descriptor that the programs keep open, so that a lock on it outlives a caller that is killed while one of them runs. */
  readonly keepOpen?: number | undefined;
  /** Whether the programs without a build in their name are of this build. */
  readonly isDefault: boolean;
}

/** How often a set that was in use a moment ago is tried to be destroyed: nft lets go of what a removed rule used a little later. */
const DESTROY_ATTEMPTS = 200;
const DESTROY_PAUSE_MS = 10;

/** The tools of this machine. */
export function systemTools(build: Build, options: ToolOptions): KernelTools {
  const { lockSeconds, keepOpen, isDefault } = options;
  const running = (more: ProgramOptions = {}): ProgramOptions => ({
    ...(keepOpen === undefined ? {} : { keepOpen }),
    // The program gives up waiting by itself before it counts as stuck.
    timeoutMs: (lockSeconds + 60) * 1000,
    ...more,
  });
  return {
    build,
    save: () => saveBuilds([{ build, isDefault }])[0] as SavedTexts,
    restoreRules: (family, text) => {
      const args = ['--noflush', '-w', String(lockSeconds)];
      restore(programName({ build, isDefault }, family, 'restore'), args, running({ input: text }));
    },
    restoreSets: (text) => {
      restore('ipset', ['restore'], running({ input: text }));
    },
    swapSets: (one, other) => {
      runProgram('ipset', ['swap', one, other], running());
    },
    destroySets: (names) => destroyPresent(names, running()),
  };
}

/** Runs a program that reads lines. @throws KernelError that shows the line at fault, where the program tells which that is. */
function restore(program: string, args: readonly string[], options: ProgramOptions): void {
  const outcome = attemptProgram(program, args, options);
  if (outcome.kind === 'ran') return;
  const { code, message, command, status, stderr } = outcome.error;
  const number = /\bline:? (\d+)/.exec(stderr)?.[1];
  const line = number && options.input?.split('\n')[Number(number) - 1];
  if (!line) throw outcome.error;
  const named = `${message}\n    line ${number} is: ${line}`;
  throw new KernelError(code, named, { command, status, stderr });
}

type NamedBuild = { readonly build: Build } & Pick<ToolOptions, 'isDefault'>;

function programName(
  { build, isDefault }: NamedBuild,
  family: IpFamily,
  tool: 'restore' | 'save',
): string {
  const base = family === 4 ? 'iptables' : 'ip6tables';
  return isDefault ? `${base}-${tool}` : `${base}-${build}-${tool}`;
}

/** What several builds hold, in their order; sets are the same for all. All programs are asked at once. @throws KernelError */
export function saveBuilds(builds: readonly NamedBuild[]): readonly SavedTexts[] {
  const asked = builds.flatMap((one) =>
    ([4, 6] as const)
      // Tables that are not loaded have no rules, and need not be loaded for that.
      .filter((family) => one.build === 'nft' || hasLegacyTables(family))
      .map((family) => ({ build: one.build, family, program: programName(one, family, 'save') })),
  );
  const [sets = '', ...texts] = attemptPrograms([
    { program: 'ipset', args: ['save'] },
    ...asked.map(({ program }) => ({ program, args: [] })),
  ]).map(outputOf);
  return builds.map(({ build }) => {
    const of = (family: IpFamily): string =>
      texts[asked.findIndex((one) => one.build === build && one.family === family)] ?? '';
    return { rules: { 4: of(4), 6: of(6) }, sets };
  });
}

/** What a program printed; nothing where it is not installed. */
function outputOf(outcome: ProgramOutcome): string {
  if (outcome.kind === 'ran') return outcome.stdout;
  if (outcome.error.code === 'missing-program') return '';
  throw outcome.error;
}

function destroyPresent(names: readonly string[], options: ProgramOptions): void {
  for (let attempt = 1; ; attempt++) {
    const present = new Set(outputOf(attemptProgram('ipset', ['list', '-n'])).split('\n'));
    const wanted = names.filter((name) => present.has(name));
    if (wanted.length === 0) return;
    const input = wanted.map((name) => `destroy ${name}\n`).join('');
    const outcome = attemptProgram('ipset', ['restore'], { ...options, input });
    if (outcome.kind === 'ran') return;
    const inUse = /in use/.test(outcome.error.stderr);
    if (!inUse || attempt === DESTROY_ATTEMPTS) throw outcome.error;
    pause(DESTROY_PAUSE_MS);
  }
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** The oldest iptables whose restore tools wait for the lock. Source: iptables 1.6.2, `iptables-restore -w`. */
const OLDEST = [1, 6, 2] as const;

/**
 * The build of the programs without a build in their name; undefined where there are none.
 *
 * @throws KernelError where they are too old.
 */
export function defaultBuild(): Build | undefined {
  const outcome = attemptProgram('iptables-restore', ['--version']);
  if (outcome.kind === 'failed') {
    if (outcome.error.code === 'missing-program') return undefined;
    throw outcome.error;
  }
  const version = /v(\d+)\.(\d+)\.(\d+)/.exec(outcome.stdout)?.slice(1).map(Number);
  if (version !== undefined && isOlder(version, OLDEST)) {
    const message = `iptables ${version.join('.')} cannot wait for the xtables lock; ${OLDEST.join('.')} or newer is needed`;
    const ended = { command: ['iptables-restore', '--version'], status: 0, stderr: '' };
    throw new KernelError('missing-program', message, ended);
  }
  return outcome.stdout.includes('nf_tables') ? 'nft' : 'legacy';
}

function isOlder(version: readonly number[], other: readonly number[]): boolean {
  for (const [index, part] of other.entries()) {
    const own = version[index] ?? 0;
    if (own !== part) return own < part;
  }
  return false;
}
