import { describe, expect, test } from 'vitest';
import type { Observation } from '../../src/lab/kernel-lab.ts';
import { renderPacketLine } from '../../src/packet/packet-text.ts';
import { readResources } from '../../src/resources/read-resources.ts';
import { prepareScenario } from '../../src/scenario/prepare-scenario.ts';
import { randomSource } from '../../src/selftest/random-source.ts';
import { renderReproduction } from '../../src/selftest/reproduction.ts';
import { runSelftest, type SelftestOptions } from '../../src/selftest/selftest.ts';
import { renderSelftestJson, renderSelftestText } from '../../src/selftest/selftest-report.ts';
import { type Fault, fakeLabs } from './fake-lab.ts';

function options(
  fault: Fault | undefined,
  more: Partial<SelftestOptions> = {},
): {
  readonly options: SelftestOptions;
  readonly counts: ReturnType<typeof fakeLabs>['counts'];
} {
  const labs = fakeLabs(fault);
  return {
    counts: labs.counts,
    options: {
      seed: 'fake',
      packets: 400,
      packetsPerRuleset: 50,
      firstRuleset: 0,
      rulesets: undefined,
      builds: ['legacy', 'nft'],
      lanes: 4,
      traceEvery: 3,
      mostFindings: 1,
      shrinkTries: 300,
      source: randomSource('fake'),
      startLab: labs.start,
      isOver: () => false,
      progress: () => undefined,
      found: () => undefined,
      ...more,
    },
  };
}

/** A kernel that lets in what is dropped on its way to port 22. */
const opensSsh: Fault = (observed: Observation, result) =>
  result.packet.destinationPort === 22 && observed.verdict === 'drop'
    ? { ...observed, verdict: 'reject' }
    : observed;

const facts = {
  kernel: '6.18.0',
  tools: new Map([['ip', 'iproute2-6']]),
  builds: ['legacy'] as const,
};

describe('a run', { timeout: 60_000 }, () => {
  test('against a kernel that does as simulated finds nothing and counts everything', async () => {
    const { options: given, counts } = options(undefined);
    const outcome = await runSelftest(given);
    expect(outcome.findings).toEqual([]);
    expect(outcome.counts.packets + outcome.counts.undetermined).toBeGreaterThanOrEqual(400);
    expect(outcome.counts.compared).toBe(2 * outcome.counts.packets);
    expect(outcome.counts.rulesets).toBe(8);
    expect(outcome.counts.traced).toBeGreaterThan(0);
    expect(outcome.counts.lost).toBe(0);
    // Two builds of each host, which is kept from one ruleset to the next, and nothing left running.
    expect(outcome.counts.hosts).toBeLessThan(8);
    const labs = 2 * outcome.counts.hosts;
    expect(counts).toEqual({ started: labs, stopped: labs, asked: outcome.counts.compared });
  });

  test('stops when time is up, and after the rulesets that were asked for', async () => {
    const { options: given } = options(undefined, { rulesets: 1, firstRuleset: 7 });
    expect((await runSelftest(given)).counts.rulesets).toBe(1);
    const { options: late } = options(undefined, { isOver: () => true });
    expect((await runSelftest(late)).counts.compared).toBe(0);
  });

  test('does not count what the kernel did not tell, and asks a second time', async () => {
    const { options: given } = options((observed) => ({ ...observed, lost: true }), {
      rulesets: 1,
    });
    const { counts, findings } = await runSelftest(given);
    expect(findings).toEqual([]);
    expect(counts.compared).toBe(0);
    expect(counts.lost).toBeGreaterThan(0);
  });

  test('makes a disagreement small, and a scenario of it that says what the kernel did', async () => {
    const { options: given } = options(opensSsh);
    const { findings } = await runSelftest(given);
    const [finding] = findings;
    if (finding === undefined) throw new Error('the fault was not found');
    expect(finding.packets).toHaveLength(1);
    expect(renderPacketLine(finding.packets[0] as never)).toContain(':22 ');
    // The machine, and at most one document that makes policy drop.
    expect(finding.ruleset.documents.length).toBeLessThanOrEqual(2);
    const text = renderReproduction(finding, 'fake');
    const { scenarios } = readResources([{ file: 'selftest.yaml', text }]);
    const problems: unknown[] = [];
    const [prepared] = prepareScenario(scenarios[0] as never, (problem) => problems.push(problem));
    expect(problems).toEqual([]);
    expect(
      prepared?.steps.at(-1)?.expectation.map(({ name, wanted }) => [name, wanted]),
    ).toContainEqual(['verdict', 'reject']);
  });

  test('reports in JSON and in words', async () => {
    const { options: given } = options(opensSsh);
    const { counts, findings } = await runSelftest(given);
    const reported = findings.map((finding) => ({
      finding,
      file: 'x.yaml',
      command: 'hepsim test x.yaml',
    }));
    const report = {
      seed: 'fake',
      facts,
      counts,
      edges: { aims: 9, taken: 8 },
      seconds: 1.5,
      findings: reported,
    };
    const json = JSON.parse(renderSelftestJson(report));
    expect(json).toMatchObject({
      seed: 'fake',
      kernel: '6.18.0',
      tools: { ip: 'iproute2-6' },
      builds: ['legacy'],
      packets: counts.packets,
      edges: { asked: 8, of: 9 },
      seconds: 1.5,
      agree: false,
      disagreements: [
        {
          between: ['simulation', 'iptables-legacy'],
          differences: [{ field: 'verdict', simulated: 'drop', other: 'reject' }],
          file: 'x.yaml',
          command: 'hepsim test x.yaml',
        },
      ],
    });
    const text = renderSelftestText(report);
    expect(text).toContain('verdict: simulated drop, kernel reject');
    expect(text).toContain('again: hepsim test x.yaml');
    expect(text.trimEnd().endsWith('1 disagreement')).toBe(true);
  });
});
