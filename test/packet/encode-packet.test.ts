import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeHeaders } from '../../src/packet/decode-headers.ts';
import { encodePacket, NO_NUMBERS } from '../../src/packet/encode-packet.ts';
import type { Packet } from '../../src/packet/packet.ts';
import { packet } from '../support/packets.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Adds 16-bit words as RFC 1071 has it, the slow way; a valid packet's sum is 0xffff. */
function sum(bytes: Uint8Array): number {
  const padded = [...bytes, 0];
  let total = 0;
  for (let i = 0; i < bytes.length; i += 2) {
    total += (padded[i] ?? 0) * 256 + (padded[i + 1] ?? 0);
    if (total > 0xffff) total -= 0xffff;
  }
  return total;
}

/** The transport's bytes behind their pseudo header. */
function covered(bytes: Uint8Array, { family, protocol }: Packet): Uint8Array {
  const header = family === 4 ? 20 : 40;
  const addresses = family === 4 ? bytes.subarray(12, 20) : bytes.subarray(8, 40);
  const length = bytes.length - header;
  const pseudo = protocol === 1 ? [] : [...addresses, 0, protocol, length >>> 8, length & 255];
  return Uint8Array.from([...pseudo, ...bytes.subarray(header)]);
}

describe('a packet in bytes', () => {
  test('is what the headers of its protocol are, field by field', () => {
    const udp = packet('udp 192.0.2.10:1000 -> 198.51.100.9:53 ttl=7 length=30');
    expect(hex(encodePacket(udp))).toBe(
      // Version and header length, length, identification 1, no fragment, time to live, protocol, checksum, addresses.
      `4500001e${'0001'}0000${'0711'}${'c787'}c000020ac6336409` +
        // Ports, length, checksum, two bytes of payload.
        `03e80035000a${'0f76'}0000`,
    );
    const tcp = packet('tcp [2001:db8::a]:1000 -> [2001:db8::b]:443 flags=SA');
    const numbers = {
      ...NO_NUMBERS,
      tcp: { sequence: 0x01020304, acknowledgement: 0xfffefdfc, window: 0x1234 },
    };
    const bytes = hex(encodePacket(tcp, numbers));
    expect(bytes.slice(0, 80)).toBe(
      `60000000${'0014'}${'0640'}20010db800000000000000000000000a20010db800000000000000000000000b`,
    );
    expect(bytes.slice(80, 112)).toBe('03e801bb01020304fffefdfc50121234');
  });

  test('bears its type of service where each family has it', () => {
    const four = encodePacket(packet('udp 192.0.2.10:1 -> 198.51.100.9:2 tos=0xb8'));
    expect(hex(four.subarray(0, 2))).toBe('45b8');
    const six = encodePacket(packet('udp [2001:db8::a]:1 -> [2001:db8::b]:2 tos=0xb8'));
    expect(hex(six.subarray(0, 2))).toBe('6b80');
  });

  test('has valid checksums whatever its headers and length', () => {
    const port = fc.integer({ min: 0, max: 65535 });
    const protocols = ['tcp', 'udp', 'udplite', 'dccp', 'icmp'] as const;
    fc.assert(
      fc.property(
        fc.constantFrom(...protocols),
        fc.boolean(),
        port,
        port,
        fc.integer({ min: 0, max: 300 }),
        fc.nat(0xffffffff),
        (name, isIpv6, sourcePort, destinationPort, more, word) => {
          const base = packet(
            isIpv6 ? 'udp [2001:db8::a]:1 -> [2001:db8::b]:2' : 'udp 192.0.2.1:1 -> 192.0.2.2:2',
          );
          const protocol = { tcp: 6, udp: 17, udplite: 136, dccp: 33, icmp: isIpv6 ? 58 : 1 }[name];
          const one: Packet = {
            ...base,
            protocol,
            sourcePort,
            destinationPort,
            icmpType: isIpv6 ? 128 : 8,
            icmpId: sourcePort,
            source: { ...base.source, w3: word },
            length: (isIpv6 ? 60 : 40) + more,
          };
          const bytes = encodePacket(one);
          expect(bytes).toHaveLength(one.length ?? 0);
          if (!isIpv6) expect(sum(bytes.subarray(0, 20))).toBe(0xffff);
          expect(sum(covered(bytes, one))).toBe(0xffff);
          const ports = name === 'icmp' ? [0, 0] : [sourcePort, destinationPort];
          expect(decodeHeaders(bytes.subarray(0, 64))).toEqual({
            source: one.source,
            destination: one.destination,
            protocol,
            sourcePort: ports[0],
            destinationPort: ports[1],
          });
        },
      ),
    );
  });

  test('of SCTP bears tags, chunk and a checksum that covers them', () => {
    const init = packet('sctp 192.0.2.10:4 -> 198.51.100.9:5 chunk=INIT');
    const numbers = { ...NO_NUMBERS, sctp: { verification: 0xa1a2a3a4, own: 0xb1b2b3b4 } };
    const bytes = hex(encodePacket(init, numbers)).slice(40);
    // Only an INIT has no verification tag, and announces the sender's.
    expect(bytes.slice(0, 16)).toBe('0004000500000000');
    expect(bytes.slice(24)).toBe('01000014b1b2b3b40000ffff0001000100000001');
    const data = hex(encodePacket({ ...init, sctpChunk: 'HEARTBEAT' }, numbers)).slice(40);
    expect(data.slice(0, 16)).toBe('00040005a1a2a3a4');
    expect(data.slice(24)).toBe('04000004');
  });

  test('that reports an error quotes the header and eight bytes of what it is about', () => {
    const about = packet('udp 192.0.2.10:1000 -> 198.51.100.9:53 length=100');
    const error = { ...packet('icmp 198.51.100.1 -> 192.0.2.10 type=3 code=1'), quoted: about };
    const bytes = encodePacket(error);
    expect(bytes).toHaveLength(20 + 8 + 28);
    expect(hex(bytes.subarray(28))).toBe(hex(encodePacket(about).subarray(0, 28)));
    expect(sum(bytes.subarray(20))).toBe(0xffff);
    expect(encodePacket({ ...error, quoted: undefined })).toHaveLength(28);
    const stranger = packet('udp [2001:db8::a]:1 -> [2001:db8::b]:2');
    expect(() => encodePacket({ ...error, quoted: stranger })).toThrow('IPv6 packet');
  });

  test('does not fit in fewer bytes than its headers have', () => {
    const tcp = packet('tcp 192.0.2.10:1000 -> 198.51.100.9:53');
    expect(() => encodePacket({ ...tcp, length: 39 })).toThrow('39 bytes');
  });

  test('is not read from what is no packet', () => {
    expect(decodeHeaders(new Uint8Array(0))).toBeUndefined();
    expect(decodeHeaders(Uint8Array.of(0x45, 0, 0))).toBeUndefined();
    expect(decodeHeaders(new Uint8Array(60).fill(0x55))).toBeUndefined();
  });
});
