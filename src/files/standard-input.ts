import { readSync } from 'node:fs';

/** What a pipe holds at most. */
const CHUNK = 64 * 1024;

/** Standard input to its end, or a little more than `most` bytes of it: an endless one ends there. */
export function readStandardInput(most: number): Buffer {
  const chunks: Buffer[] = [];
  let length = 0;
  while (length <= most) {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const read = readSync(0, chunk, 0, CHUNK, null);
    if (read === 0) break;
    chunks.push(chunk.subarray(0, read));
    length += read;
  }
  return Buffer.concat(chunks);
}
