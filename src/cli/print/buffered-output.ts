/** Text that is gathered before it is written: a line at a time would cost a call of the system each. */
const GATHERED = 64 * 1024;

/** Gathers what is written in many small pieces. */
export class BufferedOutput {
  readonly #write: (text: string) => void;
  #text = '';

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  write(text: string): void {
    this.#text += text;
    if (this.#text.length >= GATHERED) this.flush();
  }

  /** Writes what has been gathered. */
  flush(): void {
    if (this.#text !== '') this.#write(this.#text);
    this.#text = '';
  }
}
