/** What a lookup beside the packet's own way could not tell, and what the packet's end would be otherwise. */
interface Doubt {
  readonly reason: string;
  /** `drop`: the other answer drops the packet, so that it is none where the packet is dropped anyway. */
  readonly otherwise: 'drop' | 'anything';
}

/** Answers about routes that were given although nobody can know them, since the last packet's end. */
export class Doubts {
  #noted: Doubt[] = [];

  /** Notes an answer that might as well have been the other one. */
  note(reason: string, otherwise: Doubt['otherwise'] = 'anything'): void {
    this.#noted.push({ reason, otherwise });
  }

  /** The reasons that bear on a packet that ended with `verdict`; forgets them. */
  take(verdict: 'accept' | 'drop' | 'reject'): readonly string[] {
    if (this.#noted.length === 0) return NONE;
    const open = this.#noted.filter((one) => one.otherwise !== 'drop' || verdict !== 'drop');
    this.#noted = [];
    return open.map((one) => one.reason);
  }
}

const NONE: readonly string[] = [];
