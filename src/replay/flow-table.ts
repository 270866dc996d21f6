import { hashOfPorts } from '../simulate/fast/flow-headers.ts';
import { STATE } from '../simulate/fast/plain-layout.ts';
import { PlainMemory } from '../simulate/fast/plain-memory.ts';
import { FlowGeneration, hashOf, KEY_WORDS } from './flow-generation.ts';

/** Flows that one generation holds; with the one before twice as many are remembered. */
const GENERATION_FLOWS = 1 << 19;

/** Classes that there is room for at first. */
const FIRST_CLASSES = 256;

/**
 * Counts distinct flows: in all, and for each class those that had a packet of it. Classes are small numbers: verdicts, and what
 * settled them.
 *
 * A flow is what has the same protocol and the same two ends, in either direction: addresses with ports, for an ICMP query with its
 * identifier, else addresses alone. Two generations of tables are held; when one is full the older is dropped, so that a flow is forgotten, and
 * counted anew if it comes back, only after half a million others came since its last packet. Memory does not depend on how long a
 * replay is.
 */
export class FlowTable {
  readonly #memory: PlainMemory;
  readonly #young: Record<4 | 6, FlowGeneration>;
  readonly #old: Record<4 | 6, FlowGeneration>;
  readonly #key: Int32Array = new Int32Array(KEY_WORDS[6]);
  readonly #generationFlows: number;

  /** Compiled code that works on the memory, which has no other such table, counts flows as well. */
  constructor(memory: PlainMemory = new PlainMemory(), generationFlows: number = GENERATION_FLOWS) {
    this.#memory = memory;
    this.#generationFlows = generationFlows;
    const made = (): Record<4 | 6, FlowGeneration> => ({
      4: new FlowGeneration(memory, KEY_WORDS[4]),
      6: new FlowGeneration(memory, KEY_WORDS[6]),
    });
    this.#young = made();
    this.#old = made();
    this.#growClasses(FIRST_CLASSES);
    this.#young[4].share(generationFlows);
  }

  /** Distinct flows. */
  get flows(): number {
    return this.#memory.words[STATE.flows / 4]!;
  }

  /** Grows when flows are forgotten: what was noted of a flow in an earlier one must be noted again. */
  get generation(): number {
    return this.#memory.words[STATE.generation / 4]!;
  }

  /** Distinct flows with a packet of the class. */
  flowsOf(number: number): number {
    const { words } = this.#memory;
    return number < words[STATE.flowClasses / 4]! ? words[this.#classesAt + number]! : 0;
  }

  /**
   * Counts a packet of an IPv4 flow, and of two classes of which the first implies the second; addresses as unsigned numbers. Returns the
   * number of the flow, never 0, which means it to `noteAgain` as long as `generation` stays. HOT
   */
  note4(
    protocol: number,
    source: number,
    destination: number,
    sourcePort: number,
    destinationPort: number,
    first: number,
    second: number,
  ): number {
    const key = this.#key;
    const isSwapped =
      source > destination || (source === destination && sourcePort > destinationPort);
    key[0] = isSwapped ? destination : source;
    key[1] = isSwapped ? source : destination;
    key[2] = isSwapped
      ? (destinationPort << 16) | sourcePort
      : (sourcePort << 16) | destinationPort;
    key[3] = protocol;
    const hash = hashOfPorts(protocol, source | 0, destination | 0, sourcePort, destinationPort);
    return this.#note(4, hash, first, second);
  }

  /** Counts another packet of the IPv4 flow that `note4` gave a number. HOT */
  noteAgain(flow: number, first: number, second: number): void {
    this.#noteClasses(this.#young[4], flow, first, second);
  }

  /** Counts a packet of an IPv6 flow; addresses as four words each, from `at` of `addresses` on, the source first. */
  note6(
    protocol: number,
    addresses: Uint32Array,
    sourcePort: number,
    destinationPort: number,
    first: number,
    second: number,
  ): void {
    const key = this.#key;
    const isSwapped = isSecondFirst(addresses, sourcePort > destinationPort);
    for (let i = 0; i < 4; i++) {
      key[i] = addresses[isSwapped ? i + 4 : i]!;
      key[i + 4] = addresses[isSwapped ? i : i + 4]!;
    }
    key[8] = isSwapped
      ? (destinationPort << 16) | sourcePort
      : (sourcePort << 16) | destinationPort;
    key[9] = protocol;
    this.#note(6, hashOf(key, 0, KEY_WORDS[6]), first, second);
  }

  /** HOT */
  #note(family: 4 | 6, hash: number, first: number, second: number): number {
    const key = this.#key;
    const young = this.#young[family];
    let record = young.find(key, hash);
    if (record === 0) {
      if (young.count >= this.#generationFlows) {
        this.#turn(family);
        return this.#note(family, hash, first, second);
      }
      record = young.add(key, hash);
      const old = this.#old[family];
      const before = old.count === 0 ? 0 : old.find(key, hash);
      if (before === 0) this.#memory.words[STATE.flows / 4]!++;
      else young.takeClasses(record, old, before);
    }
    this.#noteClasses(young, record, first, second);
    return record;
  }

  /** HOT */
  #noteClasses(young: FlowGeneration, record: number, first: number, second: number): void {
    // A packet that brings no new first class brings no new second one either.
    if (!young.addClass(record, first)) return;
    this.#count(first);
    if (young.addClass(record, second)) this.#count(second);
  }

  #count(number: number): void {
    const classes = this.#memory.words[STATE.flowClasses / 4]!;
    if (number >= classes) this.#growClasses(Math.max(number + 1, classes * 2));
    this.#memory.words[this.#classesAt + number]!++;
  }

  /** Forgets the older flows of a family. */
  #turn(family: 4 | 6): void {
    this.#memory.words[STATE.generation / 4]!++;
    const forgotten = this.#old[family];
    forgotten.clear();
    this.#old[family] = this.#young[family];
    this.#young[family] = forgotten;
    if (family === 6) return;
    this.#old[4].unshare();
    forgotten.share(this.#generationFlows);
  }

  get #classesAt(): number {
    return (this.#memory.words[STATE.flowsOf / 4]! >>> 0) / 4;
  }

  #growClasses(count: number): void {
    const before = this.#classesAt;
    const known = this.#memory.words[STATE.flowClasses / 4]!;
    const address = this.#memory.allocate(count * 4);
    const { words } = this.#memory;
    words.copyWithin(address / 4, before, before + known);
    words[STATE.flowsOf / 4] = address;
    words[STATE.flowClasses / 4] = count;
  }
}

/** Of two IPv6 ends, whether the second is the lower one. */
function isSecondFirst(addresses: Uint32Array, isPortGreater: boolean): boolean {
  for (let i = 0; i < 4; i++) {
    const [first, second] = [addresses[i]!, addresses[i + 4]!];
    if (first !== second) return first > second;
  }
  return isPortGreater;
}
