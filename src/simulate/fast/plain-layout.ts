import { IP_PROTOCOL } from '../../address/protocol.ts';
import { TCP_FLAG } from '../../packet/packet.ts';
import { TCP_KIND, TCP_KINDS, TCP_STATE } from '../conntrack/tcp-state.ts';
import {
  BELOW_RETRANSMISSIONS,
  KIND_BITS,
  KIND_SHIFT,
  LAST,
  LAST_BIT,
  MOST_RETRANSMISSIONS,
  RETRANSMISSIONS_SHIFT,
  SCALE_BITS,
  SCALE_SHIFT,
  SIDE,
  SIDE_BIT,
  SIDE_WORDS,
  WINDOW_BITS,
} from '../conntrack/tcp-words.ts';
import {
  ARRIVAL_BITS,
  ARRIVAL_MASK,
  FIELD,
  FLAG,
  RECORD_SHIFT,
  STATE_SHIFT,
} from './record-layout.ts';

import { BEGINNING } from './tcp-opening.ts';
import {
  ASKS,
  FORK,
  FORK_FIELD,
  INDEX,
  LIST,
  LIST_WORDS,
  LONG_LIST,
  NARROWED,
  ROUTE,
  ROUTE_SHIFT,
  ROUTE_WORDS,
  SENT_ROUTES,
  TEST_WORDS,
  TRACKED,
} from './ways-layout.ts';

/**
 * Plain packets are what most packets of a capture are: whole IPv4 datagrams of TCP or UDP without IP options, sound in every way, between
 * ordinary addresses. As many as are kept together: what they and their connections take stays in the processor's
 * cache.
 */
export const MOST_PLAIN = 128;

/** Which checksums of a packet must be right for it to be plain. */
export const CHECKED = { none: 0, header: 1, transport: 2 } as const;

/** Words that a packet takes, one line of the processor's cache, and what stands in each. */
export const PLAIN_WORDS = 16;
export const PLAIN = {
  source: 0,
  destination: 1,
  /** Source port << 16 | destination port. */
  ports: 2,
  /** Protocol << 8 | 4. */
  kind: 3,
  /** Of TCP alone, as is what follows; with HAS_OPTIONS. */
  flags: 4,
  sequence: 5,
  acknowledgement: 6,
  window: 7,
  payloadBytes: 8,
  /** Of its flow, as `hashOfPorts` gives it. */
  hash: 9,
  /** Place of its input interface among the host's; -1 for one that the host itself sends. */
  interfaceNumber: 10,
  /** On the wire, unsigned. */
  originalLength: 11,
  /** Where its header begins and its frame ends, and where that says who sent it. */
  start: 12,
  end: 13,
  sourceMac: 14,
  /** Of TCP: what its options offer, which counts in a SYN: the window's scale plus 1, or 0; and OFFERS_SACK. */
  options: 15,
} as const;

/** In `options`: selective acknowledgements are taken. */
export const OFFERS_SACK = 0x100;

/** In `flags` beside those of TCP: the segment has options that were not read, selective acknowledgements. */
export const HAS_OPTIONS = 0x100;

/** Words of a frame's record, and what stands in each: where it lies, and lengths, which are unsigned. */
export const FRAME_WORDS = 4;
export const FRAME = { offset: 0, capturedLength: 1, originalLength: 2 } as const;

/** What is told of a packet that was judged, in a word each: its place among those that wait, its connection's record, the number of its outcome, bits of REMAINS. */
export const EVENT = { place: 0, record: 1, outcome: 2, remains: 3 } as const;

/** Words of an outcome, and what stands in each; counts are numbers with a fraction, of two words. */
export const OUTCOME_WORDS = 8;
export const OUTCOME = {
  countOfPackets: 0,
  countOfBytes: 2,
  /** The class that flows with such a packet are counted in; 0: not known yet. The class of its verdict. */
  flowClass: 4,
  verdictClass: 5,
  /** 1 where packets are stopped; and where they are accepted, so that a connection begins with the first. */
  isStopped: 6,
  opens: 7,
} as const;

/** Words of a flow's record, and what stands in each of the first: a flow is the same in both directions. */
export const FLOW_WORDS = 8;
export const FLOW = {
  /** The lower address as an unsigned number; of equal ones that with the lower port. */
  lower: 0,
  upper: 1,
  /** The lower end's port << 16 | the other's. */
  ports: 2,
  protocol: 3,
  /** Classes below BIT_CLASSES, a bit each. */
  bits: 4,
  /** Higher classes plus 1. */
  classes: 5,
} as const;

/** Classes with a bit each in a flow's record. */
export const BIT_CLASSES = 32;

/** Higher ones that there is room for in it. */
export const OWN_CLASSES = 3;

/** What stands in each word of a table of addresses by which stopped packets are counted: its address, one less than it has places, addresses in it, how many more may be put in. */
export const TALKERS = { places: 0, mask: 1, size: 2, room: 3 } as const;

/** Words of a place in it, and what stands in each: an address, and its packets, a number with a fraction; 0 where the place is free. */
export const TALKER_WORDS = 4;
export const TALKER = { number: 0, count: 2 } as const;

/** What remains to be done of a packet that was counted: to count its flow, where it came from, and where it went. */
export const REMAINS = { flow: 1, source: 2, destination: 4 } as const;

/** Beside the bits of CHECKED: packets that the host sends are taken too. */
export const TAKES_SENT = 4;

/** In the place of the number of an input interface: the host itself sends the packet. */
export const SENT_BY_HOST = -1;

/** What an address is to the host beside the number of the interface that leads to it: its own; without a route back; not asked yet. */
export const TOWARDS = { own: -1, unrouted: -2, open: -3 } as const;

/** Why a packet was not judged. */
export const CODE = {
  /** Its flow has no connection; or one that has expired; both are a new one's. */
  noConnection: 1,
  expired: 2,
  /** Its outcome is missing in its connection's record; or has not been told. */
  unsettled: 3,
  uncounted: 4,
  /** It is no segment that is simple to judge. */
  left: 5,
} as const;

/** Bytes from the beginning of memory on where single words and numbers stand. */
export const STATE = {
  /** Packets that wait. */
  waiting: 1024,
  /** Of the records taken last, those that the host itself sent. */
  sent: 1028,
  /** Of the packet that was not judged: CODE, its connection's record, whether it travels against that's first one. */
  code: 1032,
  record: 1036,
  isReply: 1040,
  /** 1 where something remains to be done of the packet that was judged last, which the event tells. */
  isTold: 1044,
  /** 1 after a connection has changed whether it is assured, or its state. */
  hasChanged: 1048,
  /** Which generation of flows what was counted of a connection must be noted in. */
  generation: 1052,
  fetched: 1056,
  /** Addresses of the table of connections, and one less than it has places. */
  places: 1060,
  placeMask: 1064,
  /** Address of the outcomes, and how many there is room for. */
  outcomes: 1068,
  outcomeCount: 1072,
  /** Addresses of the first addresses of intervals, and of what each is to the host. */
  addressStarts: 1076,
  addressTowards: 1080,
  addressCount: 1084,
  /** Distinct flows; those of the generation that flows are added to. */
  flows: 1088,
  flowCount: 1092,
  /** Address of its places, which hold numbers of records, and one less than there are. */
  flowPlaces: 1096,
  flowPlaceMask: 1100,
  /** Address of the next flow's record, and how many may be added. */
  nextFlow: 1104,
  flowRoom: 1108,
  /** Address of the numbers of flows by class, and how many classes there is room for. */
  flowsOf: 1112,
  flowClasses: 1116,
  // Numbers with a fraction.
  latestSeconds: 1120,
  firstSeconds: 1128,
  firstNanoseconds: 1136,
  /** No connection that was refreshed expires before. */
  leastExpiryMs: 1144,
  udpMs: 1152,
  udpStreamMs: 1160,
  tcpMaxRetrans: 1168,
  tcpMaxRetransMs: 1176,
  tcpUnacknowledgedMs: 1184,
  // Words again.
  /** Connections, expired ones included; as long as there are fewer than `mostConnections`, one may begin. */
  connections: 1192,
  mostConnections: 1196,
  /** Numbers of a free record, in which stands that of the next, 0: there is none; of one that was never used, and how many such follow on each other. */
  freeRecord: 1200,
  unusedRecord: 1204,
  unusedRecords: 1208,
  /** Address of the places where ways begin, by input interface and protocol; how many interfaces there are. */
  entries: 1212,
  entryInterfaces: 1216,
  /** Addresses of the first addresses of intervals, as conditions and as routes cut them, and how many there are. */
  cutStarts: 1220,
  cutCount: 1224,
  routedStarts: 1228,
  routedCount: 1232,
  /** Address of the routes that are known. */
  routes: 1236,
  /** TALKERS of sources, and of destinations. */
  sources: 1240,
  destinations: 1256,
  /** As `flowPlaces`, of the generation before; no places as long as there is none. */
  oldFlowPlaces: 1272,
  oldFlowPlaceMask: 1276,
} as const;

/** Bytes from the beginning of memory on where arrays stand. */
export const MEMORY = {
  /** The state of a TCP connection after a segment: by direction, state and kind, a byte each. */
  nextStates: 1280,
  /** By TCP_STATE, numbers with a fraction. */
  tcpTimeouts: 1408,
  /** Of each packet that waits, seconds since the first packet. */
  times: 1536,
  packets: 2560,
  records: 10_752,
  /** Of each record seconds, then nanoseconds. */
  recordTimes: 12_800,
  event: 15_360,
  /** Bytes of one datagram, and of frames. */
  datagram: 17_408,
  frames: 82_944,
} as const;

/** Bytes that there is room for: of one datagram, and of frames. */
export const DATAGRAM_BYTES = 65_536;
export const FRAME_BYTES = 262_144;

/** From where on memory is for whatever must grow. */
export const FIRST_FREE: number = MEMORY.frames + FRAME_BYTES;

/** Everything that the compiled code must know, as constants with upper case names; places within records in bytes. */
export function layoutConstants(): ReadonlyMap<string, number> {
  const all = new Map<string, number>();
  const add = (prefix: string, values: Readonly<Record<string, number>>, factor = 1): void => {
    for (const [name, value] of Object.entries(values))
      all.set(constantOf(prefix, name), value * factor);
  };
  add('PLAIN', PLAIN, 4);
  add('FIELD', FIELD, 4);
  add('SIDE', SIDE, 4);
  add('LAST', LAST, 4);
  add('FRAME', FRAME, 4);
  add('EVENT', EVENT, 4);
  add('OUTCOME', OUTCOME, 4);
  add('FLOW', FLOW, 4);
  add('WAY', FORK);
  add('FORK', FORK_FIELD);
  add('INDEX', INDEX);
  add('LIST', LIST);
  add('NARROWED', NARROWED);
  add('ASKS', ASKS);
  add('ROUTE', ROUTE);
  add('TRACKED', TRACKED);
  add('REMAINS', REMAINS);
  add('TALKERS', TALKERS, 4);
  add('TALKER', TALKER, 4);
  add('STATE', STATE);
  add('MEMORY', MEMORY);
  add('CODE', CODE);
  add('ADDRESS', TOWARDS);
  add('FLAG', FLAG);
  add('SIDE_BIT', SIDE_BIT);
  add('LAST_BIT', LAST_BIT);
  add('TCP_FLAG', TCP_FLAG);
  add('TCP_KIND', TCP_KIND);
  add('TCP_STATE', TCP_STATE);
  add('CHECKED', CHECKED);
  add('', {
    ARRIVAL_BITS,
    ARRIVAL_MASK,
    BEGINNING,
    BELOW_RETRANSMISSIONS,
    BIT_CLASSES,
    FLOW_BYTES: FLOW_WORDS * 4,
    FRAME_RECORD_BYTES: FRAME_WORDS * 4,
    HAS_OPTIONS,
    KIND_BITS,
    KIND_SHIFT,
    LIST_WORDS,
    LONG_LIST,
    MOST_PLAIN,
    MOST_RETRANSMISSIONS,
    OFFERS_SACK,
    OWN_CLASSES,
    OUTCOME_BYTES: OUTCOME_WORDS * 4,
    PLAIN_BYTES: PLAIN_WORDS * 4,
    PROTOCOL_TCP: IP_PROTOCOL.tcp,
    PROTOCOL_UDP: IP_PROTOCOL.udp,
    RECORD_SHIFT,
    RETRANSMISSIONS_SHIFT,
    ROUTE_SHIFT,
    ROUTE_WORDS,
    SCALE_BITS,
    SCALE_SHIFT,
    SENT_BY_HOST,
    SENT_ROUTES,
    SIDE_BYTES: SIDE_WORDS * 4,
    STATE_SHIFT,
    TAKES_SENT,
    TALKER_BYTES: TALKER_WORDS * 4,
    TCP_KINDS,
    TEST_WORDS,
    TCP_STATES: Object.keys(TCP_STATE).length,
    WINDOW_BITS,
  });
  return all;
}

/** `PLAIN_PAYLOAD_BYTES` for `payloadBytes` of PLAIN. */
function constantOf(prefix: string, name: string): string {
  if (prefix === '') return name;
  return `${prefix}_${name.replace(/(?<=[a-z])[A-Z]/g, (upper) => `_${upper}`).toUpperCase()}`;
}
