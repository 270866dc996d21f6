import fc from 'fast-check';
import { expect, test } from 'vitest';
import { STEP } from '../../src/capture/capture-reader.ts';
import { MergedCaptures } from '../../src/capture/merged-captures.ts';
import { openCapture } from '../../src/capture/open-capture.ts';
import { PacketRecord, RecordBatch } from '../../src/capture/record-batch.ts';
import { EPOCH, pcapFile, pcapngSection } from '../support/capture-files.ts';

const times = fc.array(fc.nat(50), { maxLength: 12 }).map((all) => all.sort((a, b) => a - b));

async function* whole(file: Uint8Array): AsyncGenerator<Uint8Array> {
  yield file;
}

test('packets of several captures come in the order of their times, of equal ones that of the capture named first', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(times, { minLength: 1, maxLength: 5 }), async (captures) => {
      const readers = [];
      for (const [number, one] of captures.entries()) {
        const records = one.map((time) => ({
          bytes: Uint8Array.of(number, 1),
          seconds: EPOCH + (time >> 1),
          nanoseconds: (time & 1) * 500_000_000,
        }));
        const file = number % 2 === 0 ? pcapFile(records) : pcapngSection([{}], records);
        readers.push((await openCapture('-', () => whole(file))).reader);
      }
      const merged = new MergedCaptures(readers);
      const batch = new RecordBatch();
      const record = new PacketRecord();
      const seen: [number, number][] = [];
      for (;;) {
        batch.count = 0;
        const step = merged.fill(batch);
        if (step === STEP.end) break;
        if (step === STEP.more) await merged.refill();
        for (let place = 0; place < batch.count; place++) {
          batch.load(place, record);
          const { seconds, nanoseconds, bytes, offset } = record;
          seen.push([(seconds - EPOCH) * 2 + nanoseconds / 500_000_000, bytes[offset]!]);
        }
      }
      const wanted = captures
        .flatMap((one, number) => one.map((time): [number, number] => [time, number]))
        .sort(([a, x], [b, y]) => a - b || x - y);
      expect(seen).toEqual(wanted);
    }),
    { numRuns: 100 },
  );
});
