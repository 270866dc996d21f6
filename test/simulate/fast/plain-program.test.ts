import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodePacket } from '../../../src/packet/decode-packet.ts';
import { encodePacket, NO_NUMBERS } from '../../../src/packet/encode-packet.ts';
import { IP_READ, IpHeader } from '../../../src/packet/ip-header.ts';
import {
  isIpChecksumRight,
  isTransportChecksumRight,
} from '../../../src/packet/verify-checksum.ts';
import { conntrackSettings } from '../../../src/simulate/conntrack/timeouts.ts';
import { ConnectionColumns } from '../../../src/simulate/fast/connection-columns.ts';
import {
  CHECKED,
  EVENT,
  HAS_OPTIONS,
  MEMORY,
  PLAIN,
  STATE,
} from '../../../src/simulate/fast/plain-layout.ts';
import { PlainMemory } from '../../../src/simulate/fast/plain-memory.ts';
import { PlainProgram } from '../../../src/simulate/fast/plain-program.ts';
import { FIELD } from '../../../src/simulate/fast/record-layout.ts';
import { packet } from '../../support/packets.ts';

const BOTH = CHECKED.header | CHECKED.transport;
const PLACE = 3;

const program = new PlainProgram(new PlainMemory(), conntrackSettings(new Map()));

function fieldOf(place: number, name: keyof typeof PLAIN): number {
  return program.memory.words[program.wordOf(place) + PLAIN[name]]!;
}

/** A datagram behind some bytes of a frame, and where it begins. */
function datagramOf(line: string, before: number, payload: number): Uint8Array {
  const one = packet(line);
  const length = (one.protocol === 6 ? 40 : 28) + payload;
  const tcp = { sequence: 0xfffffff0, acknowledgement: 7, window: 500 };
  const datagram = encodePacket({ ...one, length }, { ...NO_NUMBERS, tcp });
  const bytes = new Uint8Array(before + datagram.length + 2);
  bytes.set(datagram, before);
  return bytes;
}

const LINES = [
  'tcp 203.0.113.7:40000 -> 192.0.2.10:443 flags=A in=eth0',
  'tcp 203.0.113.7:40000 -> 192.0.2.10:443 flags=S in=eth0',
  'udp 203.0.113.7:40000 -> 192.0.2.10:53 in=eth0',
];

test('what is plain is sound, and says what its headers say', () => {
  let plain = 0;
  let spoiltPlain = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...LINES),
      fc.nat(20),
      fc.nat(30),
      fc.option(fc.record({ byte: fc.nat(70), bit: fc.nat(7) })),
      fc.constantFrom(CHECKED.none, BOTH),
      (line, before, payload, spoil, checked) => {
        const bytes = datagramOf(line, before, payload);
        const end = bytes.length - 2;
        if (spoil !== null) bytes[before + (spoil.byte % (end - before))]! ^= 1 << spoil.bit;
        const isPlain = program.read(PLACE, bytes.subarray(before, end), checked);
        // Every bit of a datagram counts in one of its checksums.
        if (checked === BOTH)
          expect(isPlain && spoil !== null && !isUnsummed(bytes, before)).toBe(false);
        if (spoil === null) expect(isPlain).toBe(true);
        if (!isPlain) return;
        plain++;
        if (spoil !== null) spoiltPlain++;

        const header = new IpHeader();
        expect(header.read(bytes, before, end, end, false)).toBe(IP_READ.sound);
        if (checked === BOTH) {
          expect(isIpChecksumRight(bytes, before)).toBe(true);
          expect(isTransportChecksumRight(bytes, header, end)).toBe(true);
        }
        const how = { in: 'eth0', mac: undefined, timeSeconds: 0, isChecksumWrong: false };
        const decoded = decodePacket(bytes, header, end, how);
        if (decoded.kind !== 'packet') throw new Error('what is plain can be decoded');
        const field = (name: keyof typeof PLAIN): number => fieldOf(PLACE, name);
        const { source, destination, sourcePort, destinationPort, protocol } = decoded.packet;
        expect(field('source') >>> 0).toBe(source.w3);
        expect(field('destination') >>> 0).toBe(destination.w3);
        expect(field('ports') >>> 0).toBe(sourcePort * 65_536 + destinationPort);
        expect(field('kind')).toBe(protocol * 256 + 4);
        if (protocol !== 6) return;
        const { tcpFlags, tcpSequence, tcpAcknowledgement, wire } = decoded.packet;
        expect(field('flags') & ~HAS_OPTIONS).toBe(tcpFlags);
        expect(field('sequence') >>> 0).toBe(tcpSequence);
        expect(field('acknowledgement') >>> 0).toBe(tcpAcknowledgement);
        expect(field('window')).toBe(wire?.tcp?.window);
        expect(field('payloadBytes')).toBe(wire?.tcp?.payloadBytes);
        if ((field('flags') & HAS_OPTIONS) !== 0) return;
        expect(wire?.tcp).toMatchObject({ hasSack: false, sackPermitted: false });
      },
    ),
    { numRuns: 2000 },
  );
  expect(plain).toBeGreaterThan(500);
  expect(spoiltPlain).toBeGreaterThan(50);
});

/** A UDP packet whose checksum is 0 has none. */
function isUnsummed(bytes: Uint8Array, start: number): boolean {
  return bytes[start + 9] === 17 && bytes[start + 26] === 0 && bytes[start + 27] === 0;
}

test('fragments, other protocols, special addresses, a time to live that is used up and cut datagrams are not plain', () => {
  const read = (change: (bytes: Uint8Array) => void, cut = 0): boolean => {
    const bytes = datagramOf(LINES[0]!, 0, 4);
    change(bytes);
    return program.read(0, bytes.subarray(0, bytes.length - 2 - cut), CHECKED.none);
  };
  expect(read(() => undefined)).toBe(true);
  expect(read((bytes) => (bytes[6]! |= 0x20))).toBe(false);
  expect(read((bytes) => (bytes[7] = 1))).toBe(false);
  expect(read((bytes) => (bytes[9] = 132))).toBe(false);
  expect(read((bytes) => (bytes[8] = 1))).toBe(false);
  for (const first of [0, 127, 224, 255]) {
    expect(read((bytes) => (bytes[12] = first))).toBe(false);
    expect(read((bytes) => (bytes[16] = first))).toBe(false);
  }
  expect(read((bytes) => (bytes[0] = 0x46))).toBe(false);
  expect(read(() => undefined, 1)).toBe(false);
});

test('of TCP options only selective acknowledgements are left to others', () => {
  const withOptions = (options: readonly number[]): number => {
    const bytes = datagramOf(LINES[0]!, 0, options.length);
    bytes[32] = (5 + options.length / 4) << 4;
    bytes.set(options, 40);
    expect(program.read(0, bytes.subarray(0, bytes.length - 2), CHECKED.none)).toBe(true);
    return fieldOf(0, 'flags') & HAS_OPTIONS;
  };
  const timestamp = [8, 10, 0, 0, 0, 1, 0, 0, 0, 2];
  expect(withOptions([1, 1, ...timestamp])).toBe(0);
  expect(withOptions([...timestamp, 1, 1])).toBe(0);
  expect(withOptions([1, 1, ...timestamp, 1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2])).toBe(HAS_OPTIONS);
  expect(withOptions([1, 1, 1, 0])).toBe(0);
  expect(withOptions([1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2])).toBe(HAS_OPTIONS);
});

test('compiled code stops behind a packet that must be counted elsewhere', () => {
  const memory = new PlainMemory();
  const program = new PlainProgram(memory, conntrackSettings(new Map()));
  const columns = new ConnectionColumns(memory);
  // Nobody keeps addresses or flows here, so that each stopped packet is told.
  program.count(0, { flowClass: 4, verdictClass: 1, isStopped: true, opens: false });
  const udp = datagramOf('udp 203.0.113.7:40000 -> 192.0.2.10:53 in=eth0', 0, 0);
  for (const place of [0, 1, 2]) {
    expect(program.read(place, udp.subarray(0, udp.length - 2), CHECKED.none)).toBe(true);
    memory.words[program.wordOf(place) + PLAIN.interfaceNumber] = 1;
  }
  const record = columns.make();
  program.code.openConnection(0, record);
  memory.words[columns.records.at + FIELD.arrivals] = 3;
  memory.words[columns.records.at + FIELD.originalAgain] = 1;
  for (const place of [0, 1, 2]) {
    expect(program.code.judgePackets(place, 3)).toBe(place + 1);
    expect(memory.words[STATE.isTold / 4]).toBe(1);
    expect(memory.words[MEMORY.event / 4 + EVENT.place]).toBe(place);
    expect(program.packetsOf(0)).toBe(place + 1);
  }
  expect(program.code.judgePackets(3, 3)).toBe(3);
  expect(memory.words[STATE.isTold / 4]).toBe(0);
});
