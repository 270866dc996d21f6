import { isInterfaceName } from '../address/interface-name.ts';
import { type IpAddress, type IpFamily, parseIpAddress } from '../address/ip-address.ts';
import {
  hasPorts,
  IP_PROTOCOL,
  isIcmp,
  parseProtocol,
  renderProtocol,
} from '../address/protocol.ts';
import { nearestName } from '../source/nearest-name.ts';
import { type ConnectionState, LOCAL, type Packet, TCP_FLAG } from './packet.ts';
import {
  DEFAULT_ICMP_ID,
  DEFAULT_SCTP_CHUNK,
  DEFAULT_SOURCE_PORT,
  DEFAULT_TTL,
  defaultIcmpType,
  smallestLengthBytes,
} from './packet-defaults.ts';
import { PacketFieldReader, shorten } from './packet-fields.ts';
import type { PacketPlace, ParsedPacket, WrittenField } from './packet-problem.ts';
import { SCTP_CHUNKS } from './sctp-chunk.ts';
import { parseTcpFlags } from './tcp-flags.ts';

/** The fields of a packet, in the order of the outside contract; `quoted` is what an ICMP error is about. */
export const PACKET_FIELDS: readonly string[] = [
  ...['in', 'proto', 'src', 'sport', 'dst', 'dport', 'flags', 'type', 'code', 'id', 'seq', 'ack'],
  ...['chunk', 'mac', 'ttl', 'tos', 'length', 'mark', 'uid', 'gid', 'state', 'time', 'quoted'],
];

const STATES: readonly ConnectionState[] = [
  'new',
  'established',
  'related',
  'invalid',
  'untracked',
];
const WORD32_MAX = 0xffffffff;
/** The largest IPv4 packet, and the largest IPv6 payload behind its 40 byte header. */
const LENGTH_MAX: Readonly<Record<IpFamily, number>> = { 4: 65535, 6: 65575 };

/** What the two written forms have in common once they are cut into fields. */
export interface WrittenPacket {
  readonly fields: ReadonlyMap<string, WrittenField>;
  /** The packet as a whole, for what is missing. */
  readonly whole: PacketPlace;
  /** Parses the value of `quoted`; the places of its problems must already be those of this packet. */
  readonly parseQuoted: (field: WrittenField) => ParsedPacket;
}

/** Checks the fields of a packet and fills in the defaults. */
export function readPacket(written: WrittenPacket): ParsedPacket {
  const reader = new PacketFieldReader(written.fields, written.whole);
  for (const [name, field] of written.fields) {
    if (PACKET_FIELDS.includes(name)) continue;
    const nearest = nearestName(name, PACKET_FIELDS);
    reader.problem(
      field.place,
      `a packet has no field \`${shorten(name)}\``,
      nearest === undefined
        ? `Known fields: ${PACKET_FIELDS.join(', ')}.`
        : `Did you mean \`${nearest}\`?`,
    );
  }
  const quoted = reader.has('quoted') ? readQuoted(reader, written) : undefined;
  const packet = packetOf(reader, quoted);
  if (packet === undefined || reader.problems.length > 0) {
    return { kind: 'problems', problems: reader.problems };
  }
  return { kind: 'packet', packet };
}

function packetOf(reader: PacketFieldReader, quoted: Packet | undefined): Packet | undefined {
  const protocol = readProtocol(reader);
  const addresses = readAddresses(reader);
  const common = readCommon(reader);
  if (protocol === undefined) return undefined;
  const ports = readPorts(reader, protocol);
  const tcp = readTcp(reader, protocol);
  const sctpChunk = readChunk(reader, protocol);
  if (addresses === undefined) return undefined;
  const icmp = readIcmp(reader, protocol, addresses.family);
  const length = readLength(reader, protocol, addresses.family);
  // Field by field in one order: spread together, packets would be slow dictionaries to everything that runs them.
  return {
    in: common.in,
    family: addresses.family,
    protocol,
    source: addresses.source,
    destination: addresses.destination,
    sourcePort: ports.sourcePort,
    destinationPort: ports.destinationPort,
    tcpFlags: tcp.tcpFlags,
    tcpSequence: tcp.tcpSequence,
    tcpAcknowledgement: tcp.tcpAcknowledgement,
    icmpType: icmp.icmpType,
    icmpCode: icmp.icmpCode,
    icmpId: icmp.icmpId,
    quoted,
    sctpChunk,
    mac: common.mac,
    ttl: common.ttl,
    tos: common.tos,
    length,
    mark: common.mark,
    uid: common.uid,
    gid: common.gid,
    state: common.state,
    timeSeconds: common.timeSeconds,
  };
}

function readQuoted(reader: PacketFieldReader, written: WrittenPacket): Packet | undefined {
  const field = written.fields.get('quoted');
  if (field === undefined) return undefined;
  const parsed = written.parseQuoted(field);
  if (parsed.kind === 'packet') return parsed.packet;
  reader.problems.push(...parsed.problems);
  return undefined;
}

function readProtocol(reader: PacketFieldReader): number | undefined {
  const names = 'Use tcp, udp, icmp, icmpv6, sctp, udplite or a number from 0 to 255.';
  return reader.requiredText('proto', names) === undefined
    ? undefined
    : reader.parsed('proto', parseProtocol, names);
}

function readAddresses(
  reader: PacketFieldReader,
): { family: IpFamily; source: IpAddress; destination: IpAddress } | undefined {
  const source = readAddress(reader, 'src');
  const destination = readAddress(reader, 'dst');
  if (source === undefined || destination === undefined) return undefined;
  if (source.family !== destination.family) {
    reader.problem(
      reader.place('dst'),
      `the destination is IPv${destination.family}, but the source is IPv${source.family}`,
      'Both addresses of a packet have one family.',
    );
    return undefined;
  }
  return { family: source.family, source, destination };
}

function readAddress(reader: PacketFieldReader, name: 'src' | 'dst'): IpAddress | undefined {
  const hint = 'Use an IPv4 or IPv6 address, such as 192.0.2.10 or 2001:db8::10.';
  return reader.requiredText(name, hint) === undefined
    ? undefined
    : reader.parsed(name, parseIpAddress, hint);
}

function readPorts(
  reader: PacketFieldReader,
  protocol: number,
): Pick<Packet, 'sourcePort' | 'destinationPort'> {
  if (!hasPorts(protocol)) {
    reader.refuse(['sport', 'dport'], 'tcp, udp, sctp, udplite and dccp packets');
    return { sourcePort: 0, destinationPort: 0 };
  }
  if (!reader.has('dport')) reportMissingPort(reader, protocol);
  return {
    sourcePort: reader.integer('sport', 0, 65535) ?? DEFAULT_SOURCE_PORT,
    destinationPort: reader.integer('dport', 0, 65535) ?? 0,
  };
}

function reportMissingPort(reader: PacketFieldReader, protocol: number): void {
  const message = `the ${renderProtocol(protocol)} packet has no destination port`;
  const place = reader.place('dst');
  if (place.column === undefined) {
    reader.problem(reader.place('dport'), message, 'Add `dport`.');
    return;
  }
  const address = parseIpAddress(String(reader.value('dst')));
  // In a line the port is part of the word that is reported already when it holds no address.
  if (address === undefined) return;
  const form = address.family === 6 ? '[address]:port' : 'address:port';
  reader.problem(place, message, `Write the destination as ${form}.`);
}

function readTcp(
  reader: PacketFieldReader,
  protocol: number,
): Pick<Packet, 'tcpFlags' | 'tcpSequence' | 'tcpAcknowledgement'> {
  if (protocol !== IP_PROTOCOL.tcp) {
    reader.refuse(['flags', 'seq', 'ack'], 'tcp packets');
    return { tcpFlags: 0, tcpSequence: undefined, tcpAcknowledgement: undefined };
  }
  const hint = 'Use the initials S A F R P U E C, each once, such as SA; or none.';
  return {
    tcpFlags: reader.parsed('flags', parseTcpFlags, hint) ?? TCP_FLAG.S,
    tcpSequence: reader.integer('seq', 0, WORD32_MAX),
    tcpAcknowledgement: reader.integer('ack', 0, WORD32_MAX),
  };
}

function readChunk(reader: PacketFieldReader, protocol: number): string | undefined {
  if (protocol !== IP_PROTOCOL.sctp) {
    reader.refuse(['chunk'], 'sctp packets');
    return undefined;
  }
  const name = reader.text('chunk');
  if (name === undefined) return DEFAULT_SCTP_CHUNK;
  const chunk = SCTP_CHUNKS.find((candidate) => candidate === name.toUpperCase());
  if (chunk === undefined) {
    const nearest = nearestName(name, SCTP_CHUNKS);
    reader.problem(
      reader.place('chunk'),
      `\`chunk\` is \`${shorten(name)}\``,
      nearest === undefined ? `Use ${SCTP_CHUNKS.join(', ')}.` : `Did you mean \`${nearest}\`?`,
    );
  }
  return chunk;
}

function readIcmp(
  reader: PacketFieldReader,
  protocol: number,
  family: IpFamily,
): Pick<Packet, 'icmpType' | 'icmpCode' | 'icmpId'> {
  if (!isIcmp(protocol)) {
    reader.refuse(['type', 'code', 'id', 'quoted'], 'icmp and icmpv6 packets');
    return { icmpType: 0, icmpCode: 0, icmpId: 0 };
  }
  if ((protocol === IP_PROTOCOL.icmp) !== (family === 4)) {
    reader.problem(
      reader.place('proto'),
      `\`${renderProtocol(protocol)}\` with IPv${family} addresses`,
      `Use ${family === 4 ? 'icmp' : 'icmpv6'}.`,
    );
  }
  return {
    icmpType: reader.integer('type', 0, 255) ?? defaultIcmpType(family),
    icmpCode: reader.integer('code', 0, 255) ?? 0,
    icmpId: reader.integer('id', 0, 65535) ?? DEFAULT_ICMP_ID,
  };
}

function readLength(
  reader: PacketFieldReader,
  protocol: number,
  family: IpFamily,
): number | undefined {
  return reader.integer('length', smallestLengthBytes(family, protocol), LENGTH_MAX[family]);
}

function readCommon(
  reader: PacketFieldReader,
): Pick<Packet, 'in' | 'mac' | 'ttl' | 'tos' | 'mark' | 'uid' | 'gid' | 'state' | 'timeSeconds'> {
  const from = reader.parsed(
    'in',
    (text) => (text === LOCAL || isInterfaceName(text) ? text : undefined),
    'Use an interface name of 1 to 15 characters, or local for a process on the host.',
  );
  if (from !== undefined && from !== LOCAL) {
    reader.refuse(['uid', 'gid'], 'packets of a process on the host (in=local)');
  }
  return {
    in: from,
    mac: reader.parsed('mac', parseMac, 'Use six pairs of hex digits, such as 02:00:00:00:00:01.'),
    ttl: reader.integer('ttl', 0, 255) ?? DEFAULT_TTL,
    tos: reader.integer('tos', 0, 255) ?? 0,
    mark: reader.integer('mark', 0, WORD32_MAX) ?? 0,
    uid: reader.integer('uid', 0, WORD32_MAX),
    gid: reader.integer('gid', 0, WORD32_MAX),
    state: reader.parsed(
      'state',
      (text) => STATES.find((state) => state === text.toLowerCase()),
      `Use ${STATES.join(', ')}.`,
    ),
    timeSeconds: reader.parsed('time', parseSeconds, 'Use seconds, 0 or more, such as 1.5.'),
  };
}

function parseMac(text: string): string | undefined {
  return /^[\da-f]{2}([:-])[\da-f]{2}(?:\1[\da-f]{2}){4}$/i.test(text)
    ? text.toLowerCase().replaceAll('-', ':')
    : undefined;
}

function parseSeconds(text: string): number | undefined {
  if (!/^\d+(\.\d+)?(e[-+]?\d{1,3})?$/i.test(text)) return undefined;
  const seconds = Number(text);
  return Number.isFinite(seconds) ? seconds : undefined;
}
