import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PcapngWriter } from '../../src/capture/pcapng-writer.ts';
import { block, concatenate, EPOCH, numbers, pcapngSection } from '../support/capture-files.ts';
import { readAll } from './read-all.ts';

const ONE = { bytes: Uint8Array.of(1, 2, 3), seconds: EPOCH, nanoseconds: 123_456_789 };

test.each([
  [6, 123_456_000],
  [9, 123_456_789],
  [3, 123_000_000],
  [0, 0],
  // Binary fractions: 2^-10 is 0.0009765625 s, of which 126 are 0.123046875 s.
  [0x80 | 10, 123_046_875],
])('timestamps of resolution %i', async (resolution, nanoseconds) => {
  const { records, problems } = await readAll(pcapngSection([{ resolution }], [ONE]));
  expect(problems).toEqual([]);
  expect(records).toMatchObject([{ seconds: EPOCH, nanoseconds }]);
});

test('timestamps finer than nanoseconds, which count from an offset', async () => {
  const offsetSeconds = EPOCH - 1_000_000;
  const { records } = await readAll(pcapngSection([{ resolution: 12, offsetSeconds }], [ONE]));
  expect(records).toMatchObject([{ seconds: EPOCH, nanoseconds: 123_456_789 }]);
});

test('an offset of timestamps is added, also one below zero', async () => {
  for (const offsetSeconds of [3600, -3600]) {
    const { records } = await readAll(pcapngSection([{ offsetSeconds }], [ONE]));
    expect(records).toMatchObject([{ seconds: EPOCH }]);
  }
});

test('sections of either byte order have interfaces of their own', async () => {
  const first = pcapngSection(
    [{ name: 'eth0' }, { name: 'eth1' }],
    [
      { ...ONE, interfaceId: 1, direction: 2 },
      { ...ONE, interfaceId: 0, direction: 1 },
    ],
  );
  const second = pcapngSection([{ name: 'eth2' }], [ONE], false);
  const { records, names, problems } = await readAll(concatenate([first, second]));
  expect(problems).toEqual([]);
  expect(names).toEqual(['eth0', 'eth1', 'eth2']);
  expect(records).toMatchObject([
    { interfaceId: 1, direction: 2, frame: 1 },
    { interfaceId: 0, direction: 1, frame: 2 },
    { interfaceId: 2, direction: 0, frame: 3 },
  ]);
});

test('blocks of every other type are skipped by their length', async () => {
  const others = [4, 5, 9, 10, 0xbad, 0x40000bad, 0x12345678].map((type) =>
    block(true, type, new Uint8Array(40).fill(7)),
  );
  const long = block(true, 5, new Uint8Array(2 * 1024 * 1024));
  const packets = pcapngSection([{}], [ONE]);
  const file = concatenate([packets, ...others, long, packets]);
  const { records, problems } = await readAll(file, 10_000);
  expect(records).toHaveLength(2);
  expect(problems).toMatchObject([{ message: expect.stringContaining('skipped') }]);
});

test('simple and obsolete packet blocks are read', async () => {
  const simple = block(true, 3, concatenate([numbers(true, [[4, 3]]), Uint8Array.of(1, 2, 3, 0)]));
  const obsolete = block(
    true,
    2,
    concatenate([
      numbers(true, [
        [2, 0],
        [2, 0],
        [4, 0x60000],
        [4, 0],
        [4, 2],
        [4, 60],
      ]),
      Uint8Array.of(8, 9, 0, 0),
    ]),
  );
  const { records } = await readAll(concatenate([pcapngSection([{}], [ONE]), simple, obsolete]));
  expect(records.map(({ bytes }) => [...bytes])).toEqual([
    [1, 2, 3],
    [1, 2, 3],
    [8, 9],
  ]);
  // A simple packet comes when the one before did.
  expect(records[1]).toMatchObject({ seconds: EPOCH, originalLength: 3 });
  expect(records[2]).toMatchObject({ originalLength: 60 });
});

describe('what is wrong is reported with its place and skipped', () => {
  const head = pcapngSection([{}], []);
  const packets = [1, 2, 3].map((n) =>
    pcapngSection([{}], [{ bytes: new Uint8Array(20).fill(n) }]).subarray(head.length),
  ) as [Uint8Array, Uint8Array, Uint8Array];

  test('a wrong length at either end of a block', async () => {
    for (const at of [4, packets[1].length - 4]) {
      const broken = packets[1].slice();
      new DataView(broken.buffer).setUint32(at, 44, true);
      const file = concatenate([head, packets[0], broken, packets[2]]);
      const { records, problems } = await readAll(file);
      expect(records.map(({ bytes }) => bytes[0])).toEqual([1, 3]);
      expect(problems).toMatchObject([{ frame: 2, offset: head.length + packets[0].length }]);
    }
  });

  test('garbage between blocks', async () => {
    const file = concatenate([head, packets[0], new Uint8Array(77).fill(0xee), packets[1]]);
    const { records, problems } = await readAll(file);
    expect(records).toHaveLength(2);
    expect(problems[0]?.message).toContain('77 bytes skipped');
  });

  test('a tail that is cut off', async () => {
    const file = concatenate([head, packets[0], packets[1]]);
    const { records, problems } = await readAll(file.subarray(0, file.length - 5));
    expect(records).toHaveLength(1);
    expect(problems).toMatchObject([{ message: expect.stringContaining('the capture ends') }]);
  });

  test('a packet of an interface that nobody described, and one longer than its block', async () => {
    const stray = packets[0].slice();
    new DataView(stray.buffer).setUint32(8, 5, true);
    const overlong = packets[0].slice();
    new DataView(overlong.buffer).setUint32(20, 500, true);
    const { records, problems } = await readAll(concatenate([head, stray, overlong, packets[1]]));
    expect(records.map(({ bytes }) => bytes[0])).toEqual([2]);
    expect(problems.map(({ message }) => message)).toEqual([
      'a packet of interface 5, which its section does not describe',
      expect.stringContaining('a packet of 500 bytes in a block that has room for'),
    ]);
  });

  test('a compressed capture that breaks off', async () => {
    // What cannot be compressed fills more than one of the pieces in which it is unfolded.
    const noise = { bytes: Uint8Array.from({ length: 60_000 }, (_, i) => (i * i * 31) >>> 3) };
    const whole = gzipSync(pcapngSection([{}], [noise, noise, noise]));
    const { records, problems } = await readAll(whole.subarray(0, whole.length - 20));
    expect(records.length).toBeLessThanOrEqual(3);
    expect(problems.at(-1)?.message).toContain('reading broke off');
  });
});

test('whatever the bytes, reading ends and nothing is thrown', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.nat(300), async (noise, place) => {
      const file = pcapngSection([{}, {}], [ONE, { ...ONE, interfaceId: 1 }, ONE]);
      const at = 28 + (place % (file.length - 28));
      const broken = concatenate([file.subarray(0, at), noise, file.subarray(at)]);
      await readAll(broken, 61);
    }),
    { numRuns: 300 },
  );
});

test('a capture that was written here is read as it was meant', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'hepsim-test-')), 'out.pcapng');
  const writer = new PcapngWriter(path, 'test');
  const packet = { ...ONE, originalLength: 70, comment: 'why' };
  writer.addPacket({ ...packet, interfaceId: writer.addInterface(1, 'eth0') });
  writer.addPacket({
    ...packet,
    interfaceId: writer.addInterface(101, undefined),
    seconds: 2 ** 33,
  });
  writer.close();
  const { records, names, problems } = await readAll(readFileSync(path));
  expect(problems).toEqual([]);
  expect(names).toEqual(['eth0', undefined]);
  expect(records).toMatchObject([
    { ...ONE, originalLength: 70, interfaceId: 0 },
    { ...ONE, seconds: 2 ** 33, interfaceId: 1 },
  ]);
});
