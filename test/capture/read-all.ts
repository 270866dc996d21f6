import { expect } from 'vitest';
import type { CaptureProblem } from '../../src/capture/capture-problems.ts';
import { type CaptureReader, STEP } from '../../src/capture/capture-reader.ts';
import { openCapture } from '../../src/capture/open-capture.ts';
import { PacketRecord, RecordBatch } from '../../src/capture/record-batch.ts';

/** A packet record as it was read. */
export interface ReadRecord {
  readonly bytes: Uint8Array;
  readonly originalLength: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly interfaceId: number;
  readonly direction: number;
  readonly frame: number;
}

export interface ReadCapture {
  readonly records: readonly ReadRecord[];
  readonly problems: readonly CaptureProblem[];
  readonly names: readonly (string | undefined)[];
}

/** Reads a capture whole, record by record and in batches, which must say the same. `pieceBytes`: what comes at a time. @throws CaptureError when it is none. */
export async function readAll(file: Uint8Array, pieceBytes = 65_536): Promise<ReadCapture> {
  const read = await readBy(file, pieceBytes, (reader) => {
    const step = reader.next();
    return { step, records: step === STEP.packet ? [recordOf(reader)] : [] };
  });
  const batch = new RecordBatch();
  const inBatches = await readBy(file, pieceBytes, (reader) => {
    batch.count = 0;
    const step = reader.fill(batch);
    const records: ReadRecord[] = [];
    for (let place = 0; place < batch.count; place++) {
      const record = new PacketRecord();
      batch.load(place, record);
      records.push(recordOf(record));
    }
    return { step, records };
  });
  expect(inBatches).toEqual(read);
  return read;
}

async function readBy(
  file: Uint8Array,
  pieceBytes: number,
  next: (reader: CaptureReader) => { readonly step: number; readonly records: ReadRecord[] },
): Promise<ReadCapture> {
  const { reader, close } = await openCapture('-', () => pieces(file, pieceBytes));
  const all: ReadRecord[] = [];
  for (;;) {
    const { step, records } = next(reader);
    all.push(...records);
    if (step === STEP.end) break;
    if (step === STEP.more) await reader.refill();
  }
  close();
  const names = reader.interfaces.map(({ name }) => name);
  return { records: all, problems: reader.problems.kept, names };
}

function recordOf(of: PacketRecord | CaptureReader): ReadRecord {
  const { offset, capturedLength, originalLength, seconds, nanoseconds } = of;
  const { interfaceId, direction, frame } = of;
  const bytes = of.bytes.slice(offset, offset + capturedLength);
  return { bytes, originalLength, seconds, nanoseconds, interfaceId, direction, frame };
}

async function* pieces(file: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.length; at += pieceBytes) yield file.subarray(at, at + pieceBytes);
}
