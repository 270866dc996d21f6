import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IP_PROTOCOL } from '../../src/address/protocol.ts';
import { type Arrival, decodePacket } from '../../src/packet/decode-packet.ts';
import { IP_READ, IpHeader } from '../../src/packet/ip-header.ts';
import type { Packet } from '../../src/packet/packet.ts';
import { hasIcmpId } from '../../src/packet/packet-defaults.ts';
import { isIpChecksumRight, isTransportChecksumRight } from '../../src/packet/verify-checksum.ts';
import { ipPacket } from '../support/frames.ts';
import { packet } from '../support/packets.ts';

const ARRIVAL: Arrival = { in: 'eth0', mac: undefined, timeSeconds: 0, isChecksumWrong: false };

function headerOf(bytes: Uint8Array, end = bytes.length): IpHeader {
  const header = new IpHeader();
  expect(header.read(bytes, 0, end, bytes.length, false)).toBe(IP_READ.sound);
  return header;
}

function decode(bytes: Uint8Array, end = bytes.length): Packet {
  const decoded = decodePacket(bytes, headerOf(bytes, end), end, ARRIVAL);
  if (decoded.kind === 'unknown') throw new Error(decoded.reason);
  return decoded.packet;
}

const LINES = [
  'tcp 203.0.113.7:40000 -> 192.0.2.10:80 in=eth0 flags=SA seq=17 ack=4000000000 ttl=3 tos=8',
  'udp 203.0.113.7:53 -> 192.0.2.10:4000 in=eth0 length=133',
  'icmp 203.0.113.7 -> 192.0.2.10 in=eth0 type=8 id=77',
  'icmp 203.0.113.7 -> 192.0.2.10 in=eth0 type=3 code=4',
  'sctp 203.0.113.7:1 -> 192.0.2.10:2 in=eth0 chunk=COOKIE_ACK',
  '47 203.0.113.7 -> 192.0.2.10 in=eth0',
  'tcp [2001:db8::7]:40000 -> [2001:db8::10]:22 in=eth0 flags=FA seq=1 ack=2',
  'icmpv6 2001:db8::7 -> 2001:db8::10 in=eth0 type=129 id=9',
  'udplite [2001:db8::7]:1 -> [2001:db8::10]:2 in=eth0',
];

test.each(LINES)('%s is read back from its bytes', (line) => {
  const { length, wire, timeSeconds, ...got } = decode(ipPacket(line));
  const { length: _, timeSeconds: __, ...wanted } = packet(line);
  const numbers =
    wanted.protocol === IP_PROTOCOL.tcp
      ? {}
      : { tcpSequence: undefined, tcpAcknowledgement: undefined };
  const icmpId = hasIcmpId(wanted.family, wanted.icmpType) ? wanted.icmpId : 0;
  expect({ ...got }).toEqual({ ...wanted, ...numbers, icmpId });
  expect(length).toBe(ipPacket(line).length);
  expect(wire?.unsound).toBeUndefined();
  expect(wire?.isCutShort).toBe(false);
});

test('an ICMP error tells the flow that it quotes, also with four bytes of it', () => {
  const error = ipPacket('icmp 203.0.113.1 -> 192.0.2.10 in=eth0 type=3 code=1');
  const inner = ipPacket('tcp 192.0.2.10:40000 -> 198.51.100.7:443');
  const bytes = new Uint8Array(error.length + 24);
  bytes.set(error);
  bytes.set(inner.subarray(0, 24), error.length);
  bytes[3] = bytes.length;
  expect(decode(bytes).quoted).toMatchObject({ sourcePort: 40_000, destinationPort: 443 });
  const shorter = bytes.slice(0, bytes.length - 1);
  shorter[3] = shorter.length;
  expect(decode(shorter).quoted).toBeUndefined();
});

test('TCP options are read: window scale at most 14, permission, the highest edge', () => {
  const line = 'tcp 203.0.113.7:40000 -> 192.0.2.10:80 in=eth0 flags=S';
  const options = [3, 3, 200, 4, 2, 1, 5, 18, ...edges(10, 20), ...edges(30, 40), 1, 1, 1, 0, 0];
  const plain = ipPacket(line);
  const bytes = new Uint8Array(plain.length + 28 + 5);
  bytes.set(plain);
  bytes.set(options.slice(0, 28), plain.length);
  bytes[32] = ((20 + 28) / 4) << 4;
  bytes[3] = bytes.length;
  expect(decode(bytes).wire?.tcp).toEqual({
    window: 64_240,
    windowScale: 14,
    sackPermitted: true,
    hasSack: true,
    sackHighest: 40,
    payloadBytes: 5,
  });
});

function edges(left: number, right: number): number[] {
  return [0, 0, 0, left, 0, 0, 0, right];
}

describe('what the kernel does not take for sound (netfilter-facts 3.2)', () => {
  const TCP = 'tcp 203.0.113.7:40000 -> 192.0.2.10:80 in=eth0';

  test.each<[string, string, (bytes: Uint8Array) => Uint8Array]>([
    ['TCP data offset below 5', TCP, (bytes) => set(bytes, 32, 0x40)],
    ['TCP data offset beyond the packet', TCP, (bytes) => set(bytes, 32, 0xf0)],
    ['TCP header of 19 bytes', TCP, (bytes) => shortened(bytes, 39)],
    ['UDP length below 8', 'udp 1.2.3.4:5 -> 192.0.2.10:6 in=eth0', (b) => set(b, 25, 7)],
    ['UDP length beyond the packet', 'udp 1.2.3.4:5 -> 192.0.2.10:6 in=eth0', (b) => set(b, 25, 9)],
    ['UDP of 7 bytes', 'udp 1.2.3.4:5 -> 192.0.2.10:6 in=eth0', (bytes) => shortened(bytes, 27)],
    ['ICMP of 7 bytes', 'icmp 1.2.3.4 -> 192.0.2.10 in=eth0', (bytes) => shortened(bytes, 27)],
  ])('%s', (_, line, change) => {
    expect(decode(change(ipPacket(line))).wire?.unsound).toBeDefined();
  });

  test.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['header length below 20', (bytes) => set(bytes, 0, 0x44)],
    ['total length beyond the frame', (bytes) => set(bytes, 3, 200)],
    ['total length below the header', (bytes) => set(bytes, 3, 19)],
    ['another version', (bytes) => set(bytes, 0, 0x55)],
  ])('an IPv4 packet with a %s is dropped before any rule', (_, change) => {
    const bytes = change(ipPacket(TCP));
    expect(new IpHeader().read(bytes, 0, bytes.length, bytes.length, false)).toBe(IP_READ.refused);
  });

  test('padding behind the datagram is none of it', () => {
    const padded = new Uint8Array(60);
    padded.set(ipPacket(TCP));
    expect(decode(padded).length).toBe(40);
  });

  test('what the capture cut off is not taken for missing', () => {
    const bytes = ipPacket('tcp 203.0.113.7:40000 -> 192.0.2.10:80 in=eth0 length=400');
    const header = headerOf(bytes, 40);
    const decoded = decodePacket(bytes.subarray(0, 40), header, 40, ARRIVAL);
    expect(decoded).toMatchObject({ kind: 'packet', packet: { length: 400, destinationPort: 80 } });
    expect(isTransportChecksumRight(bytes, header, 40)).toBe(true);
    const less = decodePacket(bytes.subarray(0, 30), headerOf(bytes, 30), 30, ARRIVAL);
    expect(less.kind).toBe('unknown');
  });
});

describe('checksums', () => {
  test.each(LINES)('%s bears right ones, and a changed byte makes them wrong', (line) => {
    const bytes = ipPacket(line);
    const header = headerOf(bytes);
    expect(isTransportChecksumRight(bytes, header, bytes.length)).toBe(true);
    if (header.family === 4) expect(isIpChecksumRight(bytes, 0)).toBe(true);
    // UDP-Lite and GRE are not looked at here.
    if ([47, IP_PROTOCOL.udplite].includes(header.protocol)) return;
    bytes[header.transport + 1]! ^= 1;
    expect(isTransportChecksumRight(bytes, header, bytes.length)).toBe(false);
  });

  test('one that was left to the network card counts as right', () => {
    const bytes = ipPacket('tcp 203.0.113.7:40000 -> 192.0.2.10:80 in=eth0 length=100');
    // The sum of addresses, protocol and length, not complemented: what Linux leaves there.
    let sum = 6 + 80;
    for (let i = 12; i < 20; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    bytes[36] = sum >>> 8;
    bytes[37] = sum;
    expect(isTransportChecksumRight(bytes, headerOf(bytes), bytes.length)).toBe(true);
  });

  test('UDP without a checksum is right in both families', () => {
    for (const line of [
      'udp 1.2.3.4:5 -> 192.0.2.10:6',
      'udp [2001:db8::1]:5 -> [2001:db8::2]:6',
    ]) {
      const bytes = ipPacket(line);
      const header = headerOf(bytes);
      bytes[header.transport + 6] = 0;
      bytes[header.transport + 7] = 0;
      expect(isTransportChecksumRight(bytes, header, bytes.length)).toBe(true);
    }
  });
});

test('IPv6 extension headers are followed to what they lead to', () => {
  const plain = ipPacket('tcp [2001:db8::7]:40000 -> [2001:db8::10]:22 in=eth0 flags=S');
  // Hop-by-hop, destination options, routing, and a fragment header of a whole packet.
  const extensions = [
    60, 0, 1, 4, 0, 0, 0, 0, 43, 0, 1, 4, 0, 0, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0,
    9,
  ];
  const bytes = new Uint8Array(plain.length + extensions.length);
  bytes.set(plain.subarray(0, 40));
  bytes.set(extensions, 40);
  bytes.set(plain.subarray(40), 40 + extensions.length);
  bytes[6] = 0;
  bytes[5] = bytes.length - 40;
  expect(decode(bytes)).toMatchObject({ protocol: 6, destinationPort: 22 });
});

test('whatever the bytes, reading them throws nothing and reads nothing outside of them', () => {
  const header = new IpHeader();
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 120 }),
      fc.constantFrom(4, 6),
      (bytes, version) => {
        bytes[0] = (version << 4) | (bytes[0]! & 15);
        if (bytes.length > 3 && version === 4) bytes.set([0, bytes.length], 2);
        if (header.read(bytes, 0, bytes.length, bytes.length, false) !== IP_READ.sound) return;
        expect(header.datagramEnd).toBeLessThanOrEqual(bytes.length);
        const decoded = decodePacket(bytes, header, bytes.length, ARRIVAL);
        if (decoded.kind === 'packet')
          expect(Object.values(decoded.packet)).not.toContain(Number.NaN);
      },
    ),
    { numRuns: 500 },
  );
});

function set(bytes: Uint8Array, at: number, value: number): Uint8Array {
  bytes[at] = value;
  return bytes;
}

/** The packet without its last bytes, and a header that says so. */
function shortened(bytes: Uint8Array, length: number): Uint8Array {
  return set(bytes.slice(0, length), 3, length);
}

test('whether headers of IPv6 stand before the protocol is told', () => {
  const plain = ipPacket('udp [2001:db8::7]:1 -> [2001:db8::10]:2 in=eth0');
  expect(decode(plain).wire?.hasExtensions).toBe(false);
  const bytes = new Uint8Array(plain.length + 8);
  bytes.set(plain.subarray(0, 40));
  // Destination options, padded.
  bytes.set([17, 0, 1, 4, 0, 0, 0, 0], 40);
  bytes.set(plain.subarray(40), 48);
  bytes[6] = 60;
  bytes[5] = bytes.length - 40;
  const decoded = decode(bytes);
  expect(decoded.wire?.hasExtensions).toBe(true);
  expect(decoded.destinationPort).toBe(2);
});
