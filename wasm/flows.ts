import { fetchFlow, flowOf, noteClasses } from './flow-table.ts';
import {
  ARRIVAL_BITS,
  ARRIVAL_MASK,
  BEGINNING,
  CODE_EXPIRED,
  CODE_LEFT,
  CODE_NO_CONNECTION,
  CODE_UNCOUNTED,
  CODE_UNSETTLED,
  EVENT_OUTCOME,
  EVENT_PLACE,
  EVENT_RECORD,
  EVENT_REMAINS,
  FIELD_ARRIVALS,
  FIELD_DESTINATION,
  FIELD_EXPIRES_AT,
  FIELD_FLAGS,
  FIELD_HASH,
  FIELD_KEYS,
  FIELD_KIND,
  FIELD_ORIGINAL_AGAIN,
  FIELD_ORIGINAL_ESTABLISHED,
  FIELD_OWNER,
  FIELD_REPLY_ESTABLISHED,
  FIELD_SOURCE,
  FIELD_STREAM_FROM,
  FIELD_TCP,
  FLAG_ASSURED,
  FLAG_SEEN_REPLY,
  HAS_OPTIONS,
  MEMORY_EVENT,
  MEMORY_PACKETS,
  MEMORY_TIMES,
  OUTCOME_BYTES,
  OUTCOME_COUNT_OF_BYTES,
  OUTCOME_COUNT_OF_PACKETS,
  OUTCOME_FLOW_CLASS,
  OUTCOME_IS_STOPPED,
  OUTCOME_OPENS,
  PLAIN_BYTES,
  PLAIN_DESTINATION,
  PLAIN_FLAGS,
  PLAIN_HASH,
  PLAIN_INTERFACE_NUMBER,
  PLAIN_KIND,
  PLAIN_ORIGINAL_LENGTH,
  PLAIN_PORTS,
  PLAIN_SOURCE,
  PROTOCOL_UDP,
  RECORD_SHIFT,
  REMAINS_DESTINATION,
  REMAINS_FLOW,
  REMAINS_SOURCE,
  STATE_CODE,
  STATE_CONNECTIONS,
  STATE_DESTINATIONS,
  STATE_FETCHED,
  STATE_FREE_RECORD,
  STATE_GENERATION,
  STATE_HAS_CHANGED,
  STATE_IS_REPLY,
  STATE_IS_TOLD,
  STATE_LEAST_EXPIRY_MS,
  STATE_MOST_CONNECTIONS,
  STATE_OUTCOME_COUNT,
  STATE_OUTCOMES,
  STATE_PLACE_MASK,
  STATE_PLACES,
  STATE_RECORD,
  STATE_SOURCES,
  STATE_UDP_MS,
  STATE_UDP_STREAM_MS,
  STATE_UNUSED_RECORD,
  STATE_UNUSED_RECORDS,
  TCP_FLAG_S,
  TRACKED_AGAIN,
  TRACKED_ESTABLISHED,
  TRACKED_FIRST,
} from './layout.ts';
import { LEFT, openSegment, takeSegment } from './segments.ts';
import { countTalker } from './talkers.ts';
import { beginWay, settleWay, TO_TRACK } from './ways.ts';

/** As `trackUdp` has it. */
const STREAM_AFTER_MS: f64 = 2000;

/**
 * Brings what the packets in the first `count` places need into the processor's cache: one after the other they would wait for memory each, but all at once they wait
 * together.
 */
export function fetchFlows(count: i32): void {
  const places = load<i32>(STATE_PLACES);
  const mask = load<i32>(STATE_PLACE_MASK);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const hash = load<i32>(MEMORY_PACKETS + i * PLAIN_BYTES, PLAIN_HASH);
    sum ^= load<i32>(places + ((hash & mask) << 3));
  }
  for (let i = 0; i < count; i++) {
    const hash = load<i32>(MEMORY_PACKETS + i * PLAIN_BYTES, PLAIN_HASH);
    const record = load<i32>(places + ((hash & mask) << 3));
    if (record !== 0) {
      const at = record << RECORD_SHIFT;
      sum ^= load<i32>(at) ^ load<i32>(at, FIELD_TCP);
    } else sum ^= fetchFlow(hash);
  }
  // So that reading ahead is not left out as useless.
  store<i32>(STATE_FETCHED, sum);
}

/**
 * Judges the packets that wait from one on, of connections that are there, as long as nothing that rules look at differs from the packet before in the same
 * direction, whose outcome the connection's record holds, and of those that go known ways; counts them by outcome. Returns the place of the first that is something
 * else, of which a code says what; it has counted nowhere. Stops behind the first of which something remains to be done as well, which the event tells: what is done for that comes before
 * the next packet is counted.
 */
export function judgePackets(from: i32, count: i32): i32 {
  store<i32>(STATE_IS_TOLD, 0);
  let place = from;
  for (; place < count; place++) {
    const code = judge(place);
    if (code !== 0) {
      store<i32>(STATE_CODE, code);
      break;
    }
    if (load<i32>(STATE_IS_TOLD) !== 0) return place + 1;
  }
  return place;
}

/** 0 where the packet was judged, else a code. */
function judge(place: i32): i32 {
  const packet = MEMORY_PACKETS + place * PLAIN_BYTES;
  const record = find(packet);
  if (record === 0) return begin(place, packet) ? 0 : CODE_NO_CONNECTION;
  const at = record << RECORD_SHIFT;
  const now = load<f64>(MEMORY_TIMES + (place << 3)) * 1000;
  store<i32>(STATE_RECORD, record);
  if (load<f64>(at, FIELD_EXPIRES_AT) <= now) return CODE_EXPIRED;
  const isReply = load<i32>(STATE_IS_REPLY) !== 0;
  const arrivals = load<i32>(at, FIELD_ARRIVALS);
  const arrival = load<i32>(packet, PLAIN_INTERFACE_NUMBER) + 2;
  const isAlike = (isReply ? arrivals >>> ARRIVAL_BITS : arrivals & ARRIVAL_MASK) === arrival;
  const flags = load<i32>(at, FIELD_FLAGS);
  let known = isAlike ? knownOutcome(at, isReply, flags) : 0;
  if (known === 0) {
    known = settle(packet, at, isReply, flags) + 1;
    if (known === 0) return CODE_UNSETTLED;
  } else if (!isTold(known - 1)) return CODE_UNCOUNTED;

  let timeout: f64;
  if (load<i32>(packet, PLAIN_KIND) >>> 8 === PROTOCOL_UDP)
    timeout = takeUdp(at, flags, isReply, now);
  else {
    timeout = takeSegment(packet, at, isReply);
    if (timeout === LEFT) return CODE_LEFT;
    if (isReply) store<i32>(at, load<i32>(at, FIELD_FLAGS) | FLAG_SEEN_REPLY, FIELD_FLAGS);
  }
  noteExpiry(at, now + timeout);
  if (load<i32>(at, FIELD_FLAGS) !== flags) store<i32>(STATE_HAS_CHANGED, 1);
  count(place, record, known - 1);
  return 0;
}

/** Counts the packet in a place with its outcome, and tells what remains to be done. */
function count(place: i32, record: i32, outcome: i32): void {
  const remains = countPacket(place, record, outcome);
  if (remains !== 0) tell(place, record, outcome, remains);
}

/** Whether there is a class for flows with packets of an outcome. */
function isTold(number: i32): bool {
  if (number >= load<i32>(STATE_OUTCOME_COUNT)) return false;
  const outcome = load<i32>(STATE_OUTCOMES) + number * OUTCOME_BYTES;
  return load<i32>(outcome, OUTCOME_FLOW_CLASS) !== 0;
}

/**
 * The outcome of packets of a connection that come as this one does, which is noted in its record; -1 where only FastEvaluator can say. As its
 * `settleKnown`.
 */
function settle(packet: i32, at: i32, isReply: bool, flags: i32): i32 {
  if (beginWay(packet) !== TO_TRACK) return -1;
  const isAnswered = isReply || (flags & FLAG_SEEN_REPLY) !== 0;
  const outcome = settleWay(isAnswered ? TRACKED_ESTABLISHED : TRACKED_AGAIN);
  if (outcome < 0 || !isTold(outcome)) return -1;
  arriveAt(at, isReply, load<i32>(packet, PLAIN_INTERFACE_NUMBER) + 2);
  if (isReply) store<i32>(at, outcome + 1, FIELD_REPLY_ESTABLISHED);
  else if (isAnswered) store<i32>(at, outcome + 1, FIELD_ORIGINAL_ESTABLISHED);
  else store<i32>(at, outcome + 1, FIELD_ORIGINAL_AGAIN);
  return outcome;
}

/** Notes where packets of a direction come in; where that is new, their outcomes are no longer known. As `arriveAt` of FastConnections. */
function arriveAt(at: i32, isReply: bool, arrival: i32): void {
  const arrivals = load<i32>(at, FIELD_ARRIVALS);
  if ((isReply ? arrivals >>> ARRIVAL_BITS : arrivals & ARRIVAL_MASK) === arrival) return;
  if (isReply) {
    store<i32>(at, (arrivals & ARRIVAL_MASK) | (arrival << ARRIVAL_BITS), FIELD_ARRIVALS);
    store<i32>(at, 0, FIELD_REPLY_ESTABLISHED);
  } else {
    store<i32>(at, (arrivals & ~ARRIVAL_MASK) | arrival, FIELD_ARRIVALS);
    store<i32>(at, 0, FIELD_ORIGINAL_AGAIN);
    store<i32>(at, 0, FIELD_ORIGINAL_ESTABLISHED);
  }
}

/**
 * Judges and counts a packet without a connection, and begins one where it is accepted; false where only FastEvaluator can, and nothing has changed. As its `openPlain`, and
 * `takeUnknown` for a packet whose way ends before connection tracking.
 */
function begin(place: i32, packet: i32): bool {
  let outcome = beginWay(packet);
  let record = 0;
  if (outcome === TO_TRACK) {
    if (!isOpening(packet) || !hasRoom()) return false;
    outcome = settleWay(TRACKED_FIRST);
    if (outcome < 0 || !isTold(outcome)) return false;
    const opens = load<i32>(load<i32>(STATE_OUTCOMES) + outcome * OUTCOME_BYTES, OUTCOME_OPENS);
    if (opens !== 0) {
      record = makeRecord();
      if (record === 0) return false;
      openConnection(place, record);
    }
  } else if (outcome < 0 || !isTold(outcome)) return false;
  count(place, record, outcome);
  return true;
}

/** Whether the packet is one with which a connection may begin, and which can be read whole here. */
function isOpening(packet: i32): bool {
  if (load<i32>(packet, PLAIN_KIND) >>> 8 === PROTOCOL_UDP) return true;
  return (load<i32>(packet, PLAIN_FLAGS) & (HAS_OPTIONS | BEGINNING)) === TCP_FLAG_S;
}

/** Whether another connection may begin, and the table has room for it. */
function hasRoom(): bool {
  const connections = load<i32>(STATE_CONNECTIONS);
  return (
    connections < load<i32>(STATE_MOST_CONNECTIONS) && connections * 2 < load<i32>(STATE_PLACE_MASK)
  );
}

/** The number of a new connection's record, all of whose words are 0; 0 where there is none. As `make` of ConnectionRecords. */
function makeRecord(): i32 {
  let record = load<i32>(STATE_FREE_RECORD);
  if (record !== 0) {
    const at = record << RECORD_SHIFT;
    store<i32>(STATE_FREE_RECORD, load<i32>(at));
    store<i32>(at, 0);
  } else {
    const unused = load<i32>(STATE_UNUSED_RECORDS);
    if (unused === 0) return 0;
    record = load<i32>(STATE_UNUSED_RECORD);
    store<i32>(STATE_UNUSED_RECORD, record + 1);
    store<i32>(STATE_UNUSED_RECORDS, unused - 1);
  }
  store<i32>(STATE_CONNECTIONS, load<i32>(STATE_CONNECTIONS) + 1);
  return record;
}

/** The number of the outcome of packets of a connection plus 1; 0: not known yet. As `knownOutcome` of ConnectionRecords. */
function knownOutcome(at: i32, isReply: bool, flags: i32): i32 {
  if (isReply) return load<i32>(at, FIELD_REPLY_ESTABLISHED);
  return (flags & FLAG_SEEN_REPLY) !== 0
    ? load<i32>(at, FIELD_ORIGINAL_ESTABLISHED)
    : load<i32>(at, FIELD_ORIGINAL_AGAIN);
}

/**
 * Counts the packet in a place with its outcome, in its flow, as far as its connection's record (0: it has none) has not noted that, and by its addresses, where it is
 * stopped; bits of REMAINS for what remains to be done.
 */
export function countPacket(place: i32, record: i32, number: i32): i32 {
  const packet = MEMORY_PACKETS + place * PLAIN_BYTES;
  const outcome = load<i32>(STATE_OUTCOMES) + number * OUTCOME_BYTES;
  const packets = load<f64>(outcome, OUTCOME_COUNT_OF_PACKETS) + 1;
  store<f64>(outcome, packets, OUTCOME_COUNT_OF_PACKETS);
  const bytes = load<f64>(outcome, OUTCOME_COUNT_OF_BYTES);
  const length = <f64>load<u32>(packet, PLAIN_ORIGINAL_LENGTH);
  store<f64>(outcome, bytes + length, OUTCOME_COUNT_OF_BYTES);
  let remains = 0;
  if (load<i32>(outcome, OUTCOME_IS_STOPPED) !== 0) {
    if (!countTalker(STATE_SOURCES, load<i32>(packet, PLAIN_SOURCE))) remains = REMAINS_SOURCE;
    if (!countTalker(STATE_DESTINATIONS, load<i32>(packet, PLAIN_DESTINATION))) {
      remains |= REMAINS_DESTINATION;
    }
  }
  return isNoted(packet, record, outcome) ? remains : remains | REMAINS_FLOW;
}

/** Notes the outcome of a packet with its flow; false where that is left to whoever can. */
function isNoted(packet: i32, record: i32, outcome: i32): bool {
  if (record === 0) {
    const flow = flowOf(packet);
    return flow !== 0 && noteClasses(flow, outcome);
  }
  const owner = (record << RECORD_SHIFT) + FIELD_OWNER;
  const number = load<i32>(outcome, OUTCOME_FLOW_CLASS);
  const generation = load<i32>(STATE_GENERATION);
  // What the table of flows has forgotten must be noted anew.
  const isRemembered = load<i32>(owner, 8) === generation && load<i32>(owner, 12) !== 0;
  if (isRemembered && (load<i32>(owner) === number || load<i32>(owner, 4) === number)) return true;
  const flow = isRemembered ? load<i32>(owner, 12) : flowOf(packet);
  if (flow === 0 || !noteClasses(flow, outcome)) return false;
  store<i32>(owner, isRemembered ? load<i32>(owner) : 0, 4);
  store<i32>(owner, number);
  store<i32>(owner, generation, 8);
  store<i32>(owner, flow, 12);
  return true;
}

/**
 * Begins the connection of a plain UDP packet, or TCP SYN, in a place: writes its record, all of whose words are 0, and puts it into a place of the table, of which one is
 * free. As `trackUdp`, or `openTcp`, and `insert` of ConnectionColumns.
 */
export function openConnection(place: i32, record: i32): void {
  const packet = MEMORY_PACKETS + place * PLAIN_BYTES;
  const at = record << RECORD_SHIFT;
  const now = load<f64>(MEMORY_TIMES + (place << 3)) * 1000;
  const kind = load<i32>(packet, PLAIN_KIND);
  const hash = load<i32>(packet, PLAIN_HASH);
  store<i32>(at, load<i32>(packet, PLAIN_SOURCE), FIELD_SOURCE);
  store<i32>(at, load<i32>(packet, PLAIN_DESTINATION), FIELD_DESTINATION);
  store<i32>(at, load<i32>(packet, PLAIN_PORTS), FIELD_KEYS);
  store<i32>(at, kind, FIELD_KIND);
  store<i32>(at, hash, FIELD_HASH);
  let timeout: f64;
  if (kind >>> 8 === PROTOCOL_UDP) {
    store<f64>(at, now + STREAM_AFTER_MS, FIELD_STREAM_FROM);
    timeout = load<f64>(STATE_UDP_MS);
  } else {
    timeout = openSegment(packet, at);
  }
  noteExpiry(at, now + timeout);
  store<i32>(STATE_HAS_CHANGED, 1);
  const places = load<i32>(STATE_PLACES);
  const mask = load<i32>(STATE_PLACE_MASK);
  let free = hash & mask;
  while (load<i32>(places + (free << 3)) !== 0) free = (free + 1) & mask;
  store<i32>(places + (free << 3), record);
  store<i32>(places + (free << 3), hash, 4);
}

function noteExpiry(at: i32, expiry: f64): void {
  store<f64>(at, expiry, FIELD_EXPIRES_AT);
  if (expiry < load<f64>(STATE_LEAST_EXPIRY_MS)) store<f64>(STATE_LEAST_EXPIRY_MS, expiry);
}

function tell(place: i32, record: i32, outcome: i32, remains: i32): void {
  store<i32>(MEMORY_EVENT, place, EVENT_PLACE);
  store<i32>(MEMORY_EVENT, record, EVENT_RECORD);
  store<i32>(MEMORY_EVENT, outcome, EVENT_OUTCOME);
  store<i32>(MEMORY_EVENT, remains, EVENT_REMAINS);
  store<i32>(STATE_IS_TOLD, 1);
}

/** As `trackUdp`; for how many milliseconds the connection lives on. */
function takeUdp(at: i32, flags: i32, isReply: bool, now: f64): f64 {
  const isStream = (flags & FLAG_SEEN_REPLY) !== 0 && now > load<f64>(at, FIELD_STREAM_FROM);
  store<i32>(
    at,
    flags | (isStream ? FLAG_ASSURED : 0) | (isReply ? FLAG_SEEN_REPLY : 0),
    FIELD_FLAGS,
  );
  return isStream ? load<f64>(STATE_UDP_STREAM_MS) : load<f64>(STATE_UDP_MS);
}

/** The record of the packet's flow; 0 when there is none. Notes whether it travels against the connection's first packet. */
function find(packet: i32): i32 {
  const places = load<i32>(STATE_PLACES);
  const mask = load<i32>(STATE_PLACE_MASK);
  const hash = load<i32>(packet, PLAIN_HASH);
  const kind = load<i32>(packet, PLAIN_KIND);
  const keys = load<i32>(packet, PLAIN_PORTS);
  const source = load<i32>(packet, PLAIN_SOURCE);
  const destination = load<i32>(packet, PLAIN_DESTINATION);
  let place = hash & mask;
  let record = load<i32>(places + (place << 3));
  while (record !== 0) {
    const at = record << RECORD_SHIFT;
    if (load<i32>(places + (place << 3), 4) === hash && load<i32>(at, FIELD_KIND) === kind) {
      const itsKeys = load<i32>(at, FIELD_KEYS);
      const itsSource = load<i32>(at, FIELD_SOURCE);
      const itsDestination = load<i32>(at, FIELD_DESTINATION);
      if (itsKeys === keys && itsSource === source && itsDestination === destination) {
        store<i32>(STATE_IS_REPLY, 0);
        return record;
      }
      if (
        rotl<i32>(itsKeys, 16) === keys &&
        itsSource === destination &&
        itsDestination === source
      ) {
        store<i32>(STATE_IS_REPLY, 1);
        return record;
      }
    }
    place = (place + 1) & mask;
    record = load<i32>(places + (place << 3));
  }
  return 0;
}
