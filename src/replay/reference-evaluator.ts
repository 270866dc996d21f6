import type { IpFamily } from '../address/ip-address.ts';
import type { Host } from '../host/host.ts';
import { decodePacket } from '../packet/decode-packet.ts';
import { IP_READ } from '../packet/ip-header.ts';
import { LOCAL, type Packet } from '../packet/packet.ts';
import { isIpChecksumRight, isTransportChecksumRight } from '../packet/verify-checksum.ts';
import { SENT_BY_HOST } from '../simulate/fast/plain-layout.ts';
import type { PacketResult } from '../simulate/packet-result.ts';
import { CapturedPacket } from './captured-packet.ts';
import { type Evaluator, LEAVES, WAITS } from './evaluator.ts';
import { type Datagram, Fragments, fragmentSettings } from './fragments.ts';
import type { Outcomes } from './outcomes.ts';

export interface ReferenceOptions {
  readonly host: Host;
  /** Runs a packet through the host: the simulator, with whatever stands in front of it. */
  readonly run: (packet: Packet) => PacketResult;
  /** Whether a packet with an address of the host as source was translated on its way through. */
  readonly leavesTranslated: (packet: Packet) => boolean;
  readonly outcomes: Outcomes;
  /** Take every checksum for right. */
  readonly ignoreChecksums: boolean;
  /** Whether the host tracks connections of a family: only then are fragments put together (netfilter-facts 1.3). */
  readonly tracks: Readonly<Record<IpFamily, boolean>>;
  /** Whether the host has rules of a family at all. */
  readonly hasRules: Readonly<Record<IpFamily, boolean>>;
}

/** Fragments that waited, and what became of their datagram. */
export interface Settled {
  readonly datagram: Datagram;
  readonly outcome: number;
  /** Undefined where the datagram never became a packet. */
  readonly result: PacketResult | undefined;
}

/** Judges packets by the simulator: every packet, one after the other, with all that a trace would say. */
export class ReferenceEvaluator implements Evaluator {
  /** What the last packet came to; undefined where it met no rule: dropped before any, or not known. */
  result: PacketResult | undefined;
  /** What the last fragment waits for. */
  waitsFor: Datagram | undefined;
  /** What has been settled since it was last emptied. */
  readonly settled: Settled[] = [];
  readonly #options: ReferenceOptions;
  readonly #names: readonly string[];
  readonly #checksChecksums: boolean;
  readonly #whole: CapturedPacket = new CapturedPacket();
  readonly #fragments: Fragments;

  constructor(options: ReferenceOptions) {
    const { sysctls, interfaces } = options.host;
    this.#options = options;
    this.#names = interfaces.map(({ name }) => name);
    this.#checksChecksums = !options.ignoreChecksums && checksChecksums(options.host);
    this.#fragments = new Fragments(fragmentSettings(sysctls));
  }

  take(packet: CapturedPacket): number {
    this.result = undefined;
    const { header } = packet;
    switch (packet.headerRead) {
      case IP_READ.refused:
        return this.#dropped(header.reason);
      case IP_READ.unknown:
        return this.#unknown(header.reason);
      case IP_READ.fragment:
        return this.isWrongHeader(packet) ? this.#wrongHeader() : this.#takeFragment(packet);
      default:
        return this.isWrongHeader(packet) ? this.#wrongHeader() : this.#judge(packet);
    }
  }

  /** Whether the kernel drops the packet, whose header was read, for the checksum of that. HOT */
  isWrongHeader({ bytes, start, end, header, interfaceNumber }: CapturedPacket): boolean {
    if (interfaceNumber === SENT_BY_HOST || header.family === 6) return false;
    if (this.#options.ignoreChecksums || end < header.transport) return false;
    return !isIpChecksumRight(bytes, start);
  }

  /** The captures are over: what waits stays undetermined, for nobody knows what came after. */
  finish(): void {
    for (const datagram of this.#fragments.expired(Number.POSITIVE_INFINITY)) {
      const outcome = this.#unknown('the captures end before all fragments of the datagram');
      this.settled.push({ datagram, outcome, result: undefined });
    }
  }

  #wrongHeader(): number {
    return this.#dropped('wrong IPv4 header checksum');
  }

  #judge(packet: CapturedPacket): number {
    const { bytes, header, end, interfaceNumber, sourceMac, timeSeconds } = packet;
    const isSent = interfaceNumber === SENT_BY_HOST;
    const decoded = decodePacket(bytes, header, end, {
      in: isSent ? LOCAL : (this.#names[interfaceNumber] as string),
      mac: sourceMac < 0 ? undefined : macText(bytes, sourceMac),
      timeSeconds,
      isChecksumWrong:
        !isSent && this.#checksChecksums && !isTransportChecksumRight(bytes, header, end),
    });
    if (decoded.kind === 'unknown') return this.#unknown(decoded.reason);
    if (isSent && this.#options.leavesTranslated(decoded.packet)) return LEAVES;
    const result = this.#options.run(decoded.packet);
    this.result = result;
    if (decoded.packet.wire?.isCutShort === true && result.verdict !== 'drop') {
      const { unsound } = decoded.packet.wire;
      return this.#unknown(`${unsound ?? 'it is cut short'}: rules that look there drop it`);
    }
    return this.#options.outcomes.ofResult(result);
  }

  #takeFragment(packet: CapturedPacket): number {
    const { tracks, hasRules } = this.#options;
    const { family } = packet.header;
    if (!tracks[family]) {
      return hasRules[family]
        ? this.#unknown('a fragment that no connection tracking puts together')
        : this.#judge(packet);
    }
    for (const datagram of this.#fragments.expired(packet.nowMs)) {
      this.#settle(datagram, this.#dropped('the rest of the datagram did not come in time'));
    }
    const taken = this.#fragments.add(packet);
    switch (taken.kind) {
      case 'waits':
        this.waitsFor = taken.datagram;
        return WAITS;
      case 'dropped':
        return this.#dropped(taken.reason);
      case 'given-up': {
        const outcome = this.#dropped(taken.reason);
        this.#settle(taken.datagram, outcome);
        return outcome;
      }
      case 'whole': {
        const outcome = this.#judgeWhole(packet, taken.bytes, taken.capturedBytes);
        this.#settle(taken.datagram, outcome);
        return outcome;
      }
    }
  }

  #judgeWhole(last: CapturedPacket, bytes: Uint8Array, capturedBytes: number): number {
    const whole = this.#whole;
    whole.bytes = bytes;
    whole.start = 0;
    whole.end = capturedBytes;
    whole.wireEnd = bytes.length;
    whole.interfaceNumber = last.interfaceNumber;
    whole.nowMs = last.nowMs;
    whole.timeSeconds = last.timeSeconds;
    whole.sourceMac = -1;
    whole.readHeader();
    return whole.headerRead === IP_READ.sound
      ? this.#judge(whole)
      : this.#unknown(whole.header.reason);
  }

  #settle(datagram: Datagram, outcome: number): void {
    this.settled.push({ datagram, outcome, result: this.result });
  }

  #dropped(reason: string): number {
    return this.#options.outcomes.intern({
      verdict: 'drop',
      decision: { kind: 'routing', reason: `before any rule: ${reason}` },
      delivered: null,
      state: null,
      because: undefined,
    });
  }

  #unknown(reason: string): number {
    return this.#options.outcomes.intern({
      verdict: 'undetermined',
      decision: { kind: 'unpoliced' },
      delivered: null,
      state: null,
      because: [reason],
    });
  }
}

/** Whether the host's connection tracking looks at checksums of what arrives. */
export function checksChecksums({ sysctls }: Host): boolean {
  return sysctls.get('net.netfilter.nf_conntrack_checksum') !== 0;
}

function macText(bytes: Uint8Array, at: number): string {
  let text = '';
  for (let i = at; i < at + 6; i++) {
    text += `${i === at ? '' : ':'}${bytes[i]!.toString(16).padStart(2, '0')}`;
  }
  return text;
}
