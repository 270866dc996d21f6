import { decodeHeaders, HEADERS_BYTES } from '../packet/decode-headers.ts';
import type { ConnectionState, Packet } from '../packet/packet.ts';
import type { Observation, TracedRule } from './kernel-lab.ts';
import type { LogMessage } from './netfilter-log.ts';
import {
  MADE_CODE,
  OBSERVATION_POINTS,
  type ObservationPoint,
  STATE_CODES,
} from './observation-point.ts';
import { ERRNO } from './system-calls.ts';

const POINTS: readonly (ObservationPoint | undefined)[] = byCode(
  OBSERVATION_POINTS.map((point) => [point.code, point]),
);
const STATES: readonly (ConnectionState | undefined)[] = byCode(
  Object.entries(STATE_CODES).map(([state, code]) => [code, state as ConnectionState]),
);
const MADE = MADE_CODE.charCodeAt(0);

function byCode<T>(entries: readonly (readonly [string, T])[]): readonly (T | undefined)[] {
  const table: (T | undefined)[] = new Array(128).fill(undefined);
  for (const [code, value] of entries) table[code.charCodeAt(0)] = value;
  return table;
}

/** Gathers what the kernel reports about one packet at a time, and says what became of it. */
export class PacketObserver {
  readonly #interfaceName: (index: number) => string;
  readonly #headers = new Uint8Array(HEADERS_BYTES);
  #headersBytes = 0;
  #last: ObservationPoint | undefined;
  #state: ConnectionState | undefined;
  #mark = 0;
  #outIndex = 0;
  #hasMade = false;
  #hasLeft = false;

  constructor(interfaceName: (index: number) => string) {
    this.#interfaceName = interfaceName;
  }

  /** Forgets the packet before. */
  begin(): void {
    this.#headersBytes = 0;
    this.#last = undefined;
    this.#state = undefined;
    this.#mark = 0;
    this.#outIndex = 0;
    this.#hasMade = false;
    this.#hasLeft = false;
  }

  /** Takes one report; those of other prefixes are none of its concern. HOT */
  take(message: LogMessage): void {
    if (message.code === MADE) {
      this.#hasMade = true;
      return;
    }
    // The host hears the broadcasts that it sends: copies of what has left.
    if (this.#hasLeft) return;
    const state = STATES[message.code];
    if (state !== undefined) this.#state = state;
    const point = POINTS[message.code];
    if (point !== undefined) {
      this.#last = point;
      this.#outIndex = message.outIndex;
      this.#hasLeft = point.code === 's' && this.#interfaceName(message.outIndex) !== LOOPBACK;
    }
    if (point === undefined && state === undefined) return;
    this.#mark = message.mark;
    const end = Math.min(message.payloadEnd, message.payloadStart + HEADERS_BYTES);
    this.#headers.set(message.bytes.subarray(message.payloadStart, end));
    this.#headersBytes = end - message.payloadStart;
  }

  /** Whether the packet has left the host by one of its interfaces. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** Whether the packet was on its way to the host itself by `lo` and has not come back yet. */
  get isOnLoopback(): boolean {
    return this.#last?.code === 's' && !this.#hasLeft;
  }

  /** What became of the packet. `error` is the number of the error that its sender got, or 0. */
  finish(packet: Packet, error: number, rules: readonly TracedRule[] | undefined): Observation {
    const decoded =
      this.#headersBytes === 0
        ? undefined
        : decodeHeaders(this.#headers.subarray(0, this.#headersBytes));
    const { source, destination, sourcePort, destinationPort } = decoded ?? packet;
    const delivered = this.#delivered();
    return {
      verdict: delivered === null ? this.#failed(error) : 'accept',
      delivered,
      final: { source, destination, sourcePort, destinationPort },
      state: this.#state,
      mark: this.#last === undefined ? packet.mark : this.#mark,
      lastPoint: this.#last === undefined ? 'arrival' : `${this.#last.hook} (${this.#last.edge})`,
      rules,
      lost: false,
    };
  }

  #delivered(): string | null {
    if (this.#last?.code === 'i') return 'local';
    return this.#hasLeft ? this.#interfaceName(this.#outIndex) : null;
  }

  /** Every error but the one that a drop in OUTPUT makes is the sender's answer: there was no route. */
  #failed(error: number): 'drop' | 'reject' {
    return this.#hasMade || (error !== 0 && error !== ERRNO.EPERM) ? 'reject' : 'drop';
  }
}

const LOOPBACK = 'lo';
