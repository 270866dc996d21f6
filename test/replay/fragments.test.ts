import { describe, expect, test } from 'vitest';
import { addWords, finishChecksum } from '../../src/packet/checksum.ts';
import { EPOCH, pcapFile, type Record } from '../support/capture-files.ts';
import { ipPacket } from '../support/frames.ts';
import { modelOf, type Replayed, replayEach } from './replay-of.ts';

const POLICY = `apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: node1-eth0, labels: {role: web}}
spec: {node: node1, interfaceName: eth0, expectedIPs: [192.0.2.10]}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: web}
spec:
  selector: role == 'web'
  types: [Ingress]
  ingress: [{action: Allow, protocol: UDP, destination: {ports: [4000]}}]
---
apiVersion: hepsim/v1
kind: Host
metadata: {name: node1}
spec:
  interfaces: [{name: eth0, addresses: [192.0.2.10/24, "2001:db8::10/64"]}]
  routes: [{to: default, via: 192.0.2.1, dev: eth0}, {to: default, via: "2001:db8::1", dev: eth0}]
`;

const WHOLE = 'udp 203.0.113.7:9 -> 192.0.2.10:4000 length=132';
const WHOLE6 = 'udp [2001:db8:1::7]:9 -> [2001:db8::10]:4000 length=152';

/** A fragment of an IPv4 datagram without options: payload bytes from `from` to `to`. */
function part(datagram: Uint8Array, from: number, to: number, more: boolean): Uint8Array {
  const bytes = new Uint8Array(20 + to - from);
  bytes.set(datagram.subarray(0, 20));
  bytes.set(datagram.subarray(20 + from, 20 + to), 20);
  bytes[2] = bytes.length >>> 8;
  bytes[3] = bytes.length;
  bytes[6] = (more ? 0x20 : 0) | (from >>> 11);
  bytes[7] = from >>> 3;
  bytes.set([0, 0], 10);
  const sum = finishChecksum(addWords(bytes, 0, 20));
  bytes.set([sum >>> 8, sum & 255], 10);
  return bytes;
}

/** The same in IPv6, whose fragment header is put in. */
function part6(datagram: Uint8Array, from: number, to: number, more: boolean): Uint8Array {
  const bytes = new Uint8Array(48 + to - from);
  bytes.set(datagram.subarray(0, 40));
  bytes.set([datagram[6]!, 0, from >>> 8, (from & 0xf8) | (more ? 1 : 0), 0, 0, 0, 9], 40);
  bytes.set(datagram.subarray(40 + from, 40 + to), 48);
  bytes[6] = 44;
  bytes[4] = (bytes.length - 40) >>> 8;
  bytes[5] = bytes.length - 40;
  return bytes;
}

function replay(parts: readonly (Uint8Array | Record)[]): Promise<Replayed> {
  const records = parts.map((one) => (one instanceof Uint8Array ? { bytes: one } : one));
  return replayEach(modelOf(POLICY), pcapFile(records, { linkType: 101 }));
}

const datagram = ipPacket(WHOLE);
const [first, middle, last] = [
  part(datagram, 0, 64, true),
  part(datagram, 64, 80, true),
  part(datagram, 80, 112, false),
] as const;

describe('fragments (netfilter-facts 3.4)', () => {
  test.each([
    ['in order', [first, middle, last]],
    ['backwards', [last, middle, first]],
    ['the middle last', [first, last, middle]],
  ])('%s are one packet, whose verdict all of them have', async (_, parts) => {
    const { summary, packets } = await replay(parts);
    expect(summary.verdicts).toMatchObject({ accept: 3, drop: 0, undetermined: 0 });
    expect(summary.flows).toBe(1);
    expect(packets.map(({ frame }) => frame).sort()).toEqual([1, 2, 3]);
    expect(new Set(packets.map(({ decision }) => decision.policy))).toEqual(new Set(['web']));
  });

  test('in IPv6 as well', async () => {
    const whole = ipPacket(WHOLE6);
    const { summary } = await replay([part6(whole, 80, 112, false), part6(whole, 0, 80, true)]);
    expect(summary.verdicts).toMatchObject({ accept: 2, drop: 0, undetermined: 0 });
  });

  test('an IPv6 packet with a fragment header that is no fragment is an ordinary one', async () => {
    const { summary } = await replay([part6(ipPacket(WHOLE6), 0, 112, false)]);
    expect(summary.verdicts).toMatchObject({ accept: 1 });
  });

  test('that overlap are dropped with the whole datagram', async () => {
    const { summary } = await replay([first, part(datagram, 56, 80, true), last]);
    // The last one begins another datagram, which stays incomplete.
    expect(summary.verdicts).toMatchObject({ accept: 0, drop: 2, undetermined: 1 });
  });

  test('that come again are dropped alone', async () => {
    const { summary } = await replay([first, first, middle, last]);
    expect(summary.verdicts).toMatchObject({ accept: 3, drop: 1 });
  });

  test('whose rest does not come within 30 seconds are dropped', async () => {
    const late = { bytes: last, seconds: EPOCH + 31 };
    const { summary } = await replay([first, middle, late]);
    expect(summary.verdicts).toMatchObject({ accept: 0, drop: 2, undetermined: 1 });
    expect(summary.decisions.map(({ decision }) => decision.reason)).toContain(
      'before any rule: the rest of the datagram did not come in time',
    );
  });

  test('of other datagrams do not mix', async () => {
    const other = first.slice();
    other[5] = 77;
    other.set([0, 0], 10);
    const sum = finishChecksum(addWords(other, 0, 20));
    other.set([sum >>> 8, sum & 255], 10);
    const { summary } = await replay([other, middle, last, first]);
    expect(summary.verdicts).toMatchObject({ accept: 3, undetermined: 1 });
  });

  test('a datagram with a wrong checksum is invalid when it is whole', async () => {
    const wrong = middle.slice();
    wrong[25]! ^= 0xff;
    const { packets } = await replay([first, wrong, last]);
    expect(new Set(packets.map(({ verdict, state }) => `${verdict} ${state}`))).toEqual(
      new Set(['drop invalid']),
    );
  });
});
