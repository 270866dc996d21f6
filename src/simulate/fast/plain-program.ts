import { nextTcpState, TCP_KINDS, TCP_STATE } from '../conntrack/tcp-state.ts';
import type { ConntrackSettings } from '../conntrack/timeouts.ts';
import { PLAIN_CODE } from './plain-code.ts';
import {
  DATAGRAM_BYTES,
  MEMORY,
  OUTCOME,
  OUTCOME_WORDS,
  PLAIN_WORDS,
  STATE,
} from './plain-layout.ts';
import type { PlainMemory } from './plain-memory.ts';
import { webAssembly } from './web-assembly.ts';

/** What wasm/plain.ts exports; addresses and lengths in bytes. */
interface Code {
  readonly readDatagram: (place: number, start: number, end: number, checked: number) => number;
  readonly readRecords: (
    from: number,
    count: number,
    shift: number,
    place: number,
    options: number,
  ) => number;
  readonly fetchFlows: (count: number) => void;
  readonly judgePackets: (from: number, count: number) => number;
  /** Counts a packet with its outcome, and notes that with its flow; bits of REMAINS. `record`: its connection's, or 0. */
  readonly countPacket: (place: number, record: number, outcome: number) => number;
  /** Begins the connection of the packet in a place, a SYN or of UDP, in a record that is made and not in the table. */
  readonly openConnection: (place: number, record: number) => void;
  /** For how many milliseconds the connection at an address lives on; -1 where the segment is left alone. */
  readonly takeSegment: (packet: number, record: number, isReply: number) => number;
  /** Takes the packet at an address up to connection tracking: the number of its outcome; below 0 where that is open. */
  readonly beginWay: (packet: number) => number;
  /** The first condition of an index, by its place, from one on that the packet meets that was begun last; -1: none; -2: the index cannot tell. */
  readonly find: (index: number, from: number) => number;
}

const FIRST_OUTCOMES = 256;

const noCode = (): never => {
  throw new Error('no compiled code runs here');
};

const NO_CODE: Code = {
  readDatagram: noCode,
  readRecords: noCode,
  fetchFlows: noCode,
  judgePackets: noCode,
  countPacket: noCode,
  openConnection: noCode,
  takeSegment: noCode,
  beginWay: noCode,
  find: noCode,
};

let compiled: object | undefined;

/**
 * Reads plain packets and judges those of connections that are there: code compiled from wasm/, whose memory holds the packets, the connections and
 * what was counted. Everything that is not plain it leaves alone.
 *
 * INVARIANT: it does to a connection what FastConnections does, for the same packet.
 */
export class PlainProgram {
  /** Throws where `runs` is false. */
  readonly code: Code;
  readonly memory: PlainMemory;
  #outcomeCount = 0;

  constructor(memory: PlainMemory, settings: ConntrackSettings) {
    this.memory = memory;
    this.code = codeOn(memory);
    this.#tell(settings);
    this.#growOutcomes(FIRST_OUTCOMES);
  }

  /** Whether there is compiled code; without it nothing but its memory can be used. */
  get runs(): boolean {
    return this.memory.shared !== undefined;
  }

  /** Reads a datagram in a place of those that wait; `checked`: bits of CHECKED. False for one that is not plain. */
  read(place: number, datagram: Uint8Array, checked: number): boolean {
    const { length } = datagram;
    if (length > DATAGRAM_BYTES) return false;
    this.memory.bytes.set(datagram, MEMORY.datagram);
    const { datagram: start } = MEMORY;
    return this.code.readDatagram(place, start, start + length, checked) !== 0;
  }

  /** The word at which the packet in a place begins. HOT */
  wordOf(place: number): number {
    return MEMORY.packets / 4 + place * PLAIN_WORDS;
  }

  /** Lets packets of the outcome be counted, flows with such a packet in two classes of which the first implies the second. */
  count(
    outcome: number,
    {
      flowClass,
      verdictClass,
      isStopped,
      opens,
    }: {
      readonly flowClass: number;
      readonly verdictClass: number;
      readonly isStopped: boolean;
      /** Whether a connection begins with such a packet where there is none. */
      readonly opens: boolean;
    },
  ): void {
    if (outcome >= this.#outcomeCount) {
      this.#growOutcomes(Math.max(outcome + 1, this.#outcomeCount * 2));
    }
    const { words } = this.memory;
    const at = this.#outcomeAt(outcome);
    words[at + OUTCOME.flowClass] = flowClass;
    words[at + OUTCOME.verdictClass] = verdictClass;
    words[at + OUTCOME.isStopped] = isStopped ? 1 : 0;
    words[at + OUTCOME.opens] = opens ? 1 : 0;
  }

  /** Packets of the outcome that have been counted here. */
  packetsOf(outcome: number): number {
    return this.#countedOf(outcome, OUTCOME.countOfPackets);
  }

  /** Their bytes on the wire. */
  bytesOf(outcome: number): number {
    return this.#countedOf(outcome, OUTCOME.countOfBytes);
  }

  #countedOf(outcome: number, field: number): number {
    if (outcome >= this.#outcomeCount) return 0;
    return this.memory.numbers[(this.#outcomeAt(outcome) + field) / 2]!;
  }

  #outcomeAt(outcome: number): number {
    return (this.memory.words[STATE.outcomes / 4]! >>> 0) / 4 + outcome * OUTCOME_WORDS;
  }

  #growOutcomes(count: number): void {
    const before = this.#outcomeAt(0);
    const address = this.memory.allocate(count * OUTCOME_WORDS * 4);
    const { words } = this.memory;
    words.copyWithin(address / 4, before, before + this.#outcomeCount * OUTCOME_WORDS);
    words[STATE.outcomes / 4] = address;
    words[STATE.outcomeCount / 4] = count;
    this.#outcomeCount = count;
  }

  #tell(settings: ConntrackSettings): void {
    const { bytes, numbers } = this.memory;
    const states = Object.values(TCP_STATE);
    for (const direction of [0, 1]) {
      for (const state of states) {
        for (let kind = 0; kind < TCP_KINDS; kind++) {
          const at = (direction * states.length + state) * TCP_KINDS + kind;
          bytes[MEMORY.nextStates + at] = nextTcpState(direction, state, kind);
        }
      }
    }
    numbers.set(settings.tcpMs, MEMORY.tcpTimeouts / 8);
    numbers[STATE.udpMs / 8] = settings.udpMs;
    numbers[STATE.udpStreamMs / 8] = settings.udpStreamMs;
    numbers[STATE.tcpMaxRetrans / 8] = settings.tcpMaxRetrans;
    numbers[STATE.tcpMaxRetransMs / 8] = settings.tcpMaxRetransMs;
    numbers[STATE.tcpUnacknowledgedMs / 8] = settings.tcpUnacknowledgedMs;
    numbers[STATE.leastExpiryMs / 8] = Number.POSITIVE_INFINITY;
  }
}

function codeOn({ shared }: PlainMemory): Code {
  if (webAssembly === undefined || shared === undefined) return NO_CODE;
  compiled ??= new webAssembly.Module(bytesOf(PLAIN_CODE));
  const imports = { env: { memory: shared } };
  return new webAssembly.Instance(compiled, imports).exports as unknown as Code;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
}
