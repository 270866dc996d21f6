import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attemptProgram, runProgram } from '../../src/machine/run-program.ts';
import { type Figure, thousands } from './figure.ts';
import { runNode } from './processes.ts';
import { type WatchedChange, watchChanges } from './watched-changes.ts';
import { makeWorkload } from './workload.ts';

const SIZE = { policies: 200, rules: 3, otherPolicies: 9800, endpoints: 10_000 };
const ROUNDS = 11;
/** The first changes run code that is not compiled yet. */
const WARM_UP = 4;

const BUILDS = ['nft', 'legacy'] as const;

/** What was measured with one build of iptables, in seconds. */
interface ApplyTimes {
  readonly build: (typeof BUILDS)[number];
  readonly compile: number;
  readonly first: number;
  /** What the programs took of it that write to the kernel. */
  readonly firstKernel: number;
  /** Of one rule, by a command that reads all documents anew. */
  readonly coldChange: number;
  readonly coldKernel: number;
  /** Of one rule, seen by a watch. */
  readonly change: WatchedChange;
}

/** Figures of apply; the process `part` runs in a network namespace of its own. */
export function applyFigures(part: (name: string) => string): readonly Figure[] {
  if (attemptProgram('unshare', ['--net', 'true']).kind === 'failed') {
    process.stderr.write('apply is not measured: that takes root\n');
    return [];
  }
  const measured = JSON.parse(part('in-process-apply')) as readonly ApplyTimes[];
  return measured.flatMap(figuresOf);
}

function figuresOf(times: ApplyTimes): readonly Figure[] {
  const { build, compile, first, firstKernel, coldChange, coldKernel, change } = times;
  const size = `${thousands(SIZE.policies + SIZE.otherPolicies)} policies and ${thousands(SIZE.endpoints)} host endpoints`;
  const ms = (seconds: number): string => `${Math.round(seconds * 1000)} ms`;
  const kernel = (seconds: number): string =>
    `of which the programs that write to the kernel ${ms(seconds)}`;
  return [
    {
      measured: `iptables-${build}: whole first \`hepsim apply\` of ${size} into an empty kernel (\`hepsim compile\` of the same: ${compile.toFixed(1)} s)`,
      figure: `${first.toFixed(1)} s, ${kernel(firstKernel)}`,
      bar: '<= 10 s',
      holds: first <= 10,
    },
    {
      measured: `iptables-${build}: a change of one rule among them by \`hepsim apply --watch\`, from when it looks until the rules are read back; median of ${ROUNDS}`,
      figure: `${ms(change.seconds)}, ${kernel(change.kernel)}; ${ms(change.processor)} of processor time, all programs included`,
      bar: '<= 500 ms',
      holds: change.seconds <= 0.5,
    },
    {
      measured: `iptables-${build}: the same by another \`hepsim apply\`, which reads all documents anew`,
      figure: `${coldChange.toFixed(1)} s, ${kernel(coldKernel)}`,
      bar: undefined,
      holds: true,
    },
  ];
}

/** Measures in this process's network namespace, which must be one of its own. */
export async function measureApply(): Promise<readonly ApplyTimes[]> {
  const folder = mkdtempSync(join(tmpdir(), 'hepsim-bench-'));
  // As on every machine: without it the guard would look at the rules of today, too, which never let anything pass there.
  runProgram('ip', ['link', 'set', 'lo', 'up']);
  try {
    const measured: ApplyTimes[] = [];
    for (const build of BUILDS) {
      if (attemptProgram(`iptables-${build}-restore`, ['--version']).kind === 'failed') continue;
      measured.push(await measureBuild(build, join(folder, build)));
    }
    return measured;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureBuild(build: ApplyTimes['build'], folder: string): Promise<ApplyTimes> {
  const documents = join(folder, 'documents');
  mkdirSync(documents, { recursive: true });
  const path = process.env.PATH;
  process.env.PATH = `${programsOf(build, join(folder, 'bin'))}:${path}`;
  try {
    const { files } = makeWorkload(SIZE);
    for (const [name, text] of files) writeFileSync(join(documents, name), text);
    const policies = files.get('policies.yaml') as string;
    const change = (number: number): void =>
      writeFileSync(join(documents, 'policies.yaml'), changeOneRule(policies, number));
    const state = ['-n', 'bench', `--state-dir=${join(folder, 'state')}`];
    const apply = (): { readonly seconds: number; readonly kernel: number } => {
      const run = runNode(['bin/hepsim.js', 'apply', '-o', 'json', ...state, '-f', documents]);
      const { kernelMilliseconds } = JSON.parse(run.output) as { kernelMilliseconds: number };
      return { seconds: run.seconds, kernel: kernelMilliseconds / 1000 };
    };
    const compile = runNode(['bin/hepsim.js', 'compile', '-q', '-n', 'bench', '-f', documents]);
    const first = apply();
    change(1);
    const cold = apply();
    const watched = await watchChanges(
      ['bin/hepsim.js', 'apply', '--watch', documents, ...state],
      (round) => change(round + 2),
      { warmUp: WARM_UP, rounds: ROUNDS },
    );
    runNode(['bin/hepsim.js', 'remove', ...state.slice(2)]);
    return {
      build,
      compile: compile.seconds,
      first: first.seconds,
      firstKernel: first.kernel,
      coldChange: cold.seconds,
      coldKernel: cold.kernel,
      change: watched,
    };
  } finally {
    process.env.PATH = path;
  }
}

/** A folder in which `iptables` and the programs beside it are of one build. */
function programsOf(build: ApplyTimes['build'], folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const family of ['iptables', 'ip6tables']) {
    for (const tool of ['', '-restore', '-save']) {
      symlinkSync(`/usr/sbin/xtables-${build}-multi`, join(folder, `${family}${tool}`));
    }
  }
  return folder;
}

function changeOneRule(text: string, number: number): string {
  return text.replace(
    /ports: \[(\d+)/,
    (_, port: string) => `ports: [${((Number(port) + number) % 60000) + 1}`,
  );
}
