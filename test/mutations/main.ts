// Puts one fault after the other into a copy of the sources and shows which suite notices. `npm run mutations` runs it from the repository's
// root; `npm run mutations -- goto-comes-back ttl-one-too-many` tries those alone.
import { resolve } from 'node:path';
import { whyNoLab } from '../support/kernel-lab.ts';
import type { Mutation } from './mutation.ts';
import { POLICY_SIDE_MUTATIONS, SIMULATOR_MUTATIONS } from './mutations.ts';
import { FACTS, KERNEL, PROPERTIES, SCENARIOS, type Suite } from './suites.ts';
import { WorkingCopy } from './working-copy.ts';

/** What became of one fault. */
interface Outcome {
  readonly mutation: Mutation;
  readonly caughtBy: Suite | undefined;
}

const noKernel = whyNoLab();

/** The kernel judges the simulator first; of what is compiled and decided it knows nothing. */
function suitesFor(mutation: Mutation): readonly Suite[] {
  const others = [PROPERTIES, SCENARIOS];
  const asksKernel = noKernel === undefined && SIMULATOR_MUTATIONS.includes(mutation);
  return asksKernel ? [KERNEL, FACTS, ...others] : others;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** @throws Error when a suite does not come to a result. */
function runSuite(suite: Suite, copy: WorkingCopy, about: string): boolean {
  const { end, detail, seconds } = suite.run(copy.folder);
  if (end === 'broken') throw new Error(`${about}: the suite ${suite.name} is broken: ${detail}`);
  const word = end === 'failed' ? 'CAUGHT' : 'passed';
  say(
    `  ${word} by ${suite.name} in ${seconds.toFixed(1)} s${detail === '' ? '' : ` (${detail})`}`,
  );
  return end === 'failed';
}

function tryMutation(mutation: Mutation, copy: WorkingCopy): Outcome {
  say(`${mutation.name}: ${mutation.fault}`);
  const caughtBy = copy.with(mutation, () =>
    suitesFor(mutation).find((suite) => runSuite(suite, copy, mutation.name)),
  );
  if (caughtBy === undefined) say('  SURVIVED');
  return { mutation, caughtBy };
}

/** Without a fault every suite must pass, or being caught means nothing. */
function checkUnchanged(copy: WorkingCopy): void {
  say('the sources as they are');
  const others = [PROPERTIES, SCENARIOS];
  const suites = noKernel === undefined ? [KERNEL, FACTS, ...others] : others;
  for (const suite of suites) {
    if (!runSuite(suite, copy, 'the sources as they are')) continue;
    throw new Error(`the suite ${suite.name} fails without any mutation`);
  }
}

function namesOf(outcomes: readonly Outcome[]): string {
  return outcomes.map(({ mutation }) => mutation.name).join(', ');
}

function summarize(outcomes: readonly Outcome[], seconds: number): void {
  const survived = outcomes.filter(({ caughtBy }) => caughtBy === undefined);
  say(
    `\n${outcomes.length - survived.length} of ${outcomes.length} caught in ${seconds.toFixed(0)} s`,
  );
  const simulator = outcomes.filter(({ mutation }) => SIMULATOR_MUTATIONS.includes(mutation));
  if (noKernel === undefined) {
    const missed = simulator.filter(({ caughtBy }) => caughtBy !== KERNEL && caughtBy !== FACTS);
    const caught = simulator.length - missed.length;
    say(`the kernel alone caught ${caught} of ${simulator.length} of the simulator`);
    if (missed.length > 0) say(`the kernel did not catch: ${namesOf(missed)}`);
  } else {
    say(
      `THE KERNEL WAS LEFT OUT (${noKernel}): faults of the simulator were shown to the other suites alone`,
    );
  }
  if (survived.length > 0) say(`SURVIVED: ${namesOf(survived)}`);
  process.exitCode = survived.length > 0 ? 1 : 0;
}

function chosen(names: readonly string[]): readonly Mutation[] {
  const all = [...SIMULATOR_MUTATIONS, ...POLICY_SIDE_MUTATIONS];
  const unknown = names.find((name) => !all.some((mutation) => mutation.name === name));
  if (unknown !== undefined) throw new Error(`there is no mutation ${unknown}`);
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

const mutations = chosen(process.argv.slice(2));
if (noKernel !== undefined) say(`THE KERNEL IS LEFT OUT: ${noKernel}`);
const copy = new WorkingCopy(resolve('.'));
process.on('exit', () => copy.remove());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => process.exit(1));
const start = process.hrtime.bigint();
checkUnchanged(copy);
const outcomes = mutations.map((mutation) => tryMutation(mutation, copy));
summarize(outcomes, Number(process.hrtime.bigint() - start) / 1e9);
