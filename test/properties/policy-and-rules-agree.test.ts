import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Packet } from '../../src/packet/packet.ts';
import { parsePacketFields, renderPacketLine } from '../../src/packet/packet-text.ts';
import { readResources } from '../../src/resources/read-resources.ts';
import { buildReply } from '../../src/scenario/build-reply.ts';
import { NodeModel } from '../../src/scenario/node-model.ts';
import { PacketSession } from '../../src/scenario/packet-session.ts';
import { PolicyOracle } from '../../src/scenario/policy-oracle.ts';
import type { PacketResult } from '../../src/simulate/packet-result.ts';
import { NODE, type RandomInput, randomInput } from '../support/random-input.ts';

/** Packets in all, answers not counted, over both families and the three versions; set HEPSIM_PROPERTY_PACKETS for a longer run. */
const PACKETS = Number(process.env.HEPSIM_PROPERTY_PACKETS ?? 21_000);
const PACKETS_PER_INPUT = 50;
const VERSIONS = ['2.6', '3.9', '3.32'] as const;

/** Runs every packet both ways: through the compiled rules, and past them by policy alone. */
function disagreements(input: RandomInput): readonly string[] {
  const text = JSON.stringify(input.documents);
  const resources = readResources([{ file: 'random.json', text }], { version: input.version });
  const model = new NodeModel(resources, {
    node: NODE,
    machine: NODE,
    environment: new Map(Object.entries(input.environment)),
  });
  const oracle = new PolicyOracle(model);
  const session = new PacketSession((family) => model.simulator(family));
  const found: string[] = [];
  const check = (packet: Packet): PacketResult => {
    const result = session.run(packet);
    const disagreement = oracle.check(packet, result);
    if (disagreement !== undefined) {
      const { rules, policy } = disagreement;
      found.push(`${renderPacketLine(packet)}: rules: ${rules}; policy: ${policy}`);
    }
    return result;
  };
  for (const fields of input.packets) {
    const parsed = parsePacketFields(fields);
    if (parsed.kind !== 'packet') throw new Error(JSON.stringify(parsed.problems));
    session.reset();
    oracle.reset();
    const result = check(parsed.packet);
    if (result.verdict !== 'accept') continue;
    // The answer, and what the answer is answered by, through one connection table.
    const answer = buildReply(result, {});
    if (answer.kind !== 'packet') continue;
    const answered = check(answer.packet);
    if (answered.verdict !== 'accept') continue;
    const next = buildReply(answered, {});
    if (next.kind === 'packet') check(next.packet);
  }
  return found;
}

describe('what the compiled rules do is what policy says', () => {
  test.each(VERSIONS)('Calico %s', { timeout: 600_000 }, (version) => {
    fc.assert(
      fc.property(randomInput(version, PACKETS_PER_INPUT), (input) => {
        expect(disagreements(input)).toEqual([]);
      }),
      {
        numRuns: Math.ceil(PACKETS / VERSIONS.length / PACKETS_PER_INPUT),
        endOnFailure: false,
      },
    );
  });
});
