import type { IpAddress } from '../../address/ip-address.ts';
import { IP_PROTOCOL } from '../../address/protocol.ts';
import type { ConnectionRecord, ConnectionZone, RecordedTuple } from './connection-record.ts';

/** What was read of one direction; numbers that were not printed are -1. */
export class TupleWords {
  source: IpAddress | undefined = undefined;
  destination: IpAddress | undefined = undefined;
  sourcePort = -1;
  destinationPort = -1;
  icmpType = -1;
  icmpCode = -1;
  icmpId = -1;
  sourceKey = -1;
  destinationKey = -1;
}

/** What was read of one entry. */
export class RecordWords {
  readonly original: TupleWords = new TupleWords();
  readonly reply: TupleWords = new TupleWords();
  protocol = -1;
  state: string | undefined = undefined;
  timeoutSeconds: number | undefined = undefined;
  unreplied = false;
  assured = false;
  offloaded = false;
  /** Why the text does not tell what its state is. */
  doubt: string | undefined = undefined;
  mark = 0;
  zone = 0;
  /** The zone of one direction alone. */
  originalZone = 0;
  replyZone = 0;
  helper: string | undefined = undefined;
}

/** Protocols whose flows are told apart by ports. */
const WITH_PORTS: readonly number[] = [
  IP_PROTOCOL.tcp,
  IP_PROTOCOL.udp,
  IP_PROTOCOL.sctp,
  IP_PROTOCOL.udplite,
];

/** The record of what was read, or why there can be none, in words. */
export function buildRecord(words: RecordWords, line: number): ConnectionRecord | string {
  const { protocol } = words;
  if (protocol < 0 || protocol > 255) return 'the protocol is missing';
  const original = buildTuple(words.original, protocol, 'original');
  if (typeof original === 'string') return original;
  const reply = buildTuple(words.reply, protocol, 'reply');
  if (typeof reply === 'string') return reply;
  if (original.family !== reply.family) return 'the two directions are of different families';
  return {
    original,
    reply,
    state: words.state,
    timeoutSeconds: words.timeoutSeconds,
    seenReply: !words.unreplied,
    assured: words.assured,
    mark: words.mark >>> 0,
    zone: zoneOf(words),
    helper: words.helper,
    unknown: whyUnknown(words),
    line,
  };
}

function zoneOf({ zone, originalZone, replyZone }: RecordWords): ConnectionZone {
  const original = originalZone || zone;
  const reply = replyZone || zone;
  return original === 0 && reply === 0 ? NOWHERE : { original, reply };
}

const NOWHERE: ConnectionZone = { original: 0, reply: 0 };

function whyUnknown(words: RecordWords): string | undefined {
  const { protocol, offloaded, original, doubt } = words;
  if (doubt !== undefined) return doubt;
  if (offloaded) return 'it is offloaded: its packets pass by the rules';
  if (protocol === IP_PROTOCOL.gre && (original.sourceKey > 0 || original.destinationKey > 0)) {
    return 'it is told from others by its GRE key, which is not modelled';
  }
  if (protocol === IP_PROTOCOL.dccp && original.sourcePort >= 0) {
    return 'this kernel tells DCCP flows apart by ports, which is not modelled';
  }
  return undefined;
}

function buildTuple(
  words: TupleWords,
  protocol: number,
  direction: string,
): RecordedTuple | string {
  const { source, destination } = words;
  if (source === undefined || destination === undefined) {
    return `the ${direction} direction has no source or no destination`;
  }
  const { family } = source;
  if (destination.family !== family) return `the ${direction} direction mixes IPv4 and IPv6`;
  const of = (sourceKey: number, destinationKey: number): RecordedTuple => ({
    family,
    protocol,
    source,
    destination,
    sourceKey,
    destinationKey,
  });
  if (WITH_PORTS.includes(protocol)) {
    const { sourcePort, destinationPort } = words;
    if (!isPort(sourcePort) || !isPort(destinationPort)) {
      return `the ${direction} direction has no ports`;
    }
    return of(sourcePort, destinationPort);
  }
  if (protocol === (family === 4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.icmpv6)) {
    const { icmpType, icmpCode, icmpId } = words;
    if (!isPort(icmpId) || !isOctet(icmpType) || !isOctet(icmpCode)) return NO_IDENTIFIER;
    return of(icmpId, (icmpType << 8) | icmpCode);
  }
  return of(0, 0);
}

/** conntrack's XML has no identifiers of ICMP flows. */
export const NO_IDENTIFIER = 'an ICMP flow has no type, code or identifier';

function isPort(value: number): boolean {
  return value >= 0 && value <= 0xffff;
}

function isOctet(value: number): boolean {
  return value >= 0 && value <= 0xff;
}
