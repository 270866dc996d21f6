import type { ByteSource } from './byte-source.ts';

/** Bytes read at a time. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * The part of a capture that is in memory: unread bytes stand from `position` to `limit`. It moves on when its owner, who finds
 * too few, asks for more; then every position in it changes.
 */
export class InputWindow {
  bytes: Uint8Array = new Uint8Array(CHUNK_BYTES);
  /** May be set beyond `limit`, to skip what has not been read. */
  position = 0;
  limit = 0;
  /** Where the window begins in the input. */
  base = 0;
  /** Nothing comes after `limit`. */
  ended = false;
  /** What made the input end before its time. */
  failure: string | undefined = undefined;
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Offset in the input of the next unread byte. */
  get offset(): number {
    return this.base + this.position;
  }

  /** Reads more, so that `wantedBytes` follow `position` unless the input ends before. */
  async fill(wantedBytes: number): Promise<void> {
    await this.#skip();
    this.#moveRest(wantedBytes);
    while (!this.ended && this.limit < wantedBytes) await this.#read();
    // As much as there is room for: a call costs more than the bytes do.
    while (!this.ended && this.bytes.length - this.limit >= CHUNK_BYTES / 2) await this.#read();
  }

  /** Reads over what `position` says is to be skipped. */
  async #skip(): Promise<void> {
    for (;;) {
      if (this.position < this.limit) return;
      this.base += this.limit;
      this.position -= this.limit;
      this.limit = 0;
      if (this.position === 0 || this.ended) return;
      await this.#read();
    }
  }

  #moveRest(wantedBytes: number): void {
    const { bytes, position, limit } = this;
    if (wantedBytes > bytes.length) this.bytes = new Uint8Array(wantedBytes);
    if (limit > position) this.bytes.set(bytes.subarray(position, limit));
    this.base += position;
    this.limit = limit - position;
    this.position = 0;
  }

  async #read(): Promise<void> {
    try {
      const room = this.bytes.length - this.limit;
      const count = await this.#source.read(this.bytes, this.limit, room);
      this.limit += count;
      if (count === 0) this.ended = true;
    } catch (error) {
      this.ended = true;
      this.failure = error instanceof Error ? error.message : String(error);
    }
  }
}
