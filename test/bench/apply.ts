import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planApply, writeApply } from '../../src/apply/apply-rules.ts';
import type { KernelTools } from '../../src/apply/kernel-tools.ts';
import { type RuleFiles, renderRuleFiles } from '../../src/apply/rule-files.ts';
import { openSession } from '../../src/apply/session.ts';
import { attemptProgram } from '../../src/machine/run-program.ts';
import { readResources } from '../../src/resources/read-resources.ts';
import { NodeModel } from '../../src/scenario/node-model.ts';
import { type Figure, thousands } from './figure.ts';
import { runNode } from './processes.ts';
import { makeWorkload } from './workload.ts';

const SIZE = { policies: 200, rules: 3, otherPolicies: 9800, endpoints: 10_000 };
const ROUNDS = 7;

/** What was measured, in seconds. */
export interface ApplyTimes {
  readonly compile: number;
  readonly first: number;
  /** Of one rule, by a command that reads all documents anew. */
  readonly coldChange: number;
  /** Of one rule, from rules that are compiled: plan, write, read back. */
  readonly change: number;
  /** Of these, what the programs took that write to the kernel. */
  readonly kernel: number;
}

/** Figures of apply; the process `part` runs in a network namespace of its own. */
export function applyFigures(part: (name: string) => string): readonly Figure[] {
  if (attemptProgram('unshare', ['--net', 'true']).kind === 'failed') {
    process.stderr.write('apply is not measured: that takes root\n');
    return [];
  }
  const times = JSON.parse(part('in-process-apply')) as ApplyTimes;
  const size = `${thousands(SIZE.policies + SIZE.otherPolicies)} policies`;
  const ms = (seconds: number): string => `${Math.round(seconds * 1000)} ms`;
  return [
    {
      measured: `whole first \`hepsim apply\` of ${size} into an empty kernel (\`hepsim compile\` of the same: ${times.compile.toFixed(1)} s)`,
      figure: `${times.first.toFixed(1)} s`,
      bar: '<= 10 s',
      holds: times.first <= 10,
    },
    {
      measured: `a change of one rule among them from compiled rules: plan, record, write, read back; median of ${ROUNDS}`,
      figure: `${ms(times.change)}, of which the programs that write to the kernel ${ms(times.kernel)}`,
      bar: '<= 500 ms',
      holds: times.change <= 0.5,
    },
    {
      measured: 'the same by a whole `hepsim apply`, which reads all documents anew',
      figure: `${times.coldChange.toFixed(1)} s`,
      bar: '<= 500 ms',
      holds: times.coldChange <= 0.5,
    },
  ];
}

/** Measures in this process's network namespace, which must be one of its own. */
export function measureApply(): ApplyTimes {
  const folder = mkdtempSync(join(tmpdir(), 'hepsim-bench-'));
  try {
    const texts = new Map(makeWorkload(SIZE).files);
    const changed = new Map(
      [...texts].map(([name, text]) => [name, name.includes('polic') ? changeOneRule(text) : text]),
    );
    const write = (files: ReadonlyMap<string, string>): readonly string[] =>
      [...files].flatMap(([name, text]) => {
        writeFileSync(join(folder, name), text);
        return ['-f', join(folder, name)];
      });
    const run = (command: string, files: ReadonlyMap<string, string>): number => {
      const options =
        command === 'apply' ? [`--state-dir=${join(folder, 'state')}`, '--force'] : [];
      const args = ['bin/hepsim.js', command, '-q', '-n', 'bench', ...options, ...write(files)];
      return runNode(args).seconds;
    };
    const compile = run('compile', texts);
    const first = run('apply', texts);
    const coldChange = run('apply', changed);
    const rules = [filesOf(texts), filesOf(changed)];
    const changes = Array.from({ length: ROUNDS }, (_, round) =>
      measureChange(join(folder, 'state'), rules[round % 2] as RuleFiles),
    ).sort((a, b) => a.change - b.change);
    const median = changes[ROUNDS >> 1] as (typeof changes)[number];
    return { compile, first, coldChange, ...median };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function changeOneRule(text: string): string {
  return text.replace(
    /ports: \[(\d+)/,
    (_, port: string) => `ports: [${(Number(port) % 60000) + 1}`,
  );
}

function filesOf(texts: ReadonlyMap<string, string>): RuleFiles {
  const documents = [...texts].map(([file, text]) => ({ file, text }));
  const model = new NodeModel(readResources(documents), {
    node: 'bench',
    machine: 'bench',
    environment: new Map(),
  });
  return renderRuleFiles({ 4: model.compiledRules(4), 6: model.compiledRules(6) });
}

function measureChange(
  path: string,
  files: RuleFiles,
): { readonly change: number; readonly kernel: number } {
  const start = performance.now();
  let kernel = 0;
  const timed =
    <Args extends readonly unknown[]>(act: (...args: Args) => void) =>
    (...args: Args): void => {
      const begin = performance.now();
      act(...args);
      kernel += performance.now() - begin;
    };
  const session = openSession({ path, lockSeconds: 60, create: true });
  const builds = session.builds.map((one) => ({ ...one, tools: timedTools(one.tools, timed) }));
  const plan = planApply({ ...session, builds }, files);
  const facts = {
    documentsDigest: '',
    documents: [],
    time: '',
    by: '',
    node: 'bench',
    calicoVersion: '',
    forced: [],
  };
  const { outcome } = writeApply({ ...session, builds }, plan, files, { facts });
  session.close();
  if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
  const again = openSession({ path, lockSeconds: 60, create: true });
  const left = planApply(again, files).steps;
  again.close();
  if (left.kind !== 'nothing' || plan.steps.kind === 'nothing')
    throw new Error('nothing was changed');
  return { change: (performance.now() - start) / 1000, kernel: kernel / 1000 };
}

function timedTools(
  tools: KernelTools,
  timed: <Args extends readonly unknown[]>(act: (...args: Args) => void) => (...args: Args) => void,
): KernelTools {
  return {
    ...tools,
    restoreRules: timed(tools.restoreRules),
    restoreSets: timed(tools.restoreSets),
    swapSets: timed(tools.swapSets),
    destroySets: timed(tools.destroySets),
  };
}
