import type { KernelTools } from '../../src/apply/kernel-tools.ts';
import { KernelError } from '../../src/source/errors.ts';

/** What happens at one of the calls that change the kernel. `half` does the first half of the lines of a set file, as ipset does. */
export const FAULTS = [
  'fails before',
  'fails after',
  'fails half',
  'killed before',
  'killed after',
  'killed half',
] as const;
export type Fault = (typeof FAULTS)[number];

/** The process is gone: nothing of it runs any more. */
export class Killed extends Error {}

/** Tools that go wrong once, at the call with a number from 1, or from there on for good. */
export interface FaultyTools {
  readonly tools: KernelTools;
  /** How many calls there have been. */
  readonly calls: () => number;
}

/** Wraps tools so that their `at`th call that changes the kernel goes wrong; `lasting` makes all calls behind it fail too. */
export function faultyTools(
  tools: KernelTools,
  at: number,
  fault: Fault,
  lasting = false,
): FaultyTools {
  let calls = 0;
  const guard = (act: () => void, half: () => void): void => {
    calls++;
    if (lasting && calls > at) throw refusal();
    if (calls !== at) {
      act();
      return;
    }
    if (fault.endsWith('after')) act();
    if (fault.endsWith('half')) half();
    throw fault.startsWith('killed') ? new Killed(fault) : refusal();
  };
  const none = (): void => undefined;
  return {
    calls: () => calls,
    tools: {
      ...tools,
      restoreRules: (family, text) =>
        guard(
          () => tools.restoreRules(family, text),
          () => {
            const tables = text.split(/(?<=^COMMIT\n)/m);
            const first = tables.slice(0, Math.floor(tables.length / 2)).join('');
            if (first !== '') tools.restoreRules(family, first);
          },
        ),
      restoreSets: (text) =>
        guard(
          () => tools.restoreSets(text),
          () => {
            const lines = text.split('\n').filter((line) => line !== '');
            const first = lines.slice(0, Math.ceil(lines.length / 2));
            tools.restoreSets(`${first.join('\n')}\n`);
          },
        ),
      swapSets: (one, other) => guard(() => tools.swapSets(one, other), none),
      destroySets: (names) =>
        guard(
          () => tools.destroySets(names),
          () => tools.destroySets(names.slice(0, Math.ceil(names.length / 2))),
        ),
    },
  };
}

function refusal(): KernelError {
  return new KernelError('rejected', 'a fault', { command: [], status: 1, stderr: 'a fault' });
}
