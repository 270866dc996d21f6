// Compares the simulation with the kernel on random rulesets until one shows a difference. Only what the kernel says otherwise counts here; that
// policy disagrees is for the other suites to notice. Bundled from a mutated copy by main.ts.

import { startKernelLab } from '../../src/lab/start-kernel-lab.ts';
import type { KernelFinding } from '../../src/selftest/finding.ts';
import { HOSTS_IN_TURN } from '../../src/selftest/generate/random-documents.ts';
import { randomSource } from '../../src/selftest/random-source.ts';
import { runSelftest } from '../../src/selftest/selftest.ts';

const [seed = '1', mostRulesets = '10'] = process.argv.slice(2);
const PACKETS_PER_RULESET = 165;

const kernelFindings: KernelFinding[] = [];
const { counts } = await runSelftest({
  seed,
  packets: Number.POSITIVE_INFINITY,
  packetsPerRuleset: PACKETS_PER_RULESET,
  firstRuleset: 0,
  rulesets: Number(mostRulesets),
  builds: ['legacy'],
  lanes: HOSTS_IN_TURN,
  traceEvery: 8,
  // Findings of policy would else end the run before the kernel is heard.
  mostFindings: Number.POSITIVE_INFINITY,
  shrinkTries: 0,
  source: randomSource(seed),
  startLab: startKernelLab,
  isOver: () => kernelFindings.length > 0,
  progress: () => undefined,
  found: ({ about }) => {
    if (about.kind === 'kernel') kernelFindings.push(about);
  },
});
/** The rules hit say less than any other field, at greater length. */
const [found] = kernelFindings;
const telling = found?.differences.filter(({ field }) => field !== 'hops') ?? [];
const named = telling.length > 0 ? telling : (found?.differences.slice(0, 1) ?? []);
process.stdout.write(
  JSON.stringify({
    packets: counts.packets,
    difference: named.map(({ field, simulated, kernel }) =>
      field === 'hops' ? 'other rules are hit' : `${field} ${simulated}, in the kernel ${kernel}`,
    ),
  }),
);
