import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { encodePacket } from '../../src/packet/encode-packet.ts';
import { encodeFrame, parseMac } from '../../src/packet/ethernet.ts';
import { pcapFile } from '../support/capture-files.ts';
import { packet } from '../support/packets.ts';
import { filesIn, runCli, WEB_HOST, WEB_POLICY } from './run-cli.ts';

const MACS = { source: parseMac('02:00:00:00:00:01'), destination: parseMac('02:00:00:00:00:02') };

function frame(line: string): Uint8Array {
  const read = packet(line);
  return encodeFrame(encodePacket(read), read.family, MACS);
}

const LINES = [
  'tcp 203.0.113.7:40000 -> 192.0.2.10:80 flags=S',
  'tcp 192.0.2.10:80 -> 203.0.113.7:40000 flags=SA',
  'tcp 203.0.113.7:40000 -> 192.0.2.10:80 flags=A',
  'tcp 203.0.113.7:40001 -> 192.0.2.10:8080 flags=S',
  'udp 203.0.113.8:40001 -> 192.0.2.10:161',
];

const ARP = new Uint8Array(42).fill(0xff, 0, 6);
ARP[12] = 8;
ARP[13] = 6;

function folder(): string {
  const directory = filesIn({ 'policy.yaml': WEB_POLICY, 'host.yaml': WEB_HOST });
  const records = [...LINES.map(frame), ARP].map((bytes) => ({ bytes }));
  writeFileSync(join(directory, 'a.pcap'), pcapFile(records));
  writeFileSync(join(directory, 'a.pcap.gz'), gzipSync(pcapFile(records)));
  return directory;
}

function documents(directory: string): string[] {
  return ['-f', join(directory, 'policy.yaml'), '-f', join(directory, 'host.yaml')];
}

test('a replay counts every packet once, with what decided it', async () => {
  const directory = folder();
  const capture = join(directory, 'a.pcap');
  const { code, out } = await runCli(['replay', ...documents(directory), '-o', 'json', capture]);
  expect(code).toBe(0);
  const summary = JSON.parse(out);
  expect(summary).toMatchObject({
    captures: [{ file: capture, format: 'pcap', linkTypes: ['EN10MB'], packets: 6, problems: [] }],
    packets: 6,
    flows: 3,
    verdicts: { accept: 3, drop: 2, reject: 0, undetermined: 0 },
    byVerdict: { accept: { packets: 3, flows: 1 }, drop: { packets: 2, flows: 2 } },
    unattributed: {},
    ignored: { ARP: 1 },
    attributedBy: { addresses: 5 },
    topDropped: { sources: [{ address: '203.0.113.7', packets: 1 }, { address: '203.0.113.8' }] },
  });
  expect(summary.decisions).toContainEqual(
    expect.objectContaining({
      verdict: 'accept',
      packets: 1,
      flows: 1,
      decision: expect.objectContaining({ kind: 'policy', policy: 'web', ruleIndex: 0 }),
    }),
  );
});

test('a compressed capture and one from standard input say the same', async () => {
  const directory = folder();
  const args = ['replay', ...documents(directory), '-q'];
  const plain = await runCli([...args, join(directory, 'a.pcap')]);
  expect(plain.out).toBe('accept 3\ndrop 2\nreject 0\nundetermined 0\nunattributed 0\nignored 1\n');
  expect((await runCli([...args, join(directory, 'a.pcap.gz')])).out).toBe(plain.out);
  const records = [...LINES.map(frame), ARP].map((bytes) => ({ bytes }));
  const piped = await runCli([...args, '-'], { stdinBytes: pcapFile(records) });
  expect(piped.out).toBe(plain.out);
});

test('the summary names policies with their lines', async () => {
  const directory = folder();
  const capture = join(directory, 'a.pcap');
  const { out } = await runCli(['replay', ...documents(directory), capture]);
  expect(out).toMatch(
    /accept +1 +54 +1 +policy web \(tier default\), ingress rule 0.*policy\.yaml:16\)/,
  );
  expect(out).toContain('DROPPED FROM');
});

test.each([
  [[], 'no captures'],
  [['nowhere.pcap'], 'nowhere.pcap: there is no such file'],
  [['--in', 'eth9', 'a.pcap'], '--in: the host has no interface `eth9`'],
  [['policy.yaml'], 'policy.yaml: is no capture'],
  [['-o', 'xml', 'a.pcap'], '-o: there is no output form `xml`'],
  [['-', '-'], 'standard input can be read once'],
])('%j is refused with the reason', async (args, message) => {
  const directory = folder();
  const named = args.map((arg) => (/^\w+\.\w+$/.test(arg) ? join(directory, arg) : arg));
  const { code, error } = await runCli(['replay', ...documents(directory), ...named]);
  expect(code).toBe(2);
  expect(error).toContain(message);
});
