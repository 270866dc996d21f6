import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { IpFamily } from '../../src/address/ip-address.ts';
import { ipv4, ipv6 } from '../../src/address/ip-address.ts';
import type { Packet } from '../../src/packet/packet.ts';
import {
  type PacketFields,
  type PacketProblem,
  type ParsedPacket,
  packetToFields,
  parsePacketFields,
  parsePacketLine,
  renderPacketLine,
} from '../../src/packet/packet-text.ts';
import { SCTP_CHUNKS } from '../../src/packet/sctp-chunk.ts';

function packetOf(parsed: ParsedPacket): Packet {
  if (parsed.kind === 'packet') return parsed.packet;
  throw new Error(parsed.problems.map((problem) => problem.message).join('\n'));
}

function problemsOf(parsed: ParsedPacket): readonly PacketProblem[] {
  return parsed.kind === 'problems' ? parsed.problems : [];
}

const line = (text: string): Packet => packetOf(parsePacketLine(text));
const object = (fields: PacketFields): Packet => packetOf(parsePacketFields(fields));

/** `tcp 203.0.113.7 -> 192.0.2.10:22` with every default spelt out. */
const SSH: Packet = {
  in: undefined,
  family: 4,
  protocol: 6,
  source: ipv4(0xcb007107),
  destination: ipv4(0xc000020a),
  sourcePort: 49152,
  destinationPort: 22,
  tcpFlags: 0x02,
  tcpSequence: undefined,
  tcpAcknowledgement: undefined,
  icmpType: 0,
  icmpCode: 0,
  icmpId: 0,
  quoted: undefined,
  sctpChunk: undefined,
  mac: undefined,
  ttl: 64,
  length: undefined,
  mark: 0,
  state: undefined,
  tos: 0,
  uid: undefined,
  gid: undefined,
  timeSeconds: undefined,
};

describe('a line and an object mean the same packet', () => {
  test.each<[string, PacketFields, Partial<Packet>]>([
    [
      'tcp 203.0.113.7 -> 192.0.2.10:22',
      { proto: 'tcp', src: '203.0.113.7', dst: '192.0.2.10', dport: 22 },
      {},
    ],
    [
      'tcp 203.0.113.7:40000 -> 192.0.2.10:22 in=eth0 flags=S',
      {
        in: 'eth0',
        proto: 'tcp',
        src: '203.0.113.7',
        sport: 40000,
        dst: '192.0.2.10',
        dport: 22,
        flags: 'S',
      },
      { in: 'eth0', sourcePort: 40000 },
    ],
    [
      'tcp 203.0.113.7 -> 192.0.2.10:22 flags=AS seq=4294967295 ack=7',
      {
        proto: 6,
        src: '203.0.113.7',
        dst: '192.0.2.10',
        dport: '22',
        flags: 'sa',
        seq: 0xffffffff,
        ack: 7,
      },
      { tcpFlags: 0x12, tcpSequence: 0xffffffff, tcpAcknowledgement: 7 },
    ],
    [
      'tcp 203.0.113.7 -> 192.0.2.10:22 flags=none in=local',
      {
        proto: 'TCP',
        src: '203.0.113.7',
        dst: '192.0.2.10',
        dport: 22,
        flags: 'none',
        in: 'local',
      },
      { tcpFlags: 0, in: 'local' },
    ],
    [
      '17 203.0.113.7:0 -> 192.0.2.10:53 ttl=1 tos=0xb8 length=1500 mark=0x10 state=established time=1.5 mac=02-00-00-00-AB-01',
      {
        proto: 17,
        src: '203.0.113.7',
        sport: 0,
        dst: '192.0.2.10',
        dport: 53,
        ttl: 1,
        tos: 0xb8,
        length: 1500,
        mark: 16,
        state: 'established',
        time: 1.5,
        mac: '02:00:00:00:ab:01',
      },
      {
        protocol: 17,
        sourcePort: 0,
        destinationPort: 53,
        tcpFlags: 0,
        ttl: 1,
        tos: 0xb8,
        length: 1500,
        mark: 16,
        state: 'established',
        timeSeconds: 1.5,
        mac: '02:00:00:00:ab:01',
      },
    ],
    [
      'icmp 203.0.113.7 -> 192.0.2.10',
      { proto: 'icmp', src: '203.0.113.7', dst: '192.0.2.10' },
      {
        protocol: 1,
        icmpType: 8,
        icmpId: 1,
        sourcePort: 0,
        destinationPort: 0,
        tcpFlags: 0,
      },
    ],
    [
      'icmp 203.0.113.7 -> 192.0.2.10 type=0 code=1 id=77',
      { proto: 1, src: '203.0.113.7', dst: '192.0.2.10', type: 0, code: 1, id: 77 },
      {
        protocol: 1,
        icmpType: 0,
        icmpCode: 1,
        icmpId: 77,
        sourcePort: 0,
        destinationPort: 0,
        tcpFlags: 0,
      },
    ],
    [
      'sctp 203.0.113.7 -> 192.0.2.10:38412 chunk=init_ack',
      { proto: 'sctp', src: '203.0.113.7', dst: '192.0.2.10', dport: 38412, chunk: 'INIT_ACK' },
      { protocol: 132, destinationPort: 38412, tcpFlags: 0, sctpChunk: 'INIT_ACK' },
    ],
    [
      '47 203.0.113.7 -> 192.0.2.10',
      { proto: 47, src: '203.0.113.7', dst: '192.0.2.10' },
      { protocol: 47, sourcePort: 0, destinationPort: 0, tcpFlags: 0 },
    ],
  ])('%s', (text, fields, wanted) => {
    expect(line(text)).toEqual({ ...SSH, ...wanted });
    expect(object(fields)).toEqual({ ...SSH, ...wanted });
  });

  test('IPv6 addresses stand in brackets where a port follows', () => {
    const source = ipv6(0x20010db8, 0, 0, 7);
    const destination = ipv6(0x20010db8, 0, 0, 0x10);
    const wanted = { ...SSH, family: 6, source, destination };
    expect(line('tcp [2001:db8::7] -> [2001:db8::10]:22')).toEqual(wanted);
    expect(line('tcp 2001:db8::7 -> [2001:db8::10]:22')).toEqual(wanted);
    expect(line('tcp [2001:db8::7]:40000 -> [2001:db8::10]:22')).toEqual({
      ...wanted,
      sourcePort: 40000,
    });
    expect(line('icmpv6 2001:db8::7 -> 2001:db8::10')).toMatchObject({
      protocol: 58,
      icmpType: 128,
      icmpCode: 0,
      icmpId: 1,
    });
  });

  test('blanks, the arrow and the order of fields are free', () => {
    const wanted = line('tcp 203.0.113.7 -> 192.0.2.10:22 in=eth0 ttl=3');
    expect(line('  tcp\t203.0.113.7->192.0.2.10:22 ttl=3 in=eth0 ')).toEqual(wanted);
    expect(line('in=eth0 tcp 203.0.113.7 to 192.0.2.10:22 ttl=3')).toEqual(wanted);
    expect(line('tcp 203.0.113.7 -> 192.0.2.10 dport=22 in=eth0 ttl=0x3')).toEqual(wanted);
  });

  test('null in an object is a field left out', () => {
    expect(
      object({ proto: 'tcp', src: '203.0.113.7', dst: '192.0.2.10', dport: 22, in: null }),
    ).toEqual(SSH);
  });
});

describe('an ICMP error carries the packet that it is about', () => {
  const inner = 'udp 203.0.113.7:40000 -> 192.0.2.10:53';
  const outer = 'icmp 198.51.100.1 -> 203.0.113.7 type=3 code=3 in=eth0';

  test('in a line, as the rest of it', () => {
    const packet = line(`${outer} quoted=${inner} ttl=9`);
    expect(packet).toMatchObject({ icmpType: 3, icmpCode: 3, in: 'eth0', ttl: 64 });
    expect(packet.quoted).toEqual(line(`${inner} ttl=9`));
  });

  test('in an object, as a line or as an object', () => {
    const fields = { proto: 'icmp', src: '198.51.100.1', dst: '203.0.113.7', type: 3, code: 3 };
    const wanted = line(inner);
    expect(object({ ...fields, quoted: inner }).quoted).toEqual(wanted);
    expect(
      object({
        ...fields,
        quoted: { proto: 'udp', src: '203.0.113.7', sport: 40000, dst: '192.0.2.10', dport: 53 },
      }).quoted,
    ).toEqual(wanted);
  });

  test('with its problems placed in the whole line or object', () => {
    expect(problemsOf(parsePacketLine(`${outer} quoted=udp 203.0.113.7 -> 192.0.2.10:x`))).toEqual([
      expect.objectContaining({ message: '`dport` is `x`', column: 93 }),
    ]);
    expect(
      problemsOf(
        parsePacketFields({
          proto: 'icmp',
          src: '198.51.100.1',
          dst: '203.0.113.7',
          quoted: { proto: 'udp', src: '203.0.113.7', dst: '192.0.2.10', dport: 'x' },
        }),
      ),
    ).toEqual([expect.objectContaining({ field: 'quoted.dport' })]);
    expect(
      problemsOf(
        parsePacketFields({
          proto: 'icmp',
          src: '198.51.100.1',
          dst: '203.0.113.7',
          quoted: ['udp'],
        }),
      ),
    ).toEqual([expect.objectContaining({ field: 'quoted' })]);
  });

  test('and quotes do not nest without end', () => {
    const deep = Array.from({ length: 5000 }, () => 'icmp 198.51.100.1 -> 203.0.113.7 type=3');
    expect(problemsOf(parsePacketLine(deep.join(' quoted='))).map((p) => p.message)).toEqual([
      'more than 3 packets quote each other',
    ]);
  });
});

describe('what is wrong in a line is said with its column', () => {
  test.each<[string, number, RegExp, RegExp]>([
    ['', 1, /empty/, /Write for example/],
    ['tcp', 4, /no source/, /Write for example/],
    ['tcp 203.0.113.7', 16, /expected ->/, /Write for example/],
    ['tcp 203.0.113.7 192.0.2.10:22', 17, /expected ->/, /Write for example/],
    ['tcp 203.0.113.7 -', 17, /no destination/, /quotes/],
    ['tcp 203.0.113.7 ->', 19, /no destination/, /Write for example/],
    ['tcp 203.0.113.7 -> 192.0.2.10:22 eth0', 34, /`eth0`/, /name=value/],
    ['tpc 203.0.113.7 -> 192.0.2.10:22', 1, /`tpc`/, /tcp, udp/],
    ['256 203.0.113.7 -> 192.0.2.10', 1, /`256`/, /tcp, udp/],
    ['tcp 203.0.113.256 -> 192.0.2.10:22', 5, /`203.0.113.256`/, /192\.0\.2\.10/],
    ['tcp 203.0.113.7 -> 192.0.2.10', 20, /no destination port/, /address:port/],
    ['tcp 2001:db8::7 -> 2001:db8::10', 20, /no destination port/, /\[address\]:port/],
    ['tcp 203.0.113.7 -> 192.0.2.10:65536', 31, /`65536`/, /65535/],
    ['tcp 203.0.113.7:-1 -> 192.0.2.10:22', 17, /`-1`/, /65535/],
    ['tcp 203.0.113.7:22x -> 192.0.2.10:22', 17, /`22x`/, /65535/],
    ['tcp 203.0.113.7: -> 192.0.2.10:22', 17, /``/, /65535/],
    ['tcp 203.0.113.7 -> [2001:db8::1]:22', 21, /IPv6/, /one family/],
    ['tcp 203.0.113.7 -> [2001:db8::1:22', 20, /`\[2001:db8::1:22`/, /2001:db8::10/],
    ['icmp 203.0.113.7 -> 192.0.2.10:22', 32, /cannot have `dport`/, /Only tcp/],
    ['icmp 2001:db8::7 -> 2001:db8::10', 1, /`icmp`/, /icmpv6/],
    ['icmpv6 203.0.113.7 -> 192.0.2.10', 1, /`icmpv6`/, /Use icmp\./],
    ['udp 203.0.113.7 -> 192.0.2.10:22 flags=S', 40, /cannot have `flags`/, /tcp/],
    ['tcp 203.0.113.7 -> 192.0.2.10:22 flags=SX', 40, /`SX`/, /initials/],
    ['tcp 203.0.113.7 -> 192.0.2.10:22 flags=SS', 40, /`SS`/, /each once/],
    ['tcp 203.0.113.7 -> 192.0.2.10:22 flags=', 40, /``/, /none/],
    ['tcp 203.0.113.7 -> 192.0.2.10:22 flag=S', 39, /`flag`/, /`flags`/],
    ['tcp 203.0.113.7 -> 192.0.2.10:22 colour=red', 41, /`colour`/, /Known fields: in/],
    ['tcp 203.0.113.7 -> 192.0.2.10:22 dport=22', 40, /twice/, /Leave/],
    ['tcp 203.0.113.7 -> 192.0.2.10:22 in=averyverylongname', 37, /`averyverylongname`/, /local/],
    ['tcp 203.0.113.7 -> 192.0.2.10:22 ttl=256', 38, /`256`/, /255/],
    ['tcp 203.0.113.7 -> 192.0.2.10:22 length=39', 41, /`39`/, /40 to 65535/],
    ['tcp 203.0.113.7 -> 192.0.2.10:22 mark=0x100000000', 39, /`0x100000000`/, /4294967295/],
    ['tcp 203.0.113.7 -> 192.0.2.10:22 state=open', 40, /`open`/, /untracked/],
    ['tcp 203.0.113.7 -> 192.0.2.10:22 time=-1', 39, /`-1`/, /seconds/],
    ['tcp 203.0.113.7 -> 192.0.2.10:22 mac=02:00', 38, /`02:00`/, /six pairs/],
    ['tcp 203.0.113.7 -> 192.0.2.10:22 seq=4294967296', 38, /`4294967296`/, /4294967295/],
    ['tcp 203.0.113.7 -> 192.0.2.10:22 type=8', 39, /cannot have `type`/, /icmp/],
    ['icmp 203.0.113.7 -> 192.0.2.10 type=256', 37, /`256`/, /255/],
    ['icmp 203.0.113.7 -> 192.0.2.10 id=65536', 35, /`65536`/, /65535/],
    ['sctp 203.0.113.7 -> 192.0.2.10:1 chunk=INITACK', 40, /`INITACK`/, /`INIT_ACK`/],
    ['udp 203.0.113.7 -> 192.0.2.10:1 in=eth0 uid=33', 45, /cannot have `uid`/, /process/],
    ['udp 203.0.113.7 -> 192.0.2.10:1 tos=256', 37, /`tos` is `256`/, /255/],
    ['udp 203.0.113.7 -> 192.0.2.10:1 chunk=INIT', 39, /cannot have `chunk`/, /sctp/],
  ])('%s', (text, column, message, hint) => {
    expect(problemsOf(parsePacketLine(text))).toEqual([
      {
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
        column,
        field: undefined,
      },
    ]);
  });

  test('and all of it at once', () => {
    const problems = problemsOf(parsePacketLine('tcp 1.2.3 -> 192.0.2.10 ttl=999 colour=red'));
    expect(problems.map((problem) => problem.column).sort()).toEqual([14, 29, 40, 5].sort());
  });
});

describe('what is wrong in an object is said with its field', () => {
  const good = { proto: 'tcp', src: '203.0.113.7', dst: '192.0.2.10', dport: 22 };
  test.each<[PacketFields, string | undefined, RegExp]>([
    [{}, undefined, /no `proto`/],
    [{ ...good, src: undefined }, undefined, /no `src`/],
    [{ ...good, dport: undefined }, undefined, /no destination port/],
    [{ ...good, dport: 70000 }, 'dport', /`70000`/],
    [{ ...good, dport: 22.5 }, 'dport', /`22.5`/],
    [{ ...good, dport: true }, 'dport', /must be a string or a number, but is `true`/],
    [{ ...good, dport: [22] }, 'dport', /but is a list/],
    [{ ...good, src: {} }, 'src', /but is an object/],
    [{ ...good, dst: '2001:db8::1' }, 'dst', /IPv6/],
    [{ ...good, flgas: 'S' }, 'flgas', /no field `flgas`/],
    [{ ...good, proto: 'icmp', dport: undefined, sport: 1 }, 'sport', /cannot have `sport`/],
  ])('%j', (fields, field, message) => {
    expect(problemsOf(parsePacketFields(fields))).toContainEqual({
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/[.?]$/),
      column: undefined,
      field,
    });
  });
});

describe('printing', () => {
  test('a result shows the fields of the protocol, and others only off their default', () => {
    expect(
      packetToFields(line('tcp 203.0.113.7:40000 -> 192.0.2.10:31852 in=eth0 flags=S')),
    ).toEqual({
      in: 'eth0',
      proto: 'tcp',
      src: '203.0.113.7',
      sport: 40000,
      dst: '192.0.2.10',
      dport: 31852,
      flags: 'S',
    });
    expect(Object.keys(packetToFields(line('tcp 203.0.113.7 -> 192.0.2.10:1 in=eth0')))).toEqual([
      ...['in', 'proto', 'src', 'sport', 'dst', 'dport', 'flags'],
    ]);
    expect(packetToFields(line('icmp 203.0.113.7 -> 192.0.2.10 ttl=9 mark=0xff'))).toEqual({
      proto: 'icmp',
      src: '203.0.113.7',
      dst: '192.0.2.10',
      type: 8,
      code: 0,
      id: 1,
      ttl: 9,
      mark: 255,
    });
    expect(packetToFields(line('icmp 203.0.113.7 -> 192.0.2.10 type=3 code=1'))).toEqual({
      proto: 'icmp',
      src: '203.0.113.7',
      dst: '192.0.2.10',
      type: 3,
      code: 1,
    });
    expect(packetToFields(line('47 203.0.113.7 -> 192.0.2.10'))).toEqual({
      proto: 47,
      src: '203.0.113.7',
      dst: '192.0.2.10',
    });
  });

  test.each([
    'tcp 203.0.113.7:40000 -> 192.0.2.10:31852 in=eth0',
    'tcp 203.0.113.7 -> 192.0.2.10:22',
    'tcp [2001:db8::7]:40000 -> [2001:db8::10]:22 in=eth0 flags=SA',
    'udp 2001:db8::7 -> [2001:db8::10]:53',
    'icmp 203.0.113.7 -> 192.0.2.10 in=local type=0',
    'icmp 198.51.100.1 -> 203.0.113.7 type=3 code=3 ttl=1 quoted=udp 203.0.113.7:1 -> 192.0.2.10:53',
    'sctp 203.0.113.7 -> 192.0.2.10:38412 chunk=DATA state=new time=0.25',
    '50 203.0.113.7 -> 192.0.2.10',
  ])('%s is already as short as it gets', (text) => {
    expect(renderPacketLine(line(text))).toBe(text);
  });
});

describe('properties', () => {
  const word32 = fc.nat({ max: 0xffffffff });
  const port = fc.nat({ max: 65535 });
  const address = (family: IpFamily) =>
    family === 4
      ? word32.map(ipv4)
      : fc.tuple(word32, word32, word32, word32).map((words) => ipv6(...words));
  const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
    fc.option(arbitrary, { nil: undefined });

  function packetArbitrary(depth: number): fc.Arbitrary<Packet> {
    return fc
      .record({ family: fc.constantFrom<IpFamily>(4, 6), kind: fc.nat({ max: 5 }) })
      .chain(({ family, kind }) => {
        const protocol = [6, 17, 132, family === 4 ? 1 : 58, 47, 33][kind] as number;
        const ports = [6, 17, 132, 33].includes(protocol);
        const icmp = protocol === 1 || protocol === 58;
        const when = <T>(condition: boolean, arbitrary: fc.Arbitrary<T>, otherwise: T) =>
          condition ? arbitrary : fc.constant(otherwise);
        return fc
          .record<Packet>({
            in: optional(fc.constantFrom('eth0', 'local', 'br-1.7@x')),
            family: fc.constant(family),
            protocol: fc.constant(protocol),
            source: address(family),
            destination: address(family),
            sourcePort: when(ports, port, 0),
            destinationPort: when(ports, port, 0),
            tcpFlags: when(protocol === 6, fc.nat({ max: 255 }), 0),
            tcpSequence: when(protocol === 6, optional(word32), undefined),
            tcpAcknowledgement: when(protocol === 6, optional(word32), undefined),
            icmpType: when(icmp, fc.nat({ max: 255 }), 0),
            icmpCode: when(icmp, fc.nat({ max: 255 }), 0),
            icmpId: when(icmp, port, 0),
            quoted: when(icmp && depth < 2, optional(fc.constant(null)), null).chain((quoted) =>
              quoted === undefined ? packetArbitrary(depth + 1) : fc.constant(undefined),
            ),
            sctpChunk: when<string | undefined>(
              protocol === 132,
              fc.constantFrom(...SCTP_CHUNKS),
              undefined,
            ),
            mac: optional(fc.constantFrom('02:00:00:00:00:01', 'ff:ff:ff:ff:ff:ff')),
            ttl: fc.nat({ max: 255 }),
            tos: fc.nat({ max: 255 }),
            uid: optional(word32),
            gid: optional(word32),
            length: optional(fc.integer({ min: 60, max: 65535 })),
            mark: word32,
            state: optional(
              fc.constantFrom('new', 'established', 'related', 'invalid', 'untracked'),
            ),
            timeSeconds: optional(
              fc.double({ min: 0, max: 1e9, noNaN: true }).map((seconds) => Math.abs(seconds)),
            ),
          })
          .map((packet) =>
            // Only a process on the host has them.
            packet.in === 'eth0' || packet.in === 'br-1.7@x'
              ? { ...packet, uid: undefined, gid: undefined }
              : packet,
          );
      });
  }

  test('a rendered line gives the packet back', () => {
    fc.assert(
      fc.property(packetArbitrary(0), (packet) => {
        expect(line(renderPacketLine(packet))).toEqual(packet);
      }),
      { numRuns: 300 },
    );
  });

  test('the fields of a result give the packet back', () => {
    fc.assert(
      fc.property(packetArbitrary(0), (packet) => {
        expect(object(packetToFields(packet))).toEqual(packet);
      }),
      { numRuns: 300 },
    );
  });

  test('no line and no object makes the parser throw', () => {
    const words = fc.constantFrom(
      ...['tcp', 'icmp', '203.0.113.7', '[2001:db8::1]:22', '->', ':', '[', ']', '=', 'in='],
      ...['quoted=', 'flags=S', 'to', ' ', '\u{1f600}', '99999999999999999999', '0x'],
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(words).map((w) => w.join(' ')),
        ),
        (text) => {
          for (const { column } of problemsOf(parsePacketLine(text))) {
            expect(column).toBeGreaterThanOrEqual(1);
            expect(column).toBeLessThanOrEqual(text.length + 1);
          }
        },
      ),
      { numRuns: 500 },
    );
    const names = fc.constantFrom('proto', 'src', 'dst', 'dport', 'flags', 'quoted', 'time', 'x');
    fc.assert(
      fc.property(fc.dictionary(names, fc.oneof(fc.jsonValue(), fc.anything())), (fields) => {
        expect(parsePacketFields(fields).kind).toMatch(/packet|problems/);
      }),
      { numRuns: 500 },
    );
  });
});
