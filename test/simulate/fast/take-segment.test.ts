import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ipv4 } from '../../../src/address/ip-address.ts';
import { IP_PROTOCOL } from '../../../src/address/protocol.ts';
import { decodePacket } from '../../../src/packet/decode-packet.ts';
import { emptyTcpWireFacts } from '../../../src/packet/decode-tcp.ts';
import { put16, put32 } from '../../../src/packet/header-bytes.ts';
import { IpHeader } from '../../../src/packet/ip-header.ts';
import { type Packet, TCP_FLAG } from '../../../src/packet/packet.ts';
import { blankPacket } from '../../../src/selftest/blank-packet.ts';
import { ConnectionEntry } from '../../../src/simulate/conntrack/connection-entry.ts';
import { trackTcp } from '../../../src/simulate/conntrack/tcp.ts';
import { TCP_KIND, TCP_STATE } from '../../../src/simulate/conntrack/tcp-state.ts';
import { type TcpSide, TcpTracking } from '../../../src/simulate/conntrack/tcp-tracking.ts';
import {
  type ConntrackSettings,
  conntrackSettings,
} from '../../../src/simulate/conntrack/timeouts.ts';
import { tupleOf } from '../../../src/simulate/conntrack/tuple.ts';
import { ConnectionColumns } from '../../../src/simulate/fast/connection-columns.ts';
import { HeaderReader } from '../../../src/simulate/fast/header-reader.ts';
import { CHECKED, HAS_OPTIONS, PLAIN } from '../../../src/simulate/fast/plain-layout.ts';
import { PlainMemory } from '../../../src/simulate/fast/plain-memory.ts';
import { PlainProgram } from '../../../src/simulate/fast/plain-program.ts';
import { FIELD, FLAG, STATE_SHIFT } from '../../../src/simulate/fast/record-layout.ts';
import { openTcp } from '../../../src/simulate/fast/tcp-opening.ts';

const RECORD_WORDS = 32;
const NOW_MS = 5_000_000;

type Given<T> = T extends fc.Arbitrary<infer V> ? V : never;

/** Numbers near each other, so that every comparison goes either way, around the place where they begin anew. */
const near = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -70_000, max: 70_000 }));
const windows = fc.constantFrom(0, 1, 2, 500, 64_240, 66_000, 70_000, 1 << 20);

const side = fc.record({
  base: fc.constantFrom(0, 1, -1, 0x7fff_ffff, -0x8000_0000),
  anchored: fc.constantFrom(true, true, true, true, true, false),
  end: near,
  /** With room for more, but for one. */
  maxEnd: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 60_000, max: 200_000 }) }, near),
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
  expectsChallengeAck: fc.constantFrom(false, false, false, true),
});

/** TCP options, whole or not; all of a header's length. */
const options = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        [0],
        [1],
        [2, 4, 5, 180],
        [4, 2],
        [8, 10, 1, 2, 3, 4, 5, 6, 7, 8],
        [3, 2],
        [3],
      ),
      fc.constantFrom(0, 1, 7, 14, 15, 200).map((scale) => [3, 3, scale]),
      fc.constant([5, 10, 0, 0, 0, 1, 0, 0, 0, 9]),
      fc.array(fc.nat(255), { maxLength: 4 }),
    ),
    { maxLength: 4 },
  )
  .map((all) => all.flat().slice(0, 40))
  .map((bytes) => [...bytes, ...new Array<number>((4 - (bytes.length % 4)) % 4).fill(1)]);

const mostlyFitting = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, near);

const segment = fc.record({
  isReply: fc.boolean(),
  /** Whether the last one was the same. */
  repeats: fc.boolean(),
  sequence: mostlyFitting,
  acknowledgement: mostlyFitting,
  window: fc.constantFrom(0, 1, 500, 64_240),
  payloadBytes: fc.constantFrom(0, 0, 1, 1000),
  options: fc.oneof(fc.constant([]), options),
  /** ACK with what goes with it, FIN, SYN-ACK, and what is left to connection tracking. */
  flags: fc.constantFrom(
    0x10,
    0x32,
    0x18,
    0x30,
    0x50,
    0x90,
    0x11,
    0x11,
    0x19,
    0x31,
    0x12,
    0x12,
    0x52,
    0x02,
    0x04,
    0x14,
  ),
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
  const header = 40 + one.options.length;
  const bytes = new Uint8Array(header + one.payloadBytes);
  bytes.set(one.options, 40);
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
  bytes[32] = (header - 20) << 2;
  bytes[33] = one.flags;
  put16(bytes, 34, one.window);
  return bytes;
}

/** The same as the reference evaluator reads it. */
function packetOf(datagram: Uint8Array): Packet {
  const header = new IpHeader();
  header.read(datagram, 0, datagram.length, datagram.length, false);
  const how = { in: 'eth0', mac: undefined, timeSeconds: 0, isChecksumWrong: false };
  const decoded = decodePacket(datagram, header, datagram.length, how);
  if (decoded.kind !== 'packet') throw new Error('not a packet');
  return decoded.packet;
}

function flagsOf(entry: Pick<ConnectionEntry, 'seenReply' | 'assured' | 'state'>): number {
  return (
    (entry.seenReply ? FLAG.seenReply : 0) |
    (entry.assured ? FLAG.assured : 0) |
    (entry.state << STATE_SHIFT)
  );
}

function nameOf(flags: number): 'synAck' | 'fin' | 'ack' {
  if ((flags & TCP_FLAG.S) !== 0) return 'synAck';
  return (flags & TCP_FLAG.F) === 0 ? 'ack' : 'fin';
}

const programs = new Map<string, PlainProgram>();

/** The same one for equal settings. */
function programOf(settings: ConntrackSettings): PlainProgram {
  const key = JSON.stringify(settings);
  const program = programs.get(key) ?? new PlainProgram(new PlainMemory(), settings);
  programs.set(key, program);
  return program;
}

/** Whether the reply side has said nothing yet, as before the SYN-ACK. */
const isSilent = fc.constantFrom(false, false, true);

function silence({ reply }: TcpTracking): void {
  reply.anchored = false;
  reply.base = 0;
  reply.end = 0;
  reply.maxWindow = 0;
  reply.maxAck = 0;
  reply.hasAcknowledged = false;
}

test('what is done to a connection on its words is what connection tracking does', {
  timeout: 60_000,
}, () => {
  const taken = { synAck: 0, fin: 0, ack: 0 };
  const withOptions = { synAck: 0, fin: 0, ack: 0 };
  const moved = new Set<string>();
  let repeated = 0;
  fc.assert(
    fc.property(
      connection,
      segment,
      fc.record({
        liberal: fc.constantFrom(0, 1),
        established: fc.constantFrom(100, 432_000),
        state: fc.constantFrom(...Object.values(TCP_STATE)),
        seenReply: fc.constantFrom(true, true, false),
        assured: fc.boolean(),
        isSilent,
      }),
      (was, one, { liberal, established, assured, ...given }) => {
        const settings = conntrackSettings(
          new Map([
            ['net.netfilter.nf_conntrack_tcp_be_liberal', liberal],
            ['net.netfilter.nf_conntrack_tcp_timeout_established', established],
          ]),
        );
        const before = trackingOf(was);
        if (given.isSilent) silence(before);
        const state = given.isSilent ? TCP_STATE.SYN_SENT : given.state;
        const seenReply = !given.isSilent && given.seenReply;
        const bytes = datagramOf(one, before);
        const program = programOf(settings);
        const record = program.memory.allocate(RECORD_WORDS * 4);
        const words = program.memory.words.subarray(record / 4, record / 4 + RECORD_WORDS);
        words[FIELD.flags] =
          (seenReply ? FLAG.seenReply : 0) | (assured ? FLAG.assured : 0) | (state << STATE_SHIFT);
        before.copyTo(words, FIELD.tcp);
        const untouched = words.slice();
        expect(program.read(0, bytes, CHECKED.none)).toBe(true);
        const packet = program.wordOf(0) * 4;
        const timeoutMs = program.code.takeSegment(packet, record, one.isReply ? 1 : 0);
        if (timeoutMs < 0) {
          expect(words).toEqual(untouched);
          return;
        }
        taken[nameOf(one.flags)]++;
        if (one.options.length > 0) withOptions[nameOf(one.flags)]++;

        const tuple = tupleOf(4, IP_PROTOCOL.tcp, ipv4(1), ipv4(2), 1, 2);
        const entry = new ConnectionEntry(tuple, tuple);
        const tracking = before.copy();
        Object.assign(entry, { confirmed: true, seenReply, assured, tcp: tracking, state });
        expect(trackTcp(entry, packetOf(bytes), one.isReply, NOW_MS, settings)).toBe('accept');
        const expected = untouched.slice();
        tracking.copyTo(expected, FIELD.tcp);
        expected[FIELD.flags] = flagsOf(entry);
        expect(words).toEqual(expected);
        expect(timeoutMs).toBe(entry.expiresAtMs - NOW_MS);
        moved.add(`${state} ${entry.state}`);
        if (tracking.retransmissions > before.retransmissions) repeated++;
      },
    ),
    { numRuns: 30_000 },
  );
  // What is left to connection tracking proves nothing.
  expect(taken.ack).toBeGreaterThan(200);
  expect(taken.fin).toBeGreaterThan(100);
  expect(taken.synAck).toBeGreaterThan(10);
  for (const count of Object.values(withOptions)) expect(count).toBeGreaterThan(0);
  expect(moved.size).toBeGreaterThan(10);
  expect(repeated).toBeGreaterThan(0);
});

test('a connection that begins with a SYN begins as connection tracking has it', () => {
  let begun = 0;
  fc.assert(
    fc.property(
      fc.record({
        flags: fc.constantFrom(0x02, 0x02, 0x02, 0x22, 0x42, 0xc2, 0x0a, 0x03, 0x12, 0x10, 0x14),
        sequence: fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff),
        window: fc.constantFrom(0, 1, 64_240, 65_535),
        windowScale: fc.constantFrom(-1, 0, 7, 14),
        sackPermitted: fc.boolean(),
        payloadBytes: fc.constantFrom(0, 0, 7),
      }),
      fc.constantFrom('0', '3'),
      fc.constantFrom('10', '300'),
      ({ flags, sequence, ...tcp }, retransmissions, seconds) => {
        const settings = conntrackSettings(
          new Map([
            ['net.netfilter.nf_conntrack_tcp_max_retrans', Number(retransmissions)],
            ['net.netfilter.nf_conntrack_tcp_timeout_max_retrans', Number(seconds)],
          ]),
        );
        const packet = {
          ...blankPacket('eth0', IP_PROTOCOL.tcp, ipv4(1), ipv4(2)),
          tcpFlags: flags,
          tcpSequence: sequence,
          tcpAcknowledgement: 5,
          wire: {
            unsound: undefined,
            isCutShort: false,
            tcp: { ...emptyTcpWireFacts(), ...tcp },
          },
        };
        const words = new Int32Array(RECORD_WORDS).fill(7);
        const timeoutMs = openTcp(packet, words, FIELD.tcp, settings);
        if (timeoutMs < 0) {
          expect(words).toEqual(new Int32Array(RECORD_WORDS).fill(7));
          return;
        }
        begun++;
        const tuple = tupleOf(4, IP_PROTOCOL.tcp, ipv4(1), ipv4(2), 1, 2);
        const entry = new ConnectionEntry(tuple, tuple);
        expect(trackTcp(entry, packet, false, NOW_MS, settings)).toBe('accept');
        const expected = new Int32Array(RECORD_WORDS).fill(7);
        entry.tcp?.copyTo(expected, FIELD.tcp);
        expect(words).toEqual(expected);
        expect(entry.state).toBe(TCP_STATE.SYN_SENT);
        expect(timeoutMs).toBe(entry.timeoutMs);
      },
    ),
    { numRuns: 2000 },
  );
  expect(begun).toBeGreaterThan(200);
});

test('compiled code begins a connection with a SYN and its options as connection tracking has it', () => {
  const settings = conntrackSettings(new Map());
  const program = programOf(settings);
  const columns = new ConnectionColumns(program.memory);
  let offered = 0;
  fc.assert(
    fc.property(segment, (one) => {
      const bytes = datagramOf({ ...one, flags: TCP_FLAG.S, repeats: false }, new TcpTracking());
      expect(program.read(0, bytes, CHECKED.none)).toBe(true);
      const flags = program.memory.words[program.wordOf(0) + PLAIN.flags]!;
      // Selective acknowledgements are left to connection tracking.
      if ((flags & HAS_OPTIONS) !== 0) return;
      const record = columns.make();
      program.code.openConnection(0, record);
      const { words, at } = columns.records;
      const made = words.slice(at, at + RECORD_WORDS);
      const expected = made.slice();
      expect(openTcp(packetOf(bytes), expected, FIELD.tcp, settings)).toBeGreaterThan(0);
      expect(made).toEqual(expected);
      const read = new HeaderReader();
      read.readPlain(program.memory.words, program.wordOf(0));
      const { tcp } = packetOf(bytes).wire ?? {};
      expect(read.packet.wire?.tcp).toEqual(tcp);
      if (tcp?.sackPermitted === true || (tcp?.windowScale ?? 0) > 0) offered++;
      columns.remove(record);
    }),
    { numRuns: 3000 },
  );
  expect(offered).toBeGreaterThan(100);
});
