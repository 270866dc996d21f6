import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeSteps } from '../../src/apply/make-steps.ts';
import { EMPTY_STATE } from '../../src/apply/own-state.ts';
import { readKernel } from '../../src/apply/read-kernel.ts';
import { type RuleFiles, renderRuleFiles, stateOf } from '../../src/apply/rule-files.ts';
import { runTransaction } from '../../src/apply/transaction.ts';
import type { Host } from '../../src/host/host.ts';
import type { Packet } from '../../src/packet/packet.ts';
import { parsePacketFields, renderPacketLine } from '../../src/packet/packet-text.ts';
import { readResources } from '../../src/resources/read-resources.ts';
import { NodeModel } from '../../src/scenario/node-model.ts';
import { Simulator } from '../../src/simulate/simulator.ts';
import { FakeKernel } from '../support/fake-kernel.ts';
import { NODE, type RandomInput, randomInput } from '../support/random-input.ts';
import { outcome } from '../support/simulations.ts';

const RUNS = Number(process.env.HEPSIM_INTERMEDIATE_RUNS ?? 6);
const PACKETS = 25;
const VERSIONS = ['2.6', '3.9', '3.32'] as const;

/** Rules of the host's own that care about connections and marks, and drop what nobody accepts. */
const FOREIGN = `*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22:443 -m conntrack --ctstate NEW -j ACCEPT
-A FORWARD -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
COMMIT
`;

describe.each(VERSIONS)('between policies of Calico %s', (version) => {
  test('packets meet the old rules up to one instant, and the new ones from there on', {
    timeout: 600_000,
  }, () => {
    let switched = 0;
    let differed = 0;
    fc.assert(
      fc.property(
        randomInput(version, PACKETS),
        randomInput(version, PACKETS),
        fc.boolean(),
        (one, other, foreign) => {
          const first = compiled(one);
          const second = compiled(other, first.host);
          const packets = [...one.packets, ...other.packets].map(packetOf);
          const kernel = new FakeKernel();
          if (foreign)
            for (const family of [4, 6] as const) kernel.tools.restoreRules(family, FOREIGN);
          for (const files of [first.files, second.files, undefined]) {
            const seen = follow(kernel, files, { host: first.host, packets });
            if (seen.kind === 'switched') switched++;
            if (seen.differed) differed++;
          }
        },
      ),
      { numRuns: RUNS, endOnFailure: process.env.CI !== undefined },
    );
    // Otherwise nothing has been shown.
    expect(switched).toBeGreaterThan(0);
    expect(differed).toBeGreaterThan(0);
  });
});

interface Compiled {
  readonly files: RuleFiles;
  readonly host: Host;
}

function compiled({ documents, environment, version }: RandomInput, host?: Host): Compiled {
  const texts = [{ file: 'random.json', text: JSON.stringify(documents) }];
  const model = new NodeModel(readResources(texts, { version }), {
    node: NODE,
    machine: NODE,
    environment: new Map(Object.entries(environment)),
    host,
  });
  const files = renderRuleFiles({ 4: model.compiledRules(4), 6: model.compiledRules(6) });
  return { files, host: model.host };
}

function packetOf(fields: RandomInput['packets'][number]): Packet {
  const parsed = parsePacketFields(fields);
  if (parsed.kind !== 'packet') throw new Error(JSON.stringify(parsed.problems));
  return parsed.packet;
}

interface Watching {
  readonly host: Host;
  readonly packets: readonly Packet[];
}

/** Goes to what the files mean (nothing of ours where there are none) and holds every state on the way against both ends. */
function follow(
  kernel: FakeKernel,
  files: RuleFiles | undefined,
  watching: Watching,
): { readonly kind: string; readonly differed: boolean } {
  const old = readKernel(kernel.tools).own;
  const wanted = files === undefined ? EMPTY_STATE : stateOf(files);
  const plan = makeSteps(old, wanted, files);
  const before = outcomes(kernel, watching);
  const between: (readonly string[])[] = [];
  kernel.changed = () => between.push(outcomes(kernel, watching));
  expect(runTransaction({ old, wanted, plan }, kernel.tools)).toEqual({ kind: 'done' });
  kernel.changed = () => undefined;
  expect(makeSteps(readKernel(kernel.tools).own, wanted).steps).toEqual([]);
  const after = outcomes(kernel, watching);
  const turn = between.findIndex((state) => !same(state, before));
  for (const [index, state] of between.entries()) {
    expect(named(state, watching)).toEqual(
      named(turn >= 0 && index >= turn ? after : before, watching),
    );
  }
  return { kind: plan.kind, differed: !same(before, after) };
}

/** What becomes of each packet, and where it goes. */
function outcomes(kernel: FakeKernel, { host, packets }: Watching): readonly string[] {
  const simulators = new Map(
    ([4, 6] as const).map((family) => [
      family,
      new Simulator({ host, rulesets: [kernel.ruleset(family)], notModelled: [] }),
    ]),
  );
  return packets.map((packet) => {
    const simulator = simulators.get(packet.family) as Simulator;
    simulator.reset();
    return outcome(simulator.run(packet));
  });
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.every((text, index) => text === b[index]);
}

function named(state: readonly string[], { packets }: Watching): readonly string[] {
  return state.map((text, index) => `${renderPacketLine(packets[index] as Packet)}: ${text}`);
}
