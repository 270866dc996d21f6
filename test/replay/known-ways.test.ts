import { expect, test, vi } from 'vitest';
import { put16 } from '../../src/packet/header-bytes.ts';
import { FastEvaluator } from '../../src/simulate/fast/fast-evaluator.ts';
import { pcapFile } from '../support/capture-files.ts';
import { frame } from '../support/frames.ts';
import { modelOf, replayEach, replayFast } from './replay-of.ts';

const DOCUMENTS = `
apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: { name: node1-eth0, labels: { role: web } }
spec: { node: node1, interfaceName: eth0, expectedIPs: [192.0.2.10] }
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: { name: web }
spec:
  selector: role == 'web'
  types: [Ingress, Egress]
  ingress:
    - { action: Allow, protocol: TCP, destination: { ports: [80] } }
    - { action: Allow, protocol: UDP, source: { nets: [203.0.113.0/25] }, destination: { ports: [53] } }
  egress:
    - { action: Allow, protocol: TCP, destination: { nets: [198.51.100.0/24] } }
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: { name: untracked }
spec:
  order: 1
  selector: role == 'web'
  doNotTrack: true
  applyOnForward: true
  types: [Ingress, Egress]
  ingress: [{ action: Allow, protocol: UDP, destination: { ports: [123] } }]
  egress: [{ action: Allow, protocol: UDP, source: { ports: [123] } }]
---
apiVersion: hepsim/v1
kind: Host
metadata: { name: node1 }
spec:
  interfaces: [{ name: eth0, addresses: [192.0.2.10/24] }]
  routes: [{ to: default, via: 192.0.2.1, dev: eth0 }]
`;

/** One connection of each kind with a port of its own, in the order in which its packets are seen. */
function connections(port: number): Uint8Array[] {
  return [
    `tcp 203.0.113.7:${port} -> 192.0.2.10:80 flags=S`,
    `tcp 192.0.2.10:80 -> 203.0.113.7:${port} flags=SA`,
    `tcp 203.0.113.7:${port} -> 192.0.2.10:80 flags=A`,
    `udp 203.0.113.8:${port} -> 192.0.2.10:53`,
    `udp 192.0.2.10:53 -> 203.0.113.8:${port}`,
    `udp 203.0.113.200:${port} -> 192.0.2.10:53`,
    `tcp 203.0.113.9:${port} -> 192.0.2.10:8080 flags=S`,
    `tcp 203.0.113.9:${port} -> 192.0.2.10:80 flags=A`,
    `udp 203.0.113.9:${port} -> 192.0.2.10:123`,
    `udp 192.0.2.10:123 -> 203.0.113.9:${port}`,
    `tcp 192.0.2.10:${port} -> 198.51.100.1:443 flags=S`,
    `tcp 198.51.100.1:443 -> 192.0.2.10:${port} flags=SA`,
    `tcp 192.0.2.10:${port} -> 203.0.113.1:443 flags=S`,
  ].map((line) => {
    const bytes = frame(line);
    // A UDP packet may do without its checksum.
    if (bytes[23] === 17) put16(bytes, 40, 0);
    return bytes;
  });
}

test('packets go known ways without TypeScript, and end as they would with it', async () => {
  const flows = 300;
  const frames = Array.from({ length: flows }, (_, i) => connections(20_000 + i)).flat();
  const file = pcapFile(frames.map((bytes) => ({ bytes })));
  const model = modelOf(DOCUMENTS);
  const { summary: each } = await replayEach(model, file);
  const takePlain = vi.spyOn(FastEvaluator.prototype, 'takePlain');
  const take = vi.spyOn(FastEvaluator.prototype, 'take');
  const summary = await replayFast(model, file);
  expect(summary).toEqual(each);
  expect(summary.byVerdict.accept.flows).toBe(flows * 5);
  expect(summary.byVerdict.drop.flows).toBe(flows * 3);
  // One way of each kind had to be walked; a connection that is picked up in its middle is looked at.
  expect(takePlain.mock.calls.length).toBeLessThan(flows + 50);
  expect(take).not.toHaveBeenCalled();
});
