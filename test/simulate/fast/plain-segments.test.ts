import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ipv4 } from '../../../src/address/ip-address.ts';
import { IP_PROTOCOL } from '../../../src/address/protocol.ts';
import { decodePacket } from '../../../src/packet/decode-packet.ts';
import { put16, put32 } from '../../../src/packet/header-bytes.ts';
import { IpHeader } from '../../../src/packet/ip-header.ts';
import { CHECKED, PlainPackets } from '../../../src/packet/plain-packets.ts';
import { ConnectionEntry } from '../../../src/simulate/conntrack/connection-entry.ts';
import { trackTcp } from '../../../src/simulate/conntrack/tcp.ts';
import { TCP_KIND, TCP_STATE } from '../../../src/simulate/conntrack/tcp-state.ts';
import { type TcpSide, TcpTracking } from '../../../src/simulate/conntrack/tcp-tracking.ts';
import { conntrackSettings } from '../../../src/simulate/conntrack/timeouts.ts';
import { tupleOf } from '../../../src/simulate/conntrack/tuple.ts';
import { FIELD } from '../../../src/simulate/fast/connection-records.ts';
import { PlainSegments } from '../../../src/simulate/fast/plain-segments.ts';
import { loadTcp, storeTcp } from '../../../src/simulate/fast/stored-tcp.ts';

const RECORD_WORDS = 48;
const NOW_MS = 5_000_000;

type Given<T> = T extends fc.Arbitrary<infer V> ? V : never;

/** Numbers near each other, so that every comparison goes either way, around the place where they begin anew. */
const near = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -70_000, max: 70_000 }));
const windows = fc.constantFrom(0, 1, 2, 500, 64_240, 66_000, 70_000, 1 << 20);

const side = fc.record({
  base: fc.constantFrom(0, 1, -1, 0x7fff_ffff, -0x8000_0000),
  anchored: fc.constantFrom(true, true, true, false),
  end: near,
  maxEnd: near,
  maxWindow: windows,
  maxAck: near,
  hasAcknowledged: fc.boolean(),
  unacknowledged: fc.boolean(),
  liberal: fc.boolean(),
  scale: fc.constantFrom(0, 0, 1, 7, 14),
  hasScale: fc.boolean(),
  sackPermitted: fc.boolean(),
  startedClosing: fc.boolean(),
});

const connection = fc.record({
  original: side,
  reply: side,
  lastKind: fc.constantFrom(...Object.values(TCP_KIND)),
  lastIsReply: fc.boolean(),
  lastSequence: near,
  lastAcknowledgement: near,
  lastEnd: near,
  hasLastEnd: fc.boolean(),
  lastWindow: fc.constantFrom(0, 1, 500, 64_240),
  retransmissions: fc.constantFrom(0, 0, 1, 2, 3, 4),
  simultaneousOpen: fc.boolean(),
  areNumbersUnknown: fc.constantFrom(false, false, false, true),
  expectsChallengeAck: fc.boolean(),
});

const segment = fc.record({
  isReply: fc.boolean(),
  /** Whether the last one was the same. */
  repeats: fc.boolean(),
  sequence: near,
  acknowledgement: near,
  window: fc.constantFrom(0, 1, 500, 64_240),
  payloadBytes: fc.constantFrom(0, 0, 1, 1000),
  flags: fc.constantFrom(0x10, 0x18, 0x30, 0x50, 0x90),
});

function trackingOf({ original, reply, ...rest }: Given<typeof connection>): TcpTracking {
  const tracking = Object.assign(new TcpTracking(), rest);
  Object.assign<TcpSide, object>(tracking.original, original);
  Object.assign<TcpSide, object>(tracking.reply, reply);
  return tracking;
}

/** The segment's datagram, with numbers around those of the connection, which may have seen it before. */
function datagramOf(one: Given<typeof segment>, tracking: TcpTracking): Uint8Array {
  const sender = one.isReply ? tracking.reply : tracking.original;
  const receiver = one.isReply ? tracking.original : tracking.reply;
  const sequence = (sender.end + one.sequence) | 0;
  const acknowledgement = (receiver.end + one.acknowledgement) | 0;
  if (one.repeats) {
    tracking.lastIsReply = one.isReply;
    tracking.lastSequence = sequence;
    tracking.lastAcknowledgement = acknowledgement;
    tracking.lastEnd = (sequence + one.payloadBytes) | 0;
    tracking.lastWindow = one.window;
  }
  const bytes = new Uint8Array(40 + one.payloadBytes);
  bytes[0] = 0x45;
  put16(bytes, 2, bytes.length);
  bytes[8] = 64;
  bytes[9] = IP_PROTOCOL.tcp;
  put32(bytes, 12, 0xc0000201);
  put32(bytes, 16, 0xc6336401);
  put16(bytes, 20, 40_000);
  put16(bytes, 22, 443);
  put32(bytes, 24, sender.base + sequence);
  put32(bytes, 28, receiver.base + acknowledgement);
  bytes[32] = 0x50;
  bytes[33] = one.flags;
  put16(bytes, 34, one.window);
  return bytes;
}

test('what is done to an established connection on its words is what connection tracking does', {
  timeout: 60_000,
}, () => {
  let taken = 0;
  let repeated = 0;
  fc.assert(
    fc.property(
      connection,
      segment,
      fc.constantFrom(0, 1),
      fc.constantFrom(100, 432_000),
      (was, one, liberal, established) => {
        const settings = conntrackSettings(
          new Map([
            ['net.netfilter.nf_conntrack_tcp_be_liberal', liberal],
            ['net.netfilter.nf_conntrack_tcp_timeout_established', established],
          ]),
        );
        const before = trackingOf(was);
        const bytes = datagramOf(one, before);
        const words = new Int32Array(RECORD_WORDS);
        words[FIELD.state] = TCP_STATE.ESTABLISHED;
        storeTcp(words, FIELD.tcp, before);
        const untouched = words.slice();
        const packets = new PlainPackets();
        expect(packets.read(0, bytes, 0, bytes.length, CHECKED.none)).toBe(true);
        const timeoutMs = new PlainSegments(settings).take(packets.words, 0, words, 0, one.isReply);
        if (timeoutMs < 0) {
          expect(words).toEqual(untouched);
          return;
        }
        taken++;

        const header = new IpHeader();
        header.read(bytes, 0, bytes.length, bytes.length, false);
        const how = { in: 'eth0', mac: undefined, timeSeconds: 0, isChecksumWrong: false };
        const decoded = decodePacket(bytes, header, bytes.length, how);
        if (decoded.kind !== 'packet') throw new Error('not a packet');
        const tuple = tupleOf(4, IP_PROTOCOL.tcp, ipv4(1), ipv4(2), 1, 2);
        const entry = new ConnectionEntry(tuple, tuple);
        const tracking = new TcpTracking();
        loadTcp(untouched, FIELD.tcp, tracking);
        Object.assign(entry, { confirmed: true, seenReply: true, tcp: tracking });
        entry.state = TCP_STATE.ESTABLISHED;
        expect(trackTcp(entry, decoded.packet, one.isReply, NOW_MS, settings)).toBe('accept');
        const expected = untouched.slice();
        storeTcp(expected, FIELD.tcp, tracking);
        expect(words).toEqual(expected);
        expect(entry.state).toBe(TCP_STATE.ESTABLISHED);
        expect(entry.assured).toBe(true);
        expect(timeoutMs).toBe(entry.expiresAtMs - NOW_MS);
        if (tracking.retransmissions > before.retransmissions) repeated++;
      },
    ),
    { numRuns: 5000 },
  );
  // What is left to connection tracking proves nothing.
  expect(taken).toBeGreaterThan(200);
  expect(repeated).toBeGreaterThan(0);
});
