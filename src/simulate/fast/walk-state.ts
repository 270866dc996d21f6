import type { ChainOwner } from '../../ruleset/rule-meaning.ts';

/** An open jump: where the walk goes on when the chain that it called ends. */
export interface WalkFrame {
  readonly number: number;
  readonly chain: number;
  readonly at: number;
  readonly owner: ChainOwner | undefined;
  readonly below: WalkFrame | undefined;
}

/** Everything but the next rule that the rest of a walk depends on. Equal states are one object. */
export interface WalkState {
  readonly number: number;
  /** The chain that is walked. */
  readonly chain: number;
  /** Of that chain, or of the nearest one that called it and has an owner. */
  readonly owner: ChainOwner | undefined;
  readonly frames: WalkFrame | undefined;
  readonly mark: number;
  /** As `stateBits` gives them. */
  readonly states: number;
  readonly noTrack: boolean;
}

/** Makes states and frames, each only once. */
export class WalkStates {
  readonly #frames: Map<string, WalkFrame> = new Map();
  readonly #states: Map<string, WalkState> = new Map();
  readonly #owners: Map<ChainOwner | undefined, number> = new Map();

  frame(parts: Omit<WalkFrame, 'number'>): WalkFrame {
    const { chain, at, owner, below } = parts;
    const key = `${chain} ${at} ${this.#ownerNumber(owner)} ${below?.number ?? -1}`;
    const known = this.#frames.get(key);
    if (known !== undefined) return known;
    const made = { ...parts, number: this.#frames.size };
    this.#frames.set(key, made);
    return made;
  }

  state(parts: Omit<WalkState, 'number'>): WalkState {
    const { chain, owner, frames, mark, states, noTrack } = parts;
    const key = `${chain} ${this.#ownerNumber(owner)} ${frames?.number ?? -1} ${mark} ${states} ${noTrack}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const made = { chain, owner, frames, mark, states, noTrack, number: this.#states.size };
    this.#states.set(key, made);
    return made;
  }

  #ownerNumber(owner: ChainOwner | undefined): number {
    const known = this.#owners.get(owner);
    if (known !== undefined) return known;
    this.#owners.set(owner, this.#owners.size);
    return this.#owners.size - 1;
  }
}
