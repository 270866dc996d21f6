import { parsePacketLine } from '../../src/packet/packet-text.ts';
import { readResources } from '../../src/resources/read-resources.ts';
import { NodeModel } from '../../src/scenario/node-model.ts';
import { PacketSession } from '../../src/scenario/packet-session.ts';
import { processorSeconds } from './processor-time.ts';
import { makeWorkload } from './workload.ts';

const ROUNDS = 9;
const PACKETS = 20_000;

/** What running packets in process came to. */
export interface PacketRates {
  /** Rules in the documents, and netfilter rules that they compile to. */
  readonly rules: number;
  readonly compiledRules: number;
  readonly packets: number;
  readonly rounds: number;
  /** Packets a second of processor time, of the fastest round: the verdict alone, and with the deciding policy rule. */
  readonly verdicts: number;
  readonly decisions: number;
}

/** Runs new connections, each of one packet, through 1,000 rules; the connection table is emptied between rounds. */
export function measurePackets(): PacketRates {
  const size = { policies: 100, rules: 10, otherPolicies: 0, endpoints: 1 };
  const workload = makeWorkload(size);
  const resources = readResources([...workload.files].map(([file, text]) => ({ file, text })));
  const model = new NodeModel(resources, { node: 'bench', machine: '', environment: new Map() });
  const session = new PacketSession((family) => model.simulator(family));
  const packets = workload.packets(PACKETS).map((line) => {
    const parsed = parsePacketLine(line);
    if (parsed.kind !== 'packet') throw new Error(`not a packet: ${line}`);
    return parsed.packet;
  });
  const runAll = (wants: 'verdict' | 'decision'): { seconds: number; accepted: number } => {
    session.reset();
    let accepted = 0;
    let decided = 0;
    const start = process.cpuUsage();
    for (const packet of packets) {
      const result = session.run(packet);
      if (result.verdict === 'accept') accepted += 1;
      if (wants === 'decision' && result.decision.kind !== 'unpoliced') decided += 1;
    }
    const seconds = processorSeconds(start);
    if (wants === 'decision' && decided !== packets.length) throw new Error('not all were policed');
    return { seconds, accepted };
  };
  const best = { verdict: Number.POSITIVE_INFINITY, decision: Number.POSITIVE_INFINITY };
  const counts = new Set<number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const wants of ['verdict', 'decision'] as const) {
      const { seconds, accepted } = runAll(wants);
      best[wants] = Math.min(best[wants], seconds);
      counts.add(accepted);
    }
  }
  const [accepted = 0] = counts;
  if (counts.size !== 1 || accepted < PACKETS / 4 || accepted > (PACKETS * 3) / 4) {
    throw new Error(`${[...counts].join(', ')} of ${PACKETS} packets were accepted`);
  }
  return {
    rules: size.policies * size.rules,
    compiledRules: model
      .ruleset(4)
      .tables.flatMap((table) => table.chains)
      .reduce((sum, chain) => sum + chain.rules.length, 0),
    packets: PACKETS,
    rounds: ROUNDS,
    verdicts: PACKETS / best.verdict,
    decisions: PACKETS / best.decision,
  };
}
