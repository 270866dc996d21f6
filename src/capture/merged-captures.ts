import { type CaptureReader, STEP } from './capture-reader.ts';
import type { RecordBatch } from './record-batch.ts';

/** The packets of several captures in the order of their times; of two at the same time the one of the capture named first. */
export class MergedCaptures {
  readonly #waiting: CaptureReader[];
  readonly #ready: CaptureReader[] = [];
  readonly #order: ReadonlyMap<CaptureReader, number>;
  /** Whose packet `next` came to: its fields hold the packet. */
  current: CaptureReader;

  /** At least one. */
  constructor(readers: readonly CaptureReader[]) {
    const [first] = readers;
    if (first === undefined) throw new Error('no captures to merge');
    this.current = first;
    this.#waiting = [...readers];
    this.#order = new Map(readers.map((reader, index) => [reader, index]));
  }

  /** Goes on to the next packet; one of STEP. HOT */
  next(): number {
    const waiting = this.#waiting;
    while (waiting.length > 0) {
      const reader = waiting[waiting.length - 1]!;
      const step = reader.next();
      if (step === STEP.more) return STEP.more;
      waiting.pop();
      if (step === STEP.packet) {
        // A capture alone need not be compared.
        if (waiting.length === 0 && this.#ready.length === 0) {
          waiting.push(reader);
          this.current = reader;
          return STEP.packet;
        }
        this.#ready.push(reader);
      }
    }
    return this.#takeEarliest();
  }

  /** Adds packets to a batch as long as there is room for them in it and they are at hand; one of STEP, `packet` where there was any. HOT */
  fill(batch: RecordBatch): number {
    const before = batch.count;
    let step: number = STEP.packet;
    while (!batch.isFull && step === STEP.packet) {
      const [only, other] = this.#waiting;
      // A capture alone reads many at once.
      if (only !== undefined && other === undefined && this.#ready.length === 0) {
        step = only.fill(batch);
        if (step === STEP.end) this.#waiting.pop();
        else break;
      } else {
        step = this.next();
        if (step === STEP.packet) batch.add(this.current);
      }
    }
    return batch.count > before ? STEP.packet : step;
  }

  /** Reads on in the capture that needs it. */
  async refill(): Promise<void> {
    await this.#waiting[this.#waiting.length - 1]?.refill();
  }

  #takeEarliest(): number {
    const ready = this.#ready;
    if (ready.length === 0) return STEP.end;
    let best = 0;
    for (let i = 1; i < ready.length; i++) if (this.#isEarlier(ready[i]!, ready[best]!)) best = i;
    this.current = ready[best]!;
    ready[best] = ready[ready.length - 1]!;
    ready.pop();
    this.#waiting.push(this.current);
    return STEP.packet;
  }

  #isEarlier(a: CaptureReader, b: CaptureReader): boolean {
    if (a.seconds !== b.seconds) return a.seconds < b.seconds;
    if (a.nanoseconds !== b.nanoseconds) return a.nanoseconds < b.nanoseconds;
    return this.#order.get(a)! < this.#order.get(b)!;
  }
}
