import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { encodeFrame, parseMac } from '../../src/packet/ethernet.ts';
import { concatenate, pcapFile, pcapngSection } from '../support/capture-files.ts';
import { ipPacket } from '../support/frames.ts';
import { packet } from '../support/packets.ts';
import { modelOf, replayEach } from './replay-of.ts';

function host(macs: boolean): string {
  const mac = (last: number): string => (macs ? `, mac: "02:00:00:00:00:0${last}"` : '');
  return `apiVersion: hepsim/v1
kind: Host
metadata: {name: node1}
spec:
  interfaces:
    - {name: eth0, addresses: [192.0.2.10/24]${mac(1)}}
    - {name: eth1, addresses: [198.51.100.10/24]${mac(2)}}
    - {name: eth0.7, addresses: [10.7.0.1/24]}
  routes: [{to: 203.0.113.0/24, via: 192.0.2.1, dev: eth0}]
  sysctls: {net.ipv4.conf.all.rp_filter: 0}
---
apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: node1-eth0}
spec: {node: node1, interfaceName: eth0}
`;
}

const IN = 'udp 203.0.113.7:9 -> 192.0.2.10:53';
const THROUGH = 'udp 203.0.113.7:9 -> 198.51.100.20:53';
const OUT = 'udp 192.0.2.10:53 -> 203.0.113.7:9';
const STRANGER = 'udp 100.64.0.1:9 -> 192.0.2.10:53';

/** Where packets of raw captures meet the host, and why not. */
async function places(
  lines: readonly string[],
  options: {
    readonly in?: string;
    readonly names?: readonly string[];
    readonly direction?: number;
  } = {},
): Promise<unknown> {
  const interfaces = (options.names ?? [undefined]).map((name) => ({
    linkType: 101,
    ...(name === undefined ? {} : { name }),
  }));
  const { direction } = options;
  const records = lines.map((line) => ({
    bytes: ipPacket(line),
    ...(direction === undefined ? {} : { direction }),
  }));
  const { summary, packets } = await replayEach(
    modelOf(host(false)),
    pcapngSection(interfaces, records),
    {
      in: options.in,
      filter: () => true,
    },
  );
  const { attributedBy, unattributed, ignored } = summary;
  return {
    delivered: packets.map(({ delivered }) => delivered),
    attributedBy,
    unattributed,
    ignored,
  };
}

describe('by addresses', () => {
  test('what comes from a routed source arrives where its answer would leave; the host sends what bears its source', async () => {
    expect(await places([IN, OUT])).toMatchObject({
      attributedBy: { addresses: 2 },
      unattributed: {},
    });
  });

  test('a source that nothing leads back to, and a destination that the host does not know, are told apart', async () => {
    expect(await places([STRANGER, 'udp 203.0.113.7:9 -> 100.64.0.1:53'])).toMatchObject({
      unattributed: {
        'no interface known for this packet': 1,
        'the host neither owns nor routes the destination': 1,
      },
    });
  });
});

test('--in says where everything arrived that the host did not send', async () => {
  expect(await places([STRANGER, OUT], { in: 'eth1' })).toMatchObject({
    attributedBy: { '--in': 1, addresses: 1 },
    unattributed: {},
  });
});

test('the name of a pcapng interface counts where the host has it', async () => {
  expect(await places([STRANGER], { names: ['eth1'] })).toMatchObject({
    attributedBy: { 'interface name': 1 },
  });
  expect(await places([IN], { names: ['any'] })).toMatchObject({ attributedBy: { addresses: 1 } });
});

test('what is said to leave and is not from the host is on its way through, and was seen before', async () => {
  expect(await places([THROUGH, OUT], { names: ['eth0'], direction: 2 })).toMatchObject({
    ignored: { 'leaving this host, which forwards it': 1 },
    attributedBy: { addresses: 1 },
  });
});

test('what is said to arrive does so, even from an address of the host', async () => {
  expect(await places([OUT], { names: ['eth0'], direction: 1 })).toMatchObject({
    attributedBy: { 'interface name': 1 },
  });
});

describe('by MAC addresses', () => {
  const own = { eth0: '02:00:00:00:00:01', eth1: '02:00:00:00:00:02' };

  async function sent(
    from: string,
    to: string,
    line: string,
    tag: readonly number[] = [],
  ): Promise<unknown> {
    const plain = encodeFrame(ipPacket(line), packet(line).family, {
      source: parseMac(from),
      destination: parseMac(to),
    });
    const bytes = concatenate([plain.subarray(0, 12), Uint8Array.from(tag), plain.subarray(12)]);
    const { summary } = await replayEach(modelOf(host(true)), pcapFile([{ bytes }]));
    const { attributedBy, ignored, unattributed } = summary;
    const counts = Object.entries({ ...attributedBy, ...ignored, ...unattributed });
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }

  test('a frame for an interface arrives there', async () => {
    expect(await sent('02:00:00:00:00:99', own.eth1, STRANGER)).toEqual({ 'MAC address': 1 });
  });

  test('a frame from the host with a source of another has come by the other side, which nobody captured', async () => {
    expect(await sent(own.eth1, '02:00:00:00:00:99', THROUGH)).toEqual({ addresses: 1 });
  });

  test('a broadcast is nobody else’s', async () => {
    expect(await sent('02:00:00:00:00:99', 'ff:ff:ff:ff:ff:ff', IN)).toEqual({ addresses: 1 });
  });

  const tagged = 'udp 10.7.0.9:9 -> 10.7.0.1:53';

  test('a foreign address tells nothing where that of the interface is not known to which addresses point', async () => {
    expect(await sent('02:00:00:00:00:99', '02:00:00:00:00:98', tagged)).toEqual({ addresses: 1 });
  });

  test('a foreign address is not that of the interface to which addresses point, whatever the others have', async () => {
    expect(await sent('02:00:00:00:00:99', '02:00:00:00:00:98', IN)).toEqual({
      'not addressed to this host': 1,
    });
  });
});

test('Linux cooked captures say who is not meant and what leaves', async () => {
  const cooked = (kind: number, line: string): Uint8Array =>
    concatenate([
      Uint8Array.from([0, kind, 0, 1, 0, 6, 2, 0, 0, 0, 0, 9, 0, 0, 8, 0]),
      ipPacket(line),
    ]);
  const records = [cooked(0, IN), cooked(3, IN), cooked(4, OUT), cooked(4, THROUGH)].map(
    (bytes) => ({
      bytes,
    }),
  );
  const file = pcapFile(records, { linkType: 113 });
  const { summary } = await replayEach(modelOf(host(false)), file);
  expect(summary).toMatchObject({
    attributedBy: { addresses: 2 },
    ignored: { 'not addressed to this host': 1, 'leaving this host, which forwards it': 1 },
  });
});

test('a tagged frame is the VLAN interface’s where the host has one', async () => {
  const tagged = concatenate([
    Uint8Array.from([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 0x81, 0, 0, 7, 8, 0]),
    ipPacket('udp 10.7.0.9:1 -> 10.7.0.1:53'),
  ]);
  const file = pcapngSection([{ name: 'eth0' }], [{ bytes: tagged }]);
  const seen: unknown[] = [];
  const model = modelOf(host(false));
  await replayEach(model, file, {
    filter: ({ result }) => seen.push(result?.packet.in) > 0,
  });
  expect(seen).toEqual(['eth0.7']);
});

test('a capture of a link type that is not read is refused by its name; beside others its packets are counted', async () => {
  const wireless = { linkType: 105 };
  await expect(
    replayEach(modelOf(host(false)), pcapFile([{ bytes: ipPacket(IN) }], wireless)),
  ).rejects.toThrow('IEEE802_11');
  const mixed = pcapngSection(
    [wireless, { linkType: 101 }],
    [{ bytes: ipPacket(IN) }, { bytes: ipPacket(IN), interfaceId: 1 }],
  );
  const { summary } = await replayEach(modelOf(host(false)), mixed);
  expect(summary).toMatchObject({ packets: 2, ignored: { 'link type IEEE802_11': 1 } });
});

test('what leaves translated was judged when it came, and its connection goes on', async () => {
  const files = ['cluster', 'v3-policy', 'v3-pinhole', 'v3-workload'];
  const texts = files.map((name) => readFileSync(`scenarios/nodeport/${name}.yaml`, 'utf8'));
  const cooked = (kind: number, line: string): { readonly bytes: Uint8Array } => ({
    bytes: concatenate([
      Uint8Array.from([0, kind, 0, 1, 0, 6, 2, 0, 0, 0, 0, 9, 0, 0, 8, 0]),
      ipPacket(line),
    ]),
  });
  const file = pcapFile(
    [
      cooked(0, 'tcp 203.0.113.7:40000 -> 192.0.2.10:31852 flags=S seq=100'),
      cooked(4, 'tcp 10.240.0.10:40000 -> 192.168.1.2:8080 flags=S seq=100'),
      cooked(0, 'tcp 192.168.1.2:8080 -> 10.240.0.10:40000 flags=SA seq=500 ack=101'),
      cooked(4, 'tcp 192.0.2.10:31852 -> 203.0.113.7:40000 flags=SA seq=500 ack=101'),
      cooked(0, 'tcp 203.0.113.7:40000 -> 192.0.2.10:31852 flags=A seq=101 ack=501'),
    ],
    { linkType: 113 },
  );
  const { summary } = await replayEach(modelOf(texts.join('\n---\n')), file);
  expect(summary.verdicts).toMatchObject({ accept: 3, drop: 0, undetermined: 0 });
  expect(summary.flows).toBe(1);
});
