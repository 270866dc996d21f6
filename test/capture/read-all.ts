import type { CaptureProblem } from '../../src/capture/capture-problems.ts';
import { STEP } from '../../src/capture/capture-reader.ts';
import { openCapture } from '../../src/capture/open-capture.ts';

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

/** Reads a capture whole. `pieceBytes`: what comes at a time. @throws CaptureError when it is none. */
export async function readAll(file: Uint8Array, pieceBytes = 65_536): Promise<ReadCapture> {
  const { reader, close } = await openCapture('-', () => pieces(file, pieceBytes));
  const records: ReadRecord[] = [];
  for (;;) {
    const step = reader.next();
    if (step === STEP.end) break;
    if (step === STEP.more) {
      await reader.refill();
      continue;
    }
    const { offset, capturedLength, originalLength, seconds, nanoseconds } = reader;
    const { interfaceId, direction, frame } = reader;
    const bytes = reader.bytes.slice(offset, offset + capturedLength);
    records.push({ bytes, originalLength, seconds, nanoseconds, interfaceId, direction, frame });
  }
  close();
  const names = reader.interfaces.map(({ name }) => name);
  return { records, problems: reader.problems.kept, names };
}

async function* pieces(file: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.length; at += pieceBytes) yield file.subarray(at, at + pieceBytes);
}
