/**
 * The sets that rules have changed since the simulation began: what is in them now depends on time and on other packets. Changes can be
 * taken back, for following one packet along several ways.
 */
export class ChangedSets {
  readonly #names: string[] = [];

  add(name: string): void {
    if (!this.#names.includes(name)) this.#names.push(name);
  }

  has(name: string): boolean {
    return this.#names.includes(name);
  }

  clear(): void {
    this.#names.length = 0;
  }

  /** A point for `rollback`. */
  checkpoint(): number {
    return this.#names.length;
  }

  /** Takes back every change since the point. */
  rollback(checkpoint: number): void {
    this.#names.length = checkpoint;
  }
}
