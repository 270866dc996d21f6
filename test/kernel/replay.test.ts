import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { openCapture } from '../../src/capture/open-capture.ts';
import type { IptablesBuild } from '../../src/lab/kernel-lab.ts';
import { prepareReplay } from '../../src/replay/prepare-replay.ts';
import { readResources } from '../../src/resources/read-resources.ts';
import { NodeModel } from '../../src/scenario/node-model.ts';
import { LabPool } from '../../src/selftest/lab-pool.ts';
import type { PacketResult } from '../../src/simulate/packet-result.ts';
import { pcapFile } from '../support/capture-files.ts';
import { frame } from '../support/frames.ts';
import { startTestLab, whyNoLab } from '../support/kernel-lab.ts';

const BUILDS: readonly IptablesBuild[] = ['legacy', 'nft'];
const FOLDER = 'scenarios/replayed-capture';

const reason = whyNoLab();

if (process.env.CI !== undefined) {
  test('the kernel takes part in this run', () => expect(reason).toBeUndefined());
}

const title = reason === undefined ? 'the kernel' : `the kernel (skipped: ${reason})`;

/** Connections from their first packet to their end, and packets that belong to none. */
const TRAFFIC = [
  'tcp 203.0.113.7:40000 -> 192.0.2.10:80 flags=S seq=1000',
  'tcp 192.0.2.10:80 -> 203.0.113.7:40000 flags=SA seq=5000 ack=1001',
  'tcp 203.0.113.7:40000 -> 192.0.2.10:80 flags=A seq=1001 ack=5001',
  'tcp 203.0.113.7:40000 -> 192.0.2.10:80 flags=AP seq=1001 ack=5001 length=140',
  'tcp 192.0.2.10:80 -> 203.0.113.7:40000 flags=AP seq=5001 ack=1101 length=540',
  'tcp 203.0.113.7:40000 -> 192.0.2.10:80 flags=FA seq=1101 ack=5501',
  'tcp 192.0.2.10:80 -> 203.0.113.7:40000 flags=FA seq=5501 ack=1102',
  'tcp 203.0.113.7:40000 -> 192.0.2.10:80 flags=A seq=1102 ack=5502',
  'tcp 203.0.113.7:40000 -> 192.0.2.10:80 flags=AP seq=90000000 ack=5502 length=140',
  'tcp 203.0.113.7:40001 -> 192.0.2.10:80 flags=SA seq=1 ack=1',
  'tcp 203.0.113.7:40002 -> 192.0.2.10:443 flags=S seq=1',
  'udp 192.0.2.10:5000 -> 203.0.113.7:53',
  'udp 203.0.113.7:53 -> 192.0.2.10:5000',
  'udp 203.0.113.7:53 -> 192.0.2.10:5001',
  'icmp 192.0.2.10 -> 203.0.113.7 type=8 id=7',
  'icmp 203.0.113.7 -> 192.0.2.10 type=0 id=7',
  'icmp 203.0.113.7 -> 192.0.2.10 type=0 id=8',
  'icmp 203.0.113.7 -> 192.0.2.10 type=8 id=9',
];

/** Both ends of the traffic, so that it goes both ways through the host. */
function captured(): Uint8Array {
  const host = Uint8Array.of(2, 0, 0, 0, 0, 2);
  const far = Uint8Array.of(2, 0, 0, 0, 0, 1);
  const records = TRAFFIC.map((line, i) => {
    const isSent = line.split(' ')[1]?.startsWith('192.0.2.10') === true;
    const macs = isSent ? { source: host, destination: far } : { source: far, destination: host };
    return { bytes: frame(line, macs), nanoseconds: i * 1_000_000 };
  });
  return pcapFile(records);
}

describe.skipIf(reason !== undefined)(title, () => {
  const pool = new LabPool(startTestLab);
  afterAll(() => pool.stop());

  test.each([
    ['a capture of the scenarios', () => readFileSync(`${FOLDER}/packets.pcap`)],
    ['whole connections and what belongs to none', captured],
  ])('does with %s what the replay says', { timeout: 120_000 }, async (_, file) => {
    const text = readFileSync(`${FOLDER}/resources.yaml`, 'utf8');
    const resources = readResources([{ file: 'resources.yaml', text }]);
    const model = new NodeModel(resources, {
      node: 'node1',
      machine: 'node1',
      environment: new Map(),
    });
    const results: PacketResult[] = [];
    const capture = await openCapture('-', async function* () {
      yield file();
    });
    await prepareReplay(model).run([capture], {
      sink: ({ result }) => {
        if (result !== undefined) results.push(result);
      },
    });
    const said = results.map(({ verdict, delivered, state }) => ({ verdict, delivered, state }));
    for (const build of BUILDS) {
      const lab = await pool.take(model.host, { build, lane: 0 });
      await lab.load([model.ruleset(4), model.ruleset(6)]);
      await lab.flushConnections();
      // The lab has a clock and link layer of its own, and gives packets the bytes that their fields ask for.
      const bare = { timeSeconds: undefined, mac: undefined, wire: undefined };
      const seen = await lab.inject(results.map(({ packet }) => ({ ...packet, ...bare })));
      expect(seen.map(({ verdict, delivered, state }) => ({ verdict, delivered, state }))).toEqual(
        said,
      );
    }
  });
});
