import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Where the bytes of a capture come from, in order. */
export interface ByteSource {
  /** Reads up to `length` bytes into `into` from `at` on and returns how many; 0 at the end. @throws Error when reading fails. */
  read(into: Uint8Array, at: number, length: number): Promise<number>;
  /** Bytes in all; undefined where that is not known before the end. */
  readonly sizeBytes: number | undefined;
  /** Bytes taken so far, as `sizeBytes` counts them. */
  readonly takenBytes: number;
  close(): void;
}

/** A file. Reads block: the disk is faster than anything that is done with the bytes. */
export class FileSource implements ByteSource {
  readonly sizeBytes: number | undefined;
  takenBytes = 0;
  readonly #descriptor: number;

  /** @throws Error of the system when the file cannot be opened or is a directory. */
  constructor(path: string) {
    this.#descriptor = openSync(path, 'r');
    const status = fstatSync(this.#descriptor);
    this.sizeBytes = status.isFile() ? status.size : undefined;
  }

  read(into: Uint8Array, at: number, length: number): Promise<number> {
    const count = readSync(this.#descriptor, into, at, length, null);
    this.takenBytes += count;
    return Promise.resolve(count);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** Whatever comes in pieces, such as standard input. */
export class StreamSource implements ByteSource {
  readonly sizeBytes: undefined = undefined;
  takenBytes = 0;
  readonly #pieces: AsyncIterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array(0);

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  async read(into: Uint8Array, at: number, length: number): Promise<number> {
    while (this.#piece.length === 0) {
      const { value, done } = await this.#pieces.next();
      if (done === true) return 0;
      this.#piece = value;
    }
    const count = Math.min(length, this.#piece.length);
    into.set(this.#piece.subarray(0, count), at);
    this.#piece = this.#piece.subarray(count);
    this.takenBytes += count;
    return count;
  }

  close(): void {
    void this.#pieces.return?.();
  }
}

/** A source whose first bytes have been looked at already. */
export class PrefixedSource implements ByteSource {
  readonly #source: ByteSource;
  #prefix: Uint8Array;

  constructor(prefix: Uint8Array, source: ByteSource) {
    this.#prefix = prefix;
    this.#source = source;
  }

  get sizeBytes(): number | undefined {
    return this.#source.sizeBytes;
  }

  get takenBytes(): number {
    return this.#source.takenBytes - this.#prefix.length;
  }

  async read(into: Uint8Array, at: number, length: number): Promise<number> {
    if (this.#prefix.length === 0) return this.#source.read(into, at, length);
    const count = Math.min(length, this.#prefix.length);
    into.set(this.#prefix.subarray(0, count), at);
    this.#prefix = this.#prefix.subarray(count);
    return count;
  }

  close(): void {
    this.#source.close();
  }
}
