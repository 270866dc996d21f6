// Compares the simulation with the kernel on random rulesets, a few at a time, until one shows a difference. Only what the kernel says
// otherwise counts here; that policy disagrees is for the other suites to notice. Bundled from a mutated copy by main.ts.

import { startKernelLab } from '../../src/lab/start-kernel-lab.ts';
import type { KernelFinding } from '../../src/selftest/finding.ts';
import { randomSource } from '../../src/selftest/random-source.ts';
import { runSelftest } from '../../src/selftest/selftest.ts';

const [seed = '1', mostRulesets = '10'] = process.argv.slice(2);
/** As many as share a host. */
const RULESETS_AT_ONCE = 10;
const PACKETS_PER_RULESET = 165;

let packets = 0;
let found: KernelFinding | undefined;
for (
  let first = 0;
  found === undefined && first < Number(mostRulesets);
  first += RULESETS_AT_ONCE
) {
  const { counts, findings } = await runSelftest({
    seed,
    packets: Number.POSITIVE_INFINITY,
    packetsPerRuleset: PACKETS_PER_RULESET,
    firstRuleset: first,
    rulesets: RULESETS_AT_ONCE,
    builds: ['legacy'],
    lanes: 1,
    traceEvery: 8,
    // Findings of policy would else end the run before the kernel is heard.
    mostFindings: Number.POSITIVE_INFINITY,
    shrinkTries: 0,
    source: randomSource(seed),
    startLab: startKernelLab,
    isOver: () => false,
    progress: () => undefined,
    found: () => undefined,
  });
  packets += counts.packets;
  found = findings.map(({ about }) => about).find((about) => about.kind === 'kernel');
}
/** The rules hit say less than any other field, at greater length. */
const telling = found?.differences.filter(({ field }) => field !== 'hops') ?? [];
const named = telling.length > 0 ? telling : (found?.differences.slice(0, 1) ?? []);
process.stdout.write(
  JSON.stringify({
    packets,
    difference: named.map(({ field, simulated, kernel }) =>
      field === 'hops' ? 'other rules are hit' : `${field} ${simulated}, in the kernel ${kernel}`,
    ),
  }),
);
