import { Readable } from 'node:stream';
import fc from 'fast-check';
import { parse } from 'pcap-parser';
import { describe, expect, test } from 'vitest';
import {
  concatenate,
  EPOCH,
  type PcapForm,
  pcapFile,
  type Record,
} from '../support/capture-files.ts';
import { readAll } from './read-all.ts';

const record: fc.Arbitrary<Record> = fc.record({
  bytes: fc.uint8Array({ minLength: 1, maxLength: 200 }),
  seconds: fc.integer({ min: EPOCH, max: EPOCH + 1000 }),
  nanoseconds: fc.integer({ min: 0, max: 999_999 }).map((microseconds) => microseconds * 1000),
});
const records = fc.array(record, { maxLength: 20 });

/** What the library reads, which knows captures of microseconds alone. */
async function readByLibrary(file: Uint8Array): Promise<readonly unknown[]> {
  const stream = new Readable({ read: () => undefined });
  const found: unknown[] = [];
  const read = parse(stream);
  read.on('packet', ({ header, data }) => {
    found.push({
      bytes: [...data],
      seconds: header.timestampSeconds,
      nanoseconds: header.timestampMicroseconds * 1000,
      originalLength: header.originalLength,
    });
  });
  const ended = new Promise<void>((resolve) => read.on('end', resolve));
  stream.push(Buffer.from(file));
  stream.push(null);
  await ended;
  return found;
}

test.each([true, false])(
  'an independent reader sees the same packets (little-endian: %s)',
  async (littleEndian) => {
    await fc.assert(
      fc.asyncProperty(records, fc.integer({ min: 1, max: 400 }), async (given, pieceBytes) => {
        const file = pcapFile(given, { littleEndian });
        const ours = await readAll(file, pieceBytes);
        expect(ours.problems).toEqual([]);
        const seen = ours.records.map(({ bytes, seconds, nanoseconds, originalLength }) => ({
          bytes: [...bytes],
          seconds,
          nanoseconds,
          originalLength,
        }));
        expect(seen).toEqual(await readByLibrary(file));
      }),
      { numRuns: 60 },
    );
  },
);

const FORMS: readonly PcapForm[] = [
  { littleEndian: true },
  { littleEndian: false },
  { littleEndian: true, nanoseconds: true },
  { littleEndian: false, nanoseconds: true },
  { snapLength: 0 },
  { snapLength: 96 },
];

test.each(FORMS)('%j is read as it was written', async (form) => {
  const given = [
    { bytes: Uint8Array.of(1, 2, 3), seconds: EPOCH, nanoseconds: 123_456_000 },
    {
      bytes: new Uint8Array(64),
      originalLength: 1500,
      seconds: EPOCH + 1,
      nanoseconds: 999_999_000,
    },
  ];
  const { records: read, problems } = await readAll(pcapFile(given, form));
  expect(problems).toEqual([]);
  expect(read).toMatchObject([
    { ...given[0], originalLength: 3, frame: 1 },
    { ...given[1], frame: 2 },
  ]);
});

const FOUR: readonly Record[] = [1, 2, 3, 4].map((n) => ({
  bytes: new Uint8Array(20 + n).fill(n),
  seconds: EPOCH + n,
}));

/** Where the record begins that is the n-th, from 0. */
function startOf(n: number): number {
  return 24 + FOUR.slice(0, n).reduce((sum, { bytes }) => sum + 16 + bytes.length, 0);
}

describe('what is wrong is reported with its place and skipped', () => {
  test('a tail that is cut off anywhere', async () => {
    const file = pcapFile(FOUR);
    for (let length = startOf(3) + 1; length < file.length; length++) {
      const { records: read, problems } = await readAll(file.subarray(0, length));
      expect(read).toHaveLength(3);
      expect(problems).toMatchObject([{ frame: 4, offset: startOf(3) }]);
      expect(problems[0]?.message).toContain('the capture ends within');
    }
  });

  test.each([262_145, 0xffffffff])('a length of %i', async (length) => {
    const file = pcapFile(FOUR);
    new DataView(file.buffer).setUint32(startOf(1) + 8, length, true);
    const { records: read, problems } = await readAll(file);
    expect(read.map(({ seconds }) => seconds - EPOCH)).toEqual([1, 3, 4]);
    expect(problems).toMatchObject([{ frame: 2, offset: startOf(1) }]);
    expect(problems[0]?.message).toContain(`a record of ${length} bytes`);
  });

  test('a length beyond the end, with records behind it', async () => {
    const file = pcapFile(FOUR);
    new DataView(file.buffer).setUint32(startOf(1) + 8, 5000, true);
    const { records: read } = await readAll(file);
    expect(read.map(({ seconds }) => seconds - EPOCH)).toEqual([1, 3, 4]);
  });

  test('garbage between records', async () => {
    const file = pcapFile(FOUR);
    const garbage = new Uint8Array(101).fill(0xee);
    const broken = concatenate([file.subarray(0, startOf(2)), garbage, file.subarray(startOf(2))]);
    const { records: read, problems } = await readAll(broken);
    expect(read.map(({ seconds }) => seconds - EPOCH)).toEqual([1, 2, 3, 4]);
    expect(problems).toMatchObject([{ frame: 3, offset: startOf(2) }]);
    expect(problems[0]?.message).toContain('101 bytes skipped');
  });

  test('nothing but garbage after the header', async () => {
    const file = concatenate([pcapFile([]), new Uint8Array(100_000).fill(0xee)]);
    const { records: read, problems } = await readAll(file);
    expect(read).toEqual([]);
    expect(problems).toHaveLength(1);
  });
});

test('whatever the bytes behind the header, reading ends and nothing is thrown', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), records, async (noise, given) => {
      const file = pcapFile(given);
      const at = noise.length % (file.length - 23);
      const broken = concatenate([file.subarray(0, 24 + at), noise, file.subarray(24 + at)]);
      const { records: read } = await readAll(broken, 97);
      expect(read.length).toBeLessThanOrEqual(given.length + noise.length / 16 + 1);
    }),
    { numRuns: 200 },
  );
});
