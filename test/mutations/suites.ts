import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** What a suite made of the sources in a copy. `broken`: it did not come to a result, which proves nothing. */
export interface SuiteRun {
  readonly end: 'passed' | 'failed' | 'broken';
  /** The first thing that failed, in one line; empty when it passed. */
  readonly detail: string;
  readonly seconds: number;
}

/** A suite with a small budget and a fixed seed. */
export interface Suite {
  readonly name: string;
  readonly run: (folder: string) => SuiteRun;
}

/** A fixed one, so that a mutation is caught every time or never. */
const SEED = '1';
const MOST_RULESETS = '100';
const PROPERTY_PACKETS = '9000';
const TIMEOUT_MS = 900_000;

/** Random packets against the kernel. */
export const KERNEL: Suite = { name: 'kernel', run: (folder) => timed(() => runKernel(folder)) };

/** The facts sheet's rows, against kernel and simulator. */
export const FACTS: Suite = vitestSuite('facts', 'test/kernel/facts');

/** Compiled rules against policy's second opinion. */
export const PROPERTIES: Suite = vitestSuite('properties', 'test/properties');

/** Every packet of the examples. */
export const SCENARIOS: Suite = vitestSuite('scenarios', 'test/scenarios.test.ts');

type Untimed = Omit<SuiteRun, 'seconds'>;

function timed(run: () => Untimed): SuiteRun {
  const start = process.hrtime.bigint();
  const done = run();
  return { ...done, seconds: Number(process.hrtime.bigint() - start) / 1e9 };
}

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runNode(folder: string, args: readonly string[], environment: NodeJS.ProcessEnv): Run {
  return spawnSync(process.execPath, args, {
    cwd: folder,
    env: environment,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    maxBuffer: 2 ** 28,
  });
}

function broken({ status, stderr }: Run): Untimed {
  const last = stderr.trim().split('\n').slice(-3).join(' ');
  return { end: 'broken', detail: `ended with ${status ?? 'a signal'}: ${last}` };
}

/** Bundles what the copy holds, because Node cannot run TypeScript by itself, and runs it. */
const BUNDLE = `
import { build } from 'rolldown';
await build({
  input: { 'kernel-suite': 'test/mutations/kernel-suite.ts', 'lab-worker': 'src/lab/lab-worker.ts' },
  platform: 'node',
  external: ['koffi'],
  output: { dir: 'bundle', format: 'esm', entryFileNames: '[name].js' },
});
`;

function runKernel(folder: string): Untimed {
  const bundled = runNode(folder, ['--input-type=module', '-e', BUNDLE], process.env);
  if (bundled.status !== 0) return broken(bundled);
  const run = runNode(folder, ['bundle/kernel-suite.js', SEED, MOST_RULESETS], process.env);
  if (run.status !== 0) return broken(run);
  const { packets, difference } = JSON.parse(run.stdout) as {
    readonly packets: number;
    /** Empty when there is none. */
    readonly difference: readonly string[];
  };
  if (difference.length === 0) return { end: 'passed', detail: '' };
  return { end: 'failed', detail: `within ${packets} packets: ${difference.join(', ')}` };
}

/** The part of vitest's JSON report that says what failed. */
interface VitestReport {
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

function vitestSuite(name: string, path: string): Suite {
  return { name, run: (folder) => timed(() => runVitest(folder, path)) };
}

function runVitest(folder: string, path: string): Untimed {
  const report = join(folder, 'report.json');
  rmSync(report, { force: true });
  const args = [
    join(folder, 'node_modules/vitest/vitest.mjs'),
    ...['run', path, '--bail=1', '--reporter=json', `--outputFile=${report}`],
  ];
  const run = runNode(folder, args, {
    ...process.env,
    HEPSIM_PROPERTY_PACKETS: PROPERTY_PACKETS,
    HEPSIM_TEST_SEED: SEED,
  });
  if (run.status === 0) return { end: 'passed', detail: '' };
  if (run.status !== 1) return broken(run);
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as VitestReport;
  const failed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .find(({ status }) => status === 'failed');
  if (failed !== undefined) return { end: 'failed', detail: failed.fullName };
  // A file that does not even load has no tests.
  return {
    end: 'broken',
    detail: testResults
      .map(({ message }) => message)
      .join(' ')
      .slice(0, 200),
  };
}
