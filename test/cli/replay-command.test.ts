import { readFileSync, writeFileSync } from 'node:fs';
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

test('a capture that is cut short says so, however little else is wanted', async () => {
  const directory = folder();
  const path = join(directory, 'short.pcap');
  writeFileSync(path, readFileSync(join(directory, 'a.pcap')).subarray(0, -5));
  for (const more of [[], ['--flows']]) {
    const { code, error } = await runCli(['replay', ...documents(directory), '-q', ...more, path]);
    expect(code).toBe(0);
    expect(error).toMatch(/^warning: .*short\.pcap: frame 6, offset \d+: /);
  }
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

/** The folder with a capture, and the arguments that replay it. */
function replayed(): {
  readonly directory: string;
  readonly args: (...more: string[]) => string[];
} {
  const directory = folder();
  const capture = join(directory, 'a.pcap');
  return {
    directory,
    args: (...more) => ['replay', ...documents(directory), ...more, capture],
  };
}

test('--only and --filter leave packets out of what is counted, and say how many', async () => {
  const { args } = replayed();
  const only = await runCli(args('--only', 'drop', '-q'));
  expect(only.out).toBe(
    'accept 0\ndrop 2\nreject 0\nundetermined 0\nunattributed 0\nignored 1\nleft out 3\n',
  );
  const filtered = await runCli(args('--filter', 'src=203.0.113.0/24,proto=tcp', '-q'));
  expect(filtered.out).toContain('accept 2\ndrop 1\n');
});

test('packets are printed one a line, as JSON or CSV, with where they stand in the capture', async () => {
  const { args } = replayed();
  const ndjson = await runCli(args('-o', 'ndjson', '--only', 'drop'));
  const packets = ndjson.out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(packets).toMatchObject([
    { frame: 4, bytes: 54, packet: { dport: 8080 }, verdict: 'drop', delivered: null },
    { frame: 5, packet: { proto: 'udp' }, verdict: 'drop', decision: { kind: 'default' } },
  ]);
  expect(ndjson.error).toContain('drop 2, ignored 1, left out 3');
  const csv = await runCli(args('-o', 'csv', '--filter', 'frame=1'));
  const [head, row] = csv.out.split('\n') as [string, string];
  const columns = Object.fromEntries(head.split(',').map((name, i) => [name, row.split(',')[i]]));
  expect(columns).toMatchObject({
    frame: '1',
    dport: '80',
    verdict: 'accept',
    policy: 'web',
    line: '16',
  });
});

test('flows are printed one a line, with the worst verdict of their packets and what decided', async () => {
  const { args } = replayed();
  const text = await runCli(args('--flows', '-q'));
  expect(text.out.trimEnd().split('\n')).toEqual([
    expect.stringMatching(
      /^accept +3 +162 +tcp 203\.0\.113\.7:40000 -> 192\.0\.2\.10:80 in=eth0 +policy web/,
    ),
    expect.stringMatching(
      /^drop +1 +54 +tcp 203\.0\.113\.7:40001 -> 192\.0\.2\.10:8080 in=eth0 +default/,
    ),
    expect.stringMatching(
      /^drop +1 +42 +udp 203\.0\.113\.8:40001 -> 192\.0\.2\.10:161 in=eth0 +default/,
    ),
  ]);
  const json = JSON.parse((await runCli(args('--flows', '-o', 'json'))).out);
  expect(json).toMatchObject([
    { packets: 3, verdicts: { accept: 3 }, decision: { policy: 'web' } },
    {},
    {},
  ]);
});

test('--fail-on is for CI', async () => {
  const { args } = replayed();
  expect((await runCli(args('--fail-on', 'undetermined,reject'))).code).toBe(0);
  expect((await runCli(args('--fail-on', 'undetermined,drop'))).code).toBe(1);
  const wrong = await runCli(args('--fail-on', 'dorp'));
  expect(wrong.code).toBe(2);
  expect(wrong.error).toContain('Did you mean `drop`?');
});

test('--write puts the packets into a capture with their verdicts as comments', async () => {
  const { directory, args } = replayed();
  const path = join(directory, 'out.pcapng');
  await runCli(args('--only', 'drop', '--write', path, '-q'));
  const written = readFileSync(path);
  expect(written.includes('hepsim: drop: default: no rule matched, ingress')).toBe(true);
  const again = await runCli(['replay', ...documents(directory), '-q', path]);
  expect(again.out).toContain('drop 2\n');
  expect(await runCli(args('--write', '-'))).toMatchObject({ code: 2, out: '' });
  const same = await runCli(args('--write', join(directory, 'a.pcap')));
  expect(same.code).toBe(2);
  expect(same.error).toContain('is one of the captures that are read');
});

test('--against tells which flows change their verdict, by what decides, and fails where any does', async () => {
  const { directory, args } = replayed();
  const other = join(directory, 'other.yaml');
  writeFileSync(other, WEB_POLICY.replace('ports: [80]', 'ports: [8080]'));
  const { code, out } = await runCli(args('--against', other));
  expect(code).toBe(1);
  expect(out).toContain('drop -> accept  1 flow, 1 packet,');
  expect(out).toContain('tcp 203.0.113.7:40001 -> 192.0.2.10:8080 in=eth0');
  const json = JSON.parse((await runCli(args('--against', other, '-o', 'json'))).out);
  expect(json.changes).toContainEqual(
    expect.objectContaining({
      given: expect.objectContaining({ verdict: 'drop' }),
      against: expect.objectContaining({ decision: expect.objectContaining({ policy: 'web' }) }),
    }),
  );
  const same = await runCli(args('--against', join(directory, 'policy.yaml')));
  expect(same).toMatchObject({ code: 0, out: 'no verdict changes (5 packets)\n' });
});

test('a flow whose verdict changes is one change, told by its first packet', async () => {
  const { directory, args } = replayed();
  const other = join(directory, 'other.yaml');
  writeFileSync(other, WEB_POLICY.replace('ports: [80]', 'ports: [443]'));
  const { out } = await runCli(args('--against', other, '-o', 'json'));
  expect(JSON.parse(out)).toMatchObject({ changedPackets: 3, changedFlows: 1 });
  expect(JSON.parse(out).changes).toEqual([
    {
      given: { verdict: 'accept', decision: expect.objectContaining({ policy: 'web' }) },
      against: { verdict: 'drop', decision: expect.objectContaining({ kind: 'default' }) },
      packets: 3,
      bytes: 162,
      flows: 1,
      examples: ['tcp 203.0.113.7:40000 -> 192.0.2.10:80 in=eth0'],
    },
  ]);
});

test('flows have the fields of packets: protocols by name, no ports where there are none', async () => {
  const directory = folder();
  const capture = join(directory, 'ping.pcap');
  const lines = ['icmp 203.0.113.7 -> 192.0.2.10 id=9', '47 203.0.113.7 -> 192.0.2.10'];
  writeFileSync(capture, pcapFile(lines.map((line) => ({ bytes: frame(line) }))));
  const args = ['replay', ...documents(directory), capture];
  const { out } = await runCli([...args, '--flows', '-o', 'json']);
  const [ping, gre] = JSON.parse(out);
  expect(ping).toMatchObject({ proto: 'icmp', src: '203.0.113.7', id: 9, packets: 1 });
  expect(gre).toMatchObject({ proto: 47, dst: '192.0.2.10' });
  for (const flow of [ping, gre]) expect(flow).not.toHaveProperty('sport');
  const csv = await runCli([...args, '-o', 'csv', '--filter', 'proto=1']);
  const [head, row] = csv.out.split('\n').map((line) => line.split(','));
  const cell = (name: string): string | undefined => row?.[head?.indexOf(name) ?? -1];
  expect([cell('icmpType'), cell('icmpCode'), cell('id'), cell('sport')]).toEqual([
    ...['8', '0', '9'],
    '',
  ]);
});

test('the reasons of the contract are counted even where no packet has them', async () => {
  const { args } = replayed();
  const { unattributed, ignored } = JSON.parse((await runCli(args('-o', 'json'))).out);
  expect(unattributed).toEqual({ 'no interface known for this packet': 0 });
  expect(ignored).toEqual({ ARP: 1, 'not addressed to this host': 0 });
  expect((await runCli(args())).out).not.toContain('not addressed');
});

test('a filter by the policies that a packet met, and none by what a field can never be', async () => {
  const { args } = replayed();
  const via = await runCli(args('-q', '--filter', 'via=web'));
  expect(via.out).toContain('accept 1\n');
  const wrong = await runCli(args('--filter', 'dport=http'));
  expect(wrong).toMatchObject({ code: 2, out: '' });
  expect(wrong.error).toContain('packet.dport is never `http`');
});

test('--merge adds summaries up, and refuses what is none', async () => {
  const { directory, args } = replayed();
  const path = join(directory, 'a.json');
  const { out } = await runCli(args('-o', 'json'));
  writeFileSync(path, out);
  const merged = JSON.parse((await runCli(['replay', '--merge', '-o', 'json', path, path])).out);
  const one = JSON.parse(out);
  expect(merged).toMatchObject({ packets: 12, flows: 6, verdicts: { accept: 6, drop: 4 } });
  expect(merged.decisions).toHaveLength(one.decisions.length);
  expect(merged.captures).toHaveLength(2);
  const inEth0 = await runCli(['replay', '--merge', '--in', 'eth0', path]);
  expect(inEth0).toMatchObject({ code: 2, out: '' });
  expect(inEth0.error).toContain('--merge and --in exclude each other');
  const missing = await runCli(['replay', '--merge', join(directory, 'c.json')]);
  expect(missing.error).toContain('c.json:1:1: error: there is no such file');
  const wrong = await runCli(['replay', '--merge', join(directory, 'policy.yaml')]);
  expect(wrong.code).toBe(2);
  expect(wrong.error).toContain('not JSON');
  writeFileSync(path, '{"packets": 1}');
  expect((await runCli(['replay', '--merge', path])).error).toContain('`bytes` is no count');
});
