import { CandidateRows, RowMaker, type RuleCriterion } from './candidate-rows.ts';
import type { RuleCriteria } from './rule-criteria.ts';
import { ValueIntervals, type ValueRange } from './value-intervals.ts';

/** What rules are found for. Addresses are IPv4's number, or the last word of IPv6's. */
export interface PacketNumbers {
  readonly protocol: number;
  readonly source: { readonly w3: number };
  readonly destination: { readonly w3: number };
  readonly destinationPort: number;
}

/** What rules ask beside a packet's headers, and what follows from it. */
export interface Conditions {
  readonly mark: number;
  /** The bits of the rules that mark, state and interfaces let through. */
  readonly row: Int32Array;
  /** For `QuietCalls`: a word for each jump. */
  readonly calls: Int32Array;
}

type Circumstances = Pick<RuleCriteria, 'states' | 'in' | 'out'>;

/** How many values `stateBits` has. */
const STATES = 2 ** 7;

/** How many words the kept conditions may have together, 16 MiB: marks without end must not fill the memory. */
const MOST_WORDS = 2 ** 22;

/** What a finder must know of the rules. */
export interface FinderRules {
  /** By the rules' numbers. */
  readonly criteria: readonly RuleCriteria[];
  /** The number of each rule's chain. */
  readonly chains: readonly number[];
  /** How many names of interfaces they know, numbered from 1. */
  readonly interfaces: number;
  /** How many jumps they have. */
  readonly jumps: number;
}

/**
 * Finds the rules that match a packet without looking at those that do not: for each thing that rules ask for there is a row of bits,
 * and a rule matches that has its bit in all of them.
 *
 * Measured on the 2,739 rules of 100 policies, of which a new connection passes 1,500 and matches 190: 1.8 times the packets a second of
 * looking at the rules' criteria one by one, everything else that a packet costs included (`npm run bench -- packets`).
 */
export class RuleFinder {
  /** What mark, state and interfaces let through and make of calls; set by `turn`. */
  present: Conditions;
  readonly #ports: ValueIntervals;
  /** Numbers from 1 for the protocols that rules ask for; 0: all others, which none of them lets through. */
  readonly #protocols = new Uint16Array(256);
  #protocolCount = 0;
  readonly #sources: ValueIntervals;
  readonly #destinations: ValueIntervals;
  readonly #byPort: CandidateRows<RuleCriteria>;
  readonly #bySource: CandidateRows<ValueRange>;
  readonly #byDestination: CandidateRows<ValueRange>;
  readonly #byMark: RowMaker<NonNullable<RuleCriteria['mark']>>;
  readonly #byCircumstances: RowMaker<Circumstances>;
  /** Of the packet that candidates are for. */
  #protocol = -1;
  #source = -1;
  #destination = -1;
  #destinationPort = -1;
  /** The rules that the packet's headers let through. */
  readonly #candidates: Int32Array;
  /** The rules that ask for headers. */
  readonly #asking: Int32Array;
  /** The chain of each rule. */
  readonly #chains: Int32Array;
  // A chain has the number of the last packet whose headers one of its rules asks for; so nothing is cleared between packets.
  readonly #concerned: Int32Array;
  #packetNumber = 0;
  /** How many numbers interfaces may have, -1 included. */
  readonly #interfaceNumbers: number;
  #interfaces = 0;
  /** Interfaces and states, as one number. */
  #circumstances = 0;
  readonly #jumps: number;
  /** By circumstances, then by mark. */
  readonly #conditions: Map<number, Map<number, Conditions>> = new Map();
  #byMarkHere: Map<number, Conditions> = new Map();
  #keptWords = 0;

  constructor({ criteria, chains, interfaces, jumps }: FinderRules) {
    const rules = criteria.length;
    this.#interfaceNumbers = interfaces + 2;
    const asking = askingIn(criteria);
    const sources = asking(({ source }) => source);
    const destinations = asking(({ destination }) => destination);
    this.#sources = new ValueIntervals(sources.map(({ criterion }) => criterion));
    this.#destinations = new ValueIntervals(destinations.map(({ criterion }) => criterion));
    this.#ports = new ValueIntervals(criteria.flatMap(({ ports }) => ports ?? []));
    criteria.forEach(({ protocol }) => {
      if (protocol === undefined || this.#protocols[protocol] !== 0) return;
      this.#protocols[protocol] = ++this.#protocolCount;
    });
    this.#bySource = new CandidateRows(
      { rules, asking: sources, takes: inInterval(this.#sources) },
      this.#sources.count,
    );
    this.#byDestination = new CandidateRows(
      { rules, asking: destinations, takes: inInterval(this.#destinations) },
      this.#destinations.count,
    );
    this.#byPort = new CandidateRows(
      {
        rules,
        asking: asking((one) => (one.protocol === undefined ? undefined : one)),
        takes: (criterion, key) => this.#takesPort(criterion, key),
      },
      (this.#protocolCount + 1) * this.#ports.count,
    );
    this.#byMark = new RowMaker({
      rules,
      asking: asking(({ mark }) => mark),
      takes: ({ mask, value }, mark) => (mark & mask) === value,
    });
    this.#byCircumstances = new RowMaker({
      rules,
      asking: asking((one) =>
        one.states === undefined && one.in === undefined && one.out === undefined ? undefined : one,
      ),
      takes: (criterion, key) => this.#takesCircumstances(criterion, key),
    });
    this.#candidates = new Int32Array((rules >>> 5) + 1);
    this.#asking = new Int32Array((rules >>> 5) + 1);
    criteria.forEach(({ protocol, source, destination }, rule) => {
      if ((protocol ?? source ?? destination) === undefined) return;
      this.#asking[rule >>> 5]! |= 1 << (rule & 31);
    });
    this.#chains = Int32Array.from(chains);
    this.#concerned = new Int32Array(chains.reduce((most, chain) => Math.max(most, chain), 0) + 1);
    this.#jumps = jumps;
    this.#turnTo(0);
    this.present = this.conditionsOf(0);
  }

  /** Takes the headers of the packet that is asked about from now on, and the numbers of its interfaces; `turn` must follow. HOT */
  begin(packet: PacketNumbers, inInterface: number, outInterface: number): void {
    this.#interfaces = (inInterface + 1) * this.#interfaceNumbers + outInterface + 1;
    const { protocol, destinationPort } = packet;
    const source = packet.source.w3;
    const destination = packet.destination.w3;
    if (
      source === this.#source &&
      destination === this.#destination &&
      destinationPort === this.#destinationPort &&
      protocol === this.#protocol
    ) {
      return;
    }
    this.#protocol = protocol;
    this.#source = source;
    this.#destination = destination;
    this.#destinationPort = destinationPort;
    const port = this.#ports.indexOf(destinationPort);
    const ofPort = this.#byPort.of(this.#protocols[protocol]! * this.#ports.count + port);
    const ofSource = this.#bySource.of(this.#sources.indexOf(source));
    const ofDestination = this.#byDestination.of(this.#destinations.indexOf(destination));
    this.#packetNumber = (this.#packetNumber + 1) | 0;
    const candidates = this.#candidates;
    const asking = this.#asking;
    for (let word = 0; word < candidates.length; word++) {
      const bits = ofPort[word]! & ofSource[word]! & ofDestination[word]!;
      candidates[word] = bits;
      const concerned = bits & asking[word]!;
      if (concerned !== 0) this.#noteChains(word, concerned);
    }
  }

  /** Takes the mark and the state that the packet has from now on. HOT */
  turn(mark: number, states: number): void {
    const circumstances = this.#interfaces * STATES + states;
    if (circumstances !== this.#circumstances) this.#turnTo(circumstances);
    else if (mark === this.present.mark) return;
    this.present = this.conditionsOf(mark);
  }

  /** What another mark would let through. */
  conditionsOf(mark: number): Conditions {
    return this.#byMarkHere.get(mark) ?? this.#makeConditions(mark);
  }

  /** The first rule from `from` that matches as far as its criteria but for sets go, or `end`. HOT */
  next(from: number, end: number): number {
    const candidates = this.#candidates;
    const { row } = this.present;
    let at = from;
    while (at < end) {
      const word = at >>> 5;
      const found = ((candidates[word]! & row[word]!) >>> (at & 31)) | 0;
      if (found !== 0) return Math.min(end, at + 31 - Math.clz32(found & -found));
      at = (at | 31) + 1;
    }
    return end;
  }

  /** Whether a rule of the chain asks for headers that the packet has. HOT */
  concerns(chain: number): boolean {
    return this.#concerned[chain] === this.#packetNumber;
  }

  /** Whether the rule asks for any headers. */
  asksHeaders(rule: number): boolean {
    return isSet(this.#asking, rule);
  }

  /** Whether a rule that asks for no headers has what it asks for, but for what only its matches say. */
  letsThrough(rule: number, { row }: Conditions): boolean {
    return isSet(row, rule);
  }

  /** HOT */
  #noteChains(word: number, rules: number): void {
    for (let left = rules; left !== 0; left &= left - 1) {
      const rule = (word << 5) + 31 - Math.clz32(left & -left);
      this.#concerned[this.#chains[rule]!] = this.#packetNumber;
    }
  }

  #turnTo(circumstances: number): void {
    this.#circumstances = circumstances;
    this.#byMarkHere = this.#conditions.get(circumstances) ?? new Map();
    this.#conditions.set(circumstances, this.#byMarkHere);
  }

  #makeConditions(mark: number): Conditions {
    const ofMark = this.#byMark.make(mark);
    const ofCircumstances = this.#byCircumstances.make(this.#circumstances);
    const row = ofMark.map((bits, word) => bits & ofCircumstances[word]!);
    const made = { mark, row, calls: new Int32Array(this.#jumps) };
    this.#keptWords += row.length + this.#jumps;
    if (this.#keptWords > MOST_WORDS) {
      this.#keptWords = row.length + this.#jumps;
      this.#conditions.clear();
      this.#turnTo(this.#circumstances);
    }
    this.#byMarkHere.set(mark, made);
    return made;
  }

  #takesCircumstances(criteria: Circumstances, key: number): boolean {
    const states = key % STATES;
    const interfaces = Math.floor(key / STATES);
    const inInterface = Math.floor(interfaces / this.#interfaceNumbers) - 1;
    const outInterface = (interfaces % this.#interfaceNumbers) - 1;
    return (
      (criteria.states === undefined || (criteria.states & states) !== 0) &&
      (criteria.in === undefined || criteria.in === inInterface) &&
      (criteria.out === undefined || criteria.out === outInterface)
    );
  }

  #takesPort({ protocol, ports }: RuleCriteria, key: number): boolean {
    const { count } = this.#ports;
    if (protocol === undefined || this.#protocols[protocol] !== Math.floor(key / count))
      return false;
    if (ports === undefined) return true;
    const port = this.#ports.firstOf(key % count);
    return ports.some(({ first, last }) => port >= first && port <= last);
  }
}

function askingIn(criteria: readonly RuleCriteria[]) {
  return <C>(criterionOf: (criteria: RuleCriteria) => C | undefined): RuleCriterion<C>[] => {
    const asking: RuleCriterion<C>[] = [];
    criteria.forEach((one, rule) => {
      const criterion = criterionOf(one);
      if (criterion !== undefined) asking.push({ rule, criterion });
    });
    return asking;
  };
}

function isSet(row: Int32Array, rule: number): boolean {
  return (row[rule >>> 5]! & (1 << (rule & 31))) !== 0;
}

function inInterval(intervals: ValueIntervals): (range: ValueRange, index: number) => boolean {
  return ({ first, last }, index) => {
    const value = intervals.firstOf(index);
    return value >= first && value <= last;
  };
}
