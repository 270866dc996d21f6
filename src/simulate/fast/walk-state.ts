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
  readonly #frames: Map<number, WalkFrame[]> = new Map();
  /** By chain and open jumps; the others of a state are the same for all that are together, or nearly so. */
  readonly #states: Map<number, WalkState[]> = new Map();
  // By the numbers of states, what they became last by another mark, and what they are behind their chain.
  readonly #marked: (WalkState | undefined)[] = [];
  readonly #returned: (WalkState | undefined)[] = [];
  #frameCount = 0;
  #stateCount = 0;

  frame(parts: Omit<WalkFrame, 'number'>): WalkFrame {
    const { chain, at, owner, below } = parts;
    const list = listAt(this.#frames, at * MOST_NUMBERS + numberOf(below));
    for (let i = 0; i < list.length; i++) {
      const one = list[i]!;
      if (one.chain === chain && one.owner === owner) return one;
    }
    const made = { chain, at, owner, below, number: this.#frameCount++ };
    list.push(made);
    return made;
  }

  state(parts: Omit<WalkState, 'number'>): WalkState {
    const { chain, owner, frames, mark, states, noTrack } = parts;
    const list = listAt(this.#states, chain * MOST_NUMBERS + numberOf(frames));
    for (let i = 0; i < list.length; i++) {
      const one = list[i]!;
      const isAlike = one.mark === mark && one.owner === owner;
      if (isAlike && one.states === states && one.noTrack === noTrack) return one;
    }
    const made = { chain, owner, frames, mark, states, noTrack, number: this.#stateCount++ };
    list.push(made);
    return made;
  }

  /** The state with another mark. */
  withMark(state: WalkState, mark: number): WalkState {
    const latest = this.#marked[state.number];
    if (latest?.mark === mark) return latest;
    const { chain, owner, frames, states, noTrack } = state;
    const marked = this.state({ chain, owner, frames, mark, states, noTrack });
    this.#marked[state.number] = marked;
    return marked;
  }

  /** The state in the chain that called the state's own, by the frame on top. */
  returned(state: WalkState, { chain, owner, below }: WalkFrame): WalkState {
    const known = this.#returned[state.number];
    if (known !== undefined) return known;
    const { mark, states, noTrack } = state;
    const returned = this.state({ chain, owner, frames: below, mark, states, noTrack });
    this.#returned[state.number] = returned;
    return returned;
  }
}

/** Numbers of frames stay below: there are no more than the budget of a walk lets be made. */
const MOST_NUMBERS = 2 ** 24;

function numberOf(frame: WalkFrame | undefined): number {
  return frame === undefined ? 0 : frame.number + 1;
}

function listAt<T>(lists: Map<number, T[]>, key: number): T[] {
  let list = lists.get(key);
  if (list === undefined) {
    list = [];
    lists.set(key, list);
  }
  return list;
}
