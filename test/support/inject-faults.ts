import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changeKernel, type KernelChange, recover } from '../../src/apply/change-kernel.ts';
import type { KernelTools } from '../../src/apply/kernel-tools.ts';
import { makeSteps } from '../../src/apply/make-steps.ts';
import type { OwnState } from '../../src/apply/own-state.ts';
import { isPassingSet } from '../../src/apply/ownership.ts';
import { readKernel } from '../../src/apply/read-kernel.ts';
import { type RuleFiles, stateOf } from '../../src/apply/rule-files.ts';
import { StateDirectory } from '../../src/apply/state/state-directory.ts';
import { NOTHING_APPLIED, type StateRecord } from '../../src/apply/state/state-record.ts';
import { settle, sideInForce } from '../../src/apply/transaction.ts';
import { FAULTS, type Fault, faultyTools, Killed } from './faulty-tools.ts';

/** A change of the kernel that faults are put into. `undefined`: nothing of ours. */
export interface FaultCase {
  readonly from: OwnState;
  readonly to: { readonly state: OwnState; readonly files: RuleFiles | undefined };
}

/** One fault and what came of it. */
export interface FaultResult {
  readonly call: number;
  readonly fault: Fault;
  readonly lasting: boolean;
  /** What was wrong; undefined when the kernel held exactly the old or exactly the new rules, as was said. */
  readonly problem: string | undefined;
}

/**
 * What a kernel holds as the save tools print it, in an order of its own, without what differs each time. Tables that are loaded and hold nothing
 * are the same as tables that are not.
 */
export function savedText(tools: KernelTools): string {
  const saved = tools.save();
  const rules = ([4, 6] as const).flatMap((family) => savedRules(family, saved.rules[family]));
  const sets = saved.sets
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/ initval \S+| hashsize \d+| bucketsize \d+/g, ''));
  return [...rules, ...sets.sort()].join('\n');
}

/** Chains in the order of their names, each with its rules in their order. */
function savedRules(family: 4 | 6, text: string): readonly string[] {
  const chains = new Map<string, string[]>();
  let table = '';
  const chain = (name: string): string[] => {
    const key = `IPv${family} ${table} ${name}`;
    const known = chains.get(key) ?? [];
    chains.set(key, known);
    return known;
  };
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line;
    const declared = /^:(\S+) (\S+)/.exec(line);
    if (declared !== null && declared[2] !== 'ACCEPT')
      chain(declared[1] as string).push(line.replace(/ \[.*/, ''));
    const rule = /^-A (\S+)/.exec(line);
    if (rule !== null) chain(rule[1] as string).push(line);
  }
  return [...chains]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, lines]) => [key, ...lines]);
}

/** Puts every kind of fault into every call of a change, and says what came of each that `isWanted`. */
export function* injectFaults(
  tools: KernelTools,
  { from, to }: FaultCase,
  isWanted: (number: number) => boolean,
): Generator<FaultResult> {
  settle(from, tools);
  const before = savedText(tools);
  const calls = run(tools, { from, to }).calls;
  const after = savedText(tools);
  let number = 0;
  for (let call = 1; call <= calls; call++) {
    for (const fault of FAULTS) {
      for (const lasting of fault.startsWith('fails') ? [false, true] : [false]) {
        if (!isWanted(number++)) continue;
        settle(from, tools);
        const { problem } = run(tools, { from, to }, { call, fault, lasting, before, after });
        yield { call, fault, lasting, problem };
      }
    }
  }
}

interface Injected {
  readonly call: number;
  readonly fault: Fault;
  readonly lasting: boolean;
  readonly before: string;
  readonly after: string;
}

const AFTER_STATE: StateRecord = { ...NOTHING_APPLIED, event: 'changed' };

function run(
  tools: KernelTools,
  { from, to }: FaultCase,
  injected?: Injected,
): { readonly calls: number; readonly problem: string | undefined } {
  const path = mkdtempSync(join(tmpdir(), 'hepsim-faults-'));
  const directory = new StateDirectory(path);
  const faulty = faultyTools(
    tools,
    injected?.call ?? 0,
    injected?.fault ?? 'fails before',
    injected?.lasting,
  );
  try {
    const old = readKernel(tools).own;
    const plan = makeSteps(old, to.state, to.files);
    const change: KernelChange = { old, wanted: to.state, plan, next: AFTER_STATE };
    let said: 'old' | 'wanted' | undefined;
    try {
      const outcome = changeKernel(change, directory, faulty.tools);
      said = outcome.kind === 'failed' ? outcome.inForce : 'wanted';
      if (injected !== undefined && outcome.kind === 'failed' && !outcome.clean) {
        const problem = inForceProblem(tools, from, to.state, said);
        if (problem !== undefined) return { calls: faulty.calls(), problem };
      }
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    // The next command, or the watchdog: a process without the fault.
    recover(directory, () => tools);
    if (injected === undefined) return { calls: faulty.calls(), problem: undefined };
    return { calls: faulty.calls(), problem: endProblem(tools, directory, injected, said) };
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

/** What is not as it was said to be, while things that no packet meets are still about. */
function inForceProblem(
  tools: KernelTools,
  from: OwnState,
  to: OwnState,
  said: 'old' | 'wanted',
): string | undefined {
  const actual = readKernel(tools).own;
  const side = sideInForce(actual, { old: from, wanted: to });
  return side === said ? undefined : `said ${said}, but ${side} is in force`;
}

function endProblem(
  tools: KernelTools,
  directory: StateDirectory,
  { before, after }: Injected,
  said: 'old' | 'wanted' | undefined,
): string | undefined {
  const text = savedText(tools);
  const is = text === before ? 'old' : text === after ? 'wanted' : undefined;
  if (is === undefined) return `neither old nor new:\n${text}`;
  if (said !== undefined && said !== is) return `said ${said}, and it is ${is}`;
  const recorded = directory.readState().event === AFTER_STATE.event ? 'wanted' : 'old';
  if (recorded !== is && before !== after) return `recorded ${recorded}, and it is ${is}`;
  if (directory.hasJournal()) return 'a journal is left';
  const left = [...readKernel(tools).own.sets.keys()].filter(isPassingSet);
  return left.length === 0 ? undefined : `left: ${left.join(' ')}`;
}

/** What files come to as a state to go to. */
export function target(files: RuleFiles): FaultCase['to'] {
  return { state: stateOf(files), files };
}
