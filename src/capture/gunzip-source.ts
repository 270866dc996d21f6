import { createGunzip, type Gunzip } from 'node:zlib';
import type { ByteSource } from './byte-source.ts';

/** Compressed bytes that are handed on at a time: what they unfold to, at most a thousandfold, is held in memory. */
const INPUT_BYTES = 16 * 1024;

/** What a gzip source holds, unfolded. Bytes before a fault in it are still read; the read after them throws. */
export class GunzipSource implements ByteSource {
  readonly #source: ByteSource;
  readonly #gunzip: Gunzip = createGunzip();
  readonly #input: Uint8Array = new Uint8Array(INPUT_BYTES);
  #pieces: Uint8Array[] = [];
  #failure: Error | undefined;
  #ended = false;

  constructor(source: ByteSource) {
    this.#source = source;
    this.#gunzip.on('data', (piece: Uint8Array) => this.#pieces.push(piece));
    this.#gunzip.on('error', (error: Error) => {
      this.#failure = error;
    });
  }

  readonly sizeBytes: undefined = undefined;

  /** Compressed bytes, so that progress can be told against the file's size. */
  get takenBytes(): number {
    return this.#source.takenBytes;
  }

  /** Size of the compressed source. */
  get compressedBytes(): number | undefined {
    return this.#source.sizeBytes;
  }

  async read(into: Uint8Array, at: number, length: number): Promise<number> {
    for (;;) {
      const piece = this.#pieces[0];
      if (piece !== undefined) return this.#take(piece, into, at, length);
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#ended) return 0;
      await this.#feed();
    }
  }

  close(): void {
    this.#gunzip.destroy();
    this.#source.close();
  }

  #take(piece: Uint8Array, into: Uint8Array, at: number, length: number): number {
    const count = Math.min(length, piece.length);
    into.set(piece.subarray(0, count), at);
    if (count === piece.length) this.#pieces.shift();
    else this.#pieces[0] = piece.subarray(count);
    return count;
  }

  async #feed(): Promise<void> {
    const count = await this.#source.read(this.#input, 0, INPUT_BYTES);
    const gunzip = this.#gunzip;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        gunzip.off('error', done);
        gunzip.off('end', done);
        resolve();
      };
      gunzip.once('error', done);
      if (count > 0) {
        gunzip.write(this.#input.slice(0, count), done);
        return;
      }
      this.#ended = true;
      gunzip.once('end', done);
      gunzip.end();
    });
  }
}
