import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { put16 } from '../../src/packet/header-bytes.ts';
import { filesIn } from '../cli/run-cli.ts';
import { pcapFile } from '../support/capture-files.ts';
import { cliProgram } from '../support/cli-program.ts';
import { frame } from '../support/frames.ts';
import { modelOf, replayFast } from './replay-of.ts';

const DOCUMENTS = `
apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: { name: node1-eth0, labels: { role: web } }
spec: { node: node1, interfaceName: eth0, expectedIPs: [192.0.2.10] }
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: { name: dns }
spec:
  selector: role == 'web'
  types: [Ingress]
  ingress:
    - { action: Allow, protocol: UDP, destination: { ports: [53] } }
---
apiVersion: hepsim/v1
kind: Host
metadata: { name: node1 }
spec:
  interfaces: [{ name: eth0, addresses: [192.0.2.10/24] }]
  routes: [{ to: default, via: 192.0.2.1, dev: eth0 }]
`;

/** Where a UDP header begins in an Ethernet frame with an IPv4 packet. */
const UDP = 34;

/** UDP packets, each of a flow of its own, from so many addresses in turn. */
function udpFrames(count: number, sources: number, port: number): Uint8Array[] {
  const templates = Array.from({ length: sources }, (_, i) =>
    frame(`udp 203.0.113.${i + 1}:1 -> 192.0.2.10:${port}`),
  );
  return Array.from({ length: count }, (_, i) => {
    const bytes = templates[i % sources]!.slice();
    put16(bytes, UDP, 1024 + Math.floor(i / sources));
    // Without a checksum.
    put16(bytes, UDP + 6, 0);
    return bytes;
  });
}

test.each([
  { verdict: 'drop', port: 54 },
  { verdict: 'accept', port: 53 },
] as const)(
  'of a small capture every flow is counted, however often memory grows: $verdict',
  async ({ verdict, port }) => {
    const [flows, sources] = [35_000, 7];
    const records = udpFrames(flows, sources, port).map((bytes) => ({ bytes }));
    const summary = await replayFast(modelOf(DOCUMENTS), pcapFile(records));
    expect(summary.byVerdict[verdict]).toMatchObject({ packets: flows, flows });
    const talkers = Array.from({ length: sources }, (_, i) => ({
      address: `203.0.113.${i + 1}`,
      packets: Math.ceil((flows - i) / sources),
    }));
    const listed = [...summary.topDropped.sources].sort((a, b) => (a.address < b.address ? -1 : 1));
    expect(listed).toEqual(verdict === 'drop' ? talkers : []);
  },
);

let program: string;

beforeAll(async () => {
  program = await cliProgram();
});

test.each([
  { without: 'WebAssembly', command: [process.execPath, '--jitless'] },
  {
    without: 'address space for its memory',
    command: ['prlimit', '--as=4000000000', process.execPath],
  },
])('a replay counts the same without $without', ({ command }) => {
  const folder = filesIn({ 'policy.yaml': DOCUMENTS });
  const capture = join(folder, 'a.pcap');
  const frames = [...udpFrames(40, 3, 53), ...udpFrames(30, 3, 54)];
  writeFileSync(capture, pcapFile(frames.map((bytes) => ({ bytes }))));
  const [file, ...options] = command;
  const args = ['replay', '-f', join(folder, 'policy.yaml'), '-o', 'json', capture];
  const out = execFileSync(file!, [...options, program, ...args], { encoding: 'utf8' });
  expect(JSON.parse(out)).toMatchObject({
    packets: 70,
    flows: 70,
    byVerdict: { accept: { packets: 40, flows: 40 }, drop: { packets: 30, flows: 30 } },
  });
});
