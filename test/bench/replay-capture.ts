import { closeSync, openSync, writeSync } from 'node:fs';
import { encodePacket, NO_NUMBERS } from '../../src/packet/encode-packet.ts';
import { type Packet, TCP_FLAG } from '../../src/packet/packet.ts';
import { parsePacketLine } from '../../src/packet/packet-text.ts';
import { makeRandom, type Random } from './random.ts';

/** One flow of a capture: its first packet, how many packets it has, and whether policy lets it through. */
export interface CapturedFlow {
  readonly line: string;
  readonly packets: number;
  readonly allowed: boolean;
}

const CLIENT = [2, 0, 0, 0, 0, 1];
const HOST_TO_CLIENTS = [2, 0, 0, 0, 0, 2];
const HOST_TO_SERVERS = [2, 0, 0, 0, 0, 3];
const SERVER = [2, 0, 0, 0, 0, 4];
const LARGEST_PAYLOAD = 32;
const { A, F, P, S } = TCP_FLAG;

/** A flow while its packets are written. */
class OpenFlow {
  readonly flow: CapturedFlow;
  readonly #first: Packet;
  readonly #numbers: [number, number];
  #sent = 0;

  constructor(flow: CapturedFlow, random: Random) {
    const parsed = parsePacketLine(flow.line);
    if (parsed.kind !== 'packet') throw new Error(`no packet: ${flow.line}`);
    this.flow = flow;
    this.#first = parsed.packet;
    this.#numbers = [random.below(2 ** 32), random.below(2 ** 32)];
  }

  get isOver(): boolean {
    return this.#sent === this.flow.packets;
  }

  /** The next packet as a frame; the client's come in by eth0, the server's by eth1. */
  next(random: Random): Uint8Array {
    const place = this.#sent++;
    const isTcp = this.#first.protocol === 6;
    const { flags, isReply, hasData } = isTcp
      ? tcpStep(place, this.flow)
      : { flags: 0, isReply: this.flow.allowed && place % 2 === 1, hasData: true };
    const payload = hasData ? 1 + random.below(LARGEST_PAYLOAD) : 0;
    const { source, destination, sourcePort, destinationPort } = this.#first;
    const turned = isReply
      ? {
          source: destination,
          destination: source,
          sourcePort: destinationPort,
          destinationPort: sourcePort,
        }
      : {};
    const length = (isTcp ? 40 : 28) + payload;
    const side = isReply ? 1 : 0;
    const acknowledgement = (flags & A) === 0 ? 0 : this.#numbers[1 - side]!;
    const tcp = { sequence: this.#numbers[side]!, acknowledgement, window: 65_535 };
    const step = payload + ((flags & (S | F)) === 0 ? 0 : 1);
    if (isTcp && this.flow.allowed) this.#numbers[side] = (tcp.sequence + step) >>> 0;
    const packet = { ...this.#first, ...turned, length, tcpFlags: flags };
    return frame(encodePacket(packet, { ...NO_NUMBERS, tcp }), isReply);
  }
}

/** What stands where in a TCP connection: a denied one is nothing but the client's SYN, again and again. */
function tcpStep(
  place: number,
  { packets, allowed }: CapturedFlow,
): { readonly flags: number; readonly isReply: boolean; readonly hasData: boolean } {
  const step = (flags: number, isReply: boolean, hasData = false) => ({ flags, isReply, hasData });
  if (!allowed || place === 0) return step(S, false);
  if (place === 1) return step(S | A, true);
  if (place === 2) return step(A, false);
  const left = packets - place;
  if (packets >= 6 && left === 3) return step(F | A, false);
  if (packets >= 6 && left === 2) return step(F | A, true);
  if (packets >= 6 && left === 1) return step(A, false);
  return step(P | A, place % 2 === 0, true);
}

function frame(datagram: Uint8Array, isReply: boolean): Uint8Array {
  const bytes = new Uint8Array(14 + datagram.length);
  bytes.set(isReply ? HOST_TO_SERVERS : HOST_TO_CLIENTS, 0);
  bytes.set(isReply ? SERVER : CLIENT, 6);
  bytes[12] = 8;
  bytes.set(datagram, 14);
  return bytes;
}

/** Writes a classic capture of the flows, a tenth of them under way at a time. */
export function writeCapture(file: string, flows: readonly CapturedFlow[]): void {
  const random = makeRandom(3);
  const out = openSync(file, 'w');
  const buffer = Buffer.alloc(2 ** 20);
  buffer.writeUInt32LE(0xa1b2c3d4, 0);
  buffer.writeUInt16LE(2, 4);
  buffer.writeUInt16LE(4, 6);
  buffer.writeUInt32LE(65_535, 16);
  buffer.writeUInt32LE(1, 20);
  let used = 24;
  let microseconds = 0;
  const open: OpenFlow[] = [];
  let begun = 0;
  const most = Math.max(1, Math.floor(flows.length / 10));
  const begin = (): void => {
    open.push(new OpenFlow(flows[begun++]!, random));
  };
  while (open.length < most && begun < flows.length) begin();
  while (open.length > 0) {
    const place = random.below(open.length);
    const flow = open[place]!;
    const bytes = flow.next(random);
    if (used + 16 + bytes.length > buffer.length) {
      writeSync(out, buffer, 0, used);
      used = 0;
    }
    microseconds += 1 + random.below(19);
    buffer.writeUInt32LE(1_700_000_000 + Math.floor(microseconds / 1e6), used);
    buffer.writeUInt32LE(microseconds % 1e6, used + 4);
    buffer.writeUInt32LE(bytes.length, used + 8);
    buffer.writeUInt32LE(bytes.length, used + 12);
    buffer.set(bytes, used + 16);
    used += 16 + bytes.length;
    if (!flow.isOver) continue;
    open[place] = open.at(-1)!;
    open.pop();
    if (begun < flows.length) begin();
  }
  writeSync(out, buffer, 0, used);
  closeSync(out);
}
