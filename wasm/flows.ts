import {
  ARRIVAL_BITS,
  ARRIVAL_MASK,
  CODE_EXPIRED,
  CODE_LEFT,
  CODE_NO_CONNECTION,
  CODE_UNCOUNTED,
  CODE_UNSETTLED,
  EVENT_BYTES,
  EVENT_OUTCOME,
  EVENT_PLACE,
  EVENT_RECORD,
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
  MEMORY_EVENTS,
  MEMORY_PACKETS,
  MEMORY_TIMES,
  MEMORY_UNKNOWN,
  OUTCOME_BYTES,
  OUTCOME_COUNT_OF_BYTES,
  OUTCOME_COUNT_OF_PACKETS,
  OUTCOME_GROUP,
  OUTCOME_IS_STOPPED,
  PLAIN_BYTES,
  PLAIN_DESTINATION,
  PLAIN_HASH,
  PLAIN_INTERFACE_NUMBER,
  PLAIN_KIND,
  PLAIN_ORIGINAL_LENGTH,
  PLAIN_PORTS,
  PLAIN_SOURCE,
  PROTOCOL_UDP,
  RECORD_SHIFT,
  STATE_CODE,
  STATE_EVENT_COUNT,
  STATE_FETCHED,
  STATE_GENERATION,
  STATE_HAS_CHANGED,
  STATE_IS_REPLY,
  STATE_LEAST_EXPIRY_MS,
  STATE_OUTCOME_COUNT,
  STATE_OUTCOMES,
  STATE_PLACE_MASK,
  STATE_PLACES,
  STATE_RECORD,
  STATE_UDP_MS,
  STATE_UDP_STREAM_MS,
} from './layout.ts';
import { LEFT, openSegment, takeSegment } from './segments.ts';

/** As `trackUdp` has it. */
const STREAM_AFTER_MS: f64 = 2000;

/**
 * Brings what the packets in the first `count` places need into the processor's cache: one after the other they would wait for memory each, but all at once they wait
 * together. Notes the hashes of those that begin a flow, as it seems, and returns how many these are.
 */
export function fetchFlows(count: i32): i32 {
  const places = load<i32>(STATE_PLACES);
  const mask = load<i32>(STATE_PLACE_MASK);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const hash = load<i32>(MEMORY_PACKETS + i * PLAIN_BYTES, PLAIN_HASH);
    sum ^= load<i32>(places + ((hash & mask) << 3));
  }
  let unknown = 0;
  for (let i = 0; i < count; i++) {
    const hash = load<i32>(MEMORY_PACKETS + i * PLAIN_BYTES, PLAIN_HASH);
    const record = load<i32>(places + ((hash & mask) << 3));
    if (record !== 0) {
      const at = record << RECORD_SHIFT;
      sum ^= load<i32>(at) ^ load<i32>(at, FIELD_TCP);
    } else {
      store<i32>(MEMORY_UNKNOWN + (unknown << 2), hash);
      unknown++;
    }
  }
  // So that reading ahead is not left out as useless.
  store<i32>(STATE_FETCHED, sum);
  return unknown;
}

/**
 * Judges the packets that wait from one on, of connections that are there, as long as nothing that rules look at differs from the packet before in the same
 * direction, whose outcome the connection's record holds; counts them by outcome. Returns the place of the first that is something else, of which a
 * code says what; nothing has changed by it. What must be counted by flow, or was stopped, is told in the events.
 */
export function judgePackets(from: i32, count: i32): i32 {
  store<i32>(STATE_EVENT_COUNT, 0);
  let place = from;
  for (; place < count; place++) {
    const code = judge(place);
    if (code !== 0) {
      store<i32>(STATE_CODE, code);
      break;
    }
  }
  return place;
}

/** 0 where the packet was judged, else a code. */
function judge(place: i32): i32 {
  const packet = MEMORY_PACKETS + place * PLAIN_BYTES;
  const record = find(packet);
  if (record === 0) return CODE_NO_CONNECTION;
  const at = record << RECORD_SHIFT;
  const now = load<f64>(MEMORY_TIMES + (place << 3)) * 1000;
  store<i32>(STATE_RECORD, record);
  if (load<f64>(at, FIELD_EXPIRES_AT) <= now) return CODE_EXPIRED;
  const isReply = load<i32>(STATE_IS_REPLY) !== 0;
  const arrivals = load<i32>(at, FIELD_ARRIVALS);
  const arrival = load<i32>(packet, PLAIN_INTERFACE_NUMBER) + 2;
  if ((isReply ? arrivals >>> ARRIVAL_BITS : arrivals & ARRIVAL_MASK) !== arrival) {
    return CODE_UNSETTLED;
  }
  const flags = load<i32>(at, FIELD_FLAGS);
  const known = knownOutcome(at, isReply, flags);
  if (known === 0) return CODE_UNSETTLED;
  if (known > load<i32>(STATE_OUTCOME_COUNT)) return CODE_UNCOUNTED;
  const outcome = load<i32>(STATE_OUTCOMES) + (known - 1) * OUTCOME_BYTES;
  const group = load<i32>(outcome, OUTCOME_GROUP);
  if (group === 0) return CODE_UNCOUNTED;

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
  count(packet, outcome);
  if (!isCounted(at, group) || load<i32>(outcome, OUTCOME_IS_STOPPED) !== 0)
    tell(place, record, known - 1);
  return 0;
}

/** The number of the outcome of packets of a connection plus 1; 0: not known yet. As `knownOutcome` of ConnectionRecords. */
function knownOutcome(at: i32, isReply: bool, flags: i32): i32 {
  if (isReply) return load<i32>(at, FIELD_REPLY_ESTABLISHED);
  return (flags & FLAG_SEEN_REPLY) !== 0
    ? load<i32>(at, FIELD_ORIGINAL_ESTABLISHED)
    : load<i32>(at, FIELD_ORIGINAL_AGAIN);
}

/** Whether it has been noted that the connection had packets of the group, whose number plus 1 it is. */
function isCounted(at: i32, group: i32): bool {
  if (load<i32>(at, FIELD_OWNER + 8) !== load<i32>(STATE_GENERATION)) return false;
  return load<i32>(at, FIELD_OWNER) === group || load<i32>(at, FIELD_OWNER + 4) === group;
}

function count(packet: i32, outcome: i32): void {
  const packets = load<f64>(outcome, OUTCOME_COUNT_OF_PACKETS) + 1;
  store<f64>(outcome, packets, OUTCOME_COUNT_OF_PACKETS);
  const bytes =
    load<f64>(outcome, OUTCOME_COUNT_OF_BYTES) + <f64>load<u32>(packet, PLAIN_ORIGINAL_LENGTH);
  store<f64>(outcome, bytes, OUTCOME_COUNT_OF_BYTES);
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

function tell(place: i32, record: i32, outcome: i32): void {
  const events = load<i32>(STATE_EVENT_COUNT);
  const event = MEMORY_EVENTS + events * EVENT_BYTES;
  store<i32>(event, place, EVENT_PLACE);
  store<i32>(event, record, EVENT_RECORD);
  store<i32>(event, outcome, EVENT_OUTCOME);
  store<i32>(STATE_EVENT_COUNT, events + 1);
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
