import { decodePacket } from '../../src/packet/decode-packet.ts';
import { encodePacket, NO_NUMBERS } from '../../src/packet/encode-packet.ts';
import { IP_READ, IpHeader } from '../../src/packet/ip-header.ts';
import { LOCAL, type Packet } from '../../src/packet/packet.ts';
import {
  FastEvaluator,
  type FastEvaluatorOptions,
  REFERENCE,
  SETTLED,
} from '../../src/simulate/fast/fast-evaluator.ts';
import {
  CHECKED,
  EVENT,
  MEMORY,
  MOST_PLAIN,
  PLAIN,
  STATE,
} from '../../src/simulate/fast/plain-layout.ts';
import type { PacketResult } from '../../src/simulate/packet-result.ts';
import { Simulator, type SimulatorOptions } from '../../src/simulate/simulator.ts';

/** What an evaluator says of a packet, as far as both say it. */
export interface Said {
  readonly verdict: string;
  readonly delivered: string | null;
  readonly state: string | null;
  readonly decision: unknown;
  readonly because: readonly string[] | undefined;
}

/** What the simulator alone says, and what the fast evaluator does. */
export interface Pair {
  readonly alone: Said;
  readonly together: Said;
}

/** A packet's bytes as they arrive. */
export interface Arriving {
  readonly bytes: Uint8Array;
  /** An interface of the host, or `local`. */
  readonly in: string;
  readonly timeSeconds: number;
  /** How many of the bytes a capture holds; all where left out. */
  readonly captured?: number;
}

/** The same packets through the simulator alone, and through the fast evaluator with a simulator beside it. */
export class BothEvaluators {
  /** Packets that the fast evaluator judged itself, and all. */
  fastPackets = 0;
  packets = 0;
  /** Those of the former that it judged as plain packets. */
  plainPackets = 0;
  readonly fast: FastEvaluator;
  #counted = 0;
  readonly #alone: Simulator;
  readonly #names: readonly string[];

  constructor(
    options: SimulatorOptions,
    fast: FastEvaluatorOptions = { checksums: false, assumesEstablished: false },
  ) {
    this.#alone = new Simulator(options);
    this.fast = new FastEvaluator(new Simulator(options), fast);
    this.#names = options.host.interfaces.map(({ name }) => name);
  }

  /** Begins again with the connections that there were at first. */
  reset(): void {
    this.#alone.reset();
    this.fast.reset();
  }

  /**
   * What both say of packets in the form of the outside contract, one after the other. Those that bear what no bytes do, such as a mark, are the
   * simulator's in both cases.
   */
  runPackets(packets: readonly Packet[]): readonly Pair[] {
    let seconds = 0;
    return packets.map((packet) => {
      seconds = packet.timeSeconds ?? seconds;
      const timed = { ...packet, timeSeconds: seconds };
      const sent = bytesOf(timed);
      const ran = sent === undefined ? undefined : this.run(sent);
      if (ran !== undefined) return ran;
      this.packets++;
      return { alone: said(this.#alone.run(timed)), together: said(this.fast.runReference(timed)) };
    });
  }

  /** What both say; undefined for bytes that are no whole datagram. */
  run(arriving: Arriving): (Pair & { readonly result: PacketResult }) | undefined {
    const { bytes, timeSeconds } = arriving;
    const end = Math.min(arriving.captured ?? bytes.length, bytes.length);
    const header = new IpHeader();
    const isSent = arriving.in === LOCAL;
    if (header.read(bytes, 0, end, bytes.length, isSent) !== IP_READ.sound) return undefined;
    const decoded = decodePacket(bytes, header, end, {
      in: arriving.in,
      mac: undefined,
      timeSeconds,
      isChecksumWrong: false,
    });
    if (decoded.kind !== 'packet') return undefined;
    const result = this.#alone.run(decoded.packet);
    const number = isSent ? -1 : this.#names.indexOf(arriving.in);
    const outcome = this.#take(arriving, header, end, number);
    this.packets++;
    if (outcome === REFERENCE) {
      const together = this.fast.runReference(decoded.packet);
      return { alone: said(result), together: said(together), result };
    }
    this.fastPackets++;
    const { verdict, delivered, state, decision, because } = this.fast.outcomes[outcome]!;
    const together = { verdict, delivered, state, decision, because };
    return { alone: said(result), together, result };
  }

  /** As a replay does: a plain packet from its fields alone, where that is enough. */
  #take({ bytes, timeSeconds }: Arriving, header: IpHeader, end: number, number: number): number {
    const nowMs = timeSeconds * 1000;
    // Any place is as good as another.
    const place = this.packets % MOST_PLAIN;
    const { plain } = this.fast;
    if (plain.read(place, bytes.subarray(0, end), CHECKED.none)) {
      plain.memory.words[plain.wordOf(place) + PLAIN.interfaceNumber] = number;
      plain.memory.numbers[MEMORY.times / 8 + place] = timeSeconds;
      plain.code.fetchFlows(MOST_PLAIN);
      const outcome = this.#takePlain(place, number, nowMs);
      if (outcome !== REFERENCE) {
        this.plainPackets++;
        return outcome;
      }
    }
    return this.fast.take(bytes, header, end, number, nowMs);
  }

  #takePlain(place: number, number: number, nowMs: number): number {
    const { plain, outcomes } = this.fast;
    // Of outcomes that stop packets each is told.
    for (; this.#counted < outcomes.length; this.#counted++) {
      plain.count(this.#counted, {
        flowClass: this.#counted + 1,
        verdictClass: 0,
        isStopped: true,
        opens: outcomes[this.#counted]!.verdict === 'accept',
      });
    }
    this.fast.prepare();
    if (plain.code.judgePackets(place, place + 1) > place) {
      const { words } = plain.memory;
      if (words[STATE.isTold / 4] !== 1) throw new Error('a packet was not told');
      return words[MEMORY.event / 4 + EVENT.outcome]!;
    }
    const outcome = this.fast.takePlain(place, number, nowMs);
    return outcome === SETTLED ? this.#takePlain(place, number, nowMs) : outcome;
  }
}

/** The packet as a datagram; undefined where it is more than its bytes, or less. */
function bytesOf(packet: Packet): (Arriving & { readonly timeSeconds: number }) | undefined {
  const { mark, uid, gid, state, mac, timeSeconds = 0 } = packet;
  if (mark !== 0 || (uid ?? gid ?? state ?? mac) !== undefined) return undefined;
  // No packet can quote one of the other family.
  if (packet.in === undefined || (packet.quoted?.family ?? packet.family) !== packet.family) {
    return undefined;
  }
  const { tcpSequence: sequence = 1, tcpAcknowledgement: acknowledgement = 0 } = packet;
  const tcp = { sequence, acknowledgement, window: 64_240 };
  return { bytes: encodePacket(packet, { ...NO_NUMBERS, tcp }), in: packet.in, timeSeconds };
}

function said({ verdict, delivered, state, decision, because }: PacketResult): Said {
  return { verdict, delivered, state, decision, because };
}
