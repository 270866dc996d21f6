import type { KernelTools } from './kernel-tools.ts';

/** Adds up how long something took. */
export class StopWatch {
  milliseconds = 0;

  /** Does something while the watch runs. */
  during<T>(act: () => T): T {
    const begun = performance.now();
    try {
      return act();
    } finally {
      this.milliseconds += performance.now() - begun;
    }
  }
}

/** The tools, with a watch on those that write: what it shows is the kernel's own share of a change. */
export function timedTools(tools: KernelTools, watch: StopWatch): KernelTools {
  return {
    ...tools,
    restoreRules: (family, text) => watch.during(() => tools.restoreRules(family, text)),
    restoreSets: (text) => watch.during(() => tools.restoreSets(text)),
    swapSets: (one, other) => watch.during(() => tools.swapSets(one, other)),
    destroySets: (names) => watch.during(() => tools.destroySets(names)),
  };
}
