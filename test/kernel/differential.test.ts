import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { findScenarios, ScenarioReader } from '../../src/cli/scenario-files.ts';
import type { IptablesBuild } from '../../src/lab/kernel-lab.ts';
import type { Packet } from '../../src/packet/packet.ts';
import { NodeModel } from '../../src/scenario/node-model.ts';
import { prepareScenario } from '../../src/scenario/prepare-scenario.ts';
import { CaseRunner } from '../../src/scenario/run-scenario.ts';
import { checkSequences } from '../../src/selftest/check-sequence.ts';
import { LabPool } from '../../src/selftest/lab-pool.ts';
import { randomSource } from '../../src/selftest/random-source.ts';
import { renderReproduction } from '../../src/selftest/reproduction.ts';
import { isOpenEnd, type SimulatedPacket } from '../../src/selftest/run-flow.ts';
import { runSelftest } from '../../src/selftest/selftest.ts';
import { startTestLab, whyNoLab } from '../support/kernel-lab.ts';
import { TEST_SEED } from '../support/seed.ts';

/** Random packets, at least; HEPSIM_DIFFERENTIAL_PACKETS for a longer run, HEPSIM_DIFFERENTIAL_SEED to repeat one. */
const PACKETS = Number(process.env.HEPSIM_DIFFERENTIAL_PACKETS ?? 51_000);
const PACKETS_PER_RULESET = 165;
const LANES = 4;
const SEED =
  process.env.HEPSIM_DIFFERENTIAL_SEED ?? TEST_SEED?.toString(16) ?? randomBytes(4).toString('hex');
const BUILDS: readonly IptablesBuild[] = ['legacy', 'nft'];

const reason = whyNoLab();

if (process.env.CI !== undefined) {
  test('the kernel takes part in this run', () => expect(reason).toBeUndefined());
}

const title = reason === undefined ? 'the kernel' : `the kernel (skipped: ${reason})`;

describe.skipIf(reason !== undefined)(title, () => {
  const pool = new LabPool(startTestLab);
  afterAll(() => pool.stop());

  test(`does what the simulation says with random rules and packets (seed ${SEED})`, {
    timeout: Math.max(600_000, PACKETS * 5),
  }, async () => {
    const { counts, findings } = await runSelftest({
      seed: SEED,
      packets: PACKETS,
      packetsPerRuleset: PACKETS_PER_RULESET,
      firstRuleset: 0,
      rulesets: undefined,
      builds: BUILDS,
      lanes: LANES,
      traceEvery: 8,
      mostFindings: 3,
      shrinkTries: 200,
      source: randomSource(SEED),
      startLab: startTestLab,
      isOver: () => false,
      progress: () => undefined,
      found: () => undefined,
    });
    expect(findings.map((finding) => renderReproduction(finding, SEED))).toEqual([]);
    expect(counts.lost).toBe(0);
    expect(counts.compared).toBe(BUILDS.length * counts.packets);
    // What cannot be determined is no agreement: there must be little of it.
    expect(counts.undetermined).toBeLessThan(counts.packets / 50);
  });

  const scenarios = findScenarios(['scenarios'], { lenient: false });
  const reader = new ScenarioReader({ version: undefined, lenient: false });

  test.each(
    scenarios.map((found) => [`${found.file}: ${found.scenario.metadata.name}`, found] as const),
  )('does what the simulation says in %s', { timeout: 60_000 }, async (_, found) => {
    const { resources } = reader.readResources(found);
    const model = new NodeModel(resources, {
      node: found.scenario.node,
      machine: 'this-machine',
      environment: found.scenario.environment,
    });
    const sequences = sequencesOf(
      model,
      prepareScenario(found.scenario, () => undefined),
    );
    for (const build of BUILDS) {
      const lab = await pool.take(model.host, { build, lane: 0 });
      await lab.load([model.ruleset(4), model.ruleset(6)]);
      const asked = sequences.map((packets) => ({ packets, trace: true }));
      const { difference, lost } = await checkSequences(lab, asked);
      expect({ build, lost, differences: difference?.differences }).toEqual({
        build,
        lost: 0,
        differences: undefined,
      });
    }
  });
});

/**
 * Each case's packets with their results, up to the first that no lab can inject or after which nobody knows the connection table.
 */
function sequencesOf(
  model: NodeModel,
  cases: ReturnType<typeof prepareScenario>,
): readonly (readonly SimulatedPacket[])[] {
  const runner = new CaseRunner(model);
  return cases.map((prepared) => {
    const packets: SimulatedPacket[] = [];
    for (const { packet, result } of runner.run(prepared).steps) {
      if (packet === undefined || result === undefined || !canInject(packet)) break;
      if (result.verdict === 'undetermined') break;
      packets.push({
        packet: { ...packet, in: result.packet.in, source: result.packet.source },
        result,
      });
      if (isOpenEnd(result)) break;
    }
    return packets;
  });
}

function canInject({ state, timeSeconds }: Packet): boolean {
  return state === undefined && (timeSeconds === undefined || timeSeconds === 0);
}
