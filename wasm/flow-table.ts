import {
  BIT_CLASSES,
  FLOW_BITS,
  FLOW_BYTES,
  FLOW_CLASSES,
  FLOW_LOWER,
  FLOW_PORTS,
  FLOW_PROTOCOL,
  FLOW_UPPER,
  OUTCOME_FLOW_CLASS,
  OUTCOME_VERDICT_CLASS,
  OWN_CLASSES,
  PLAIN_DESTINATION,
  PLAIN_HASH,
  PLAIN_KIND,
  PLAIN_PORTS,
  PLAIN_SOURCE,
  STATE_FLOW_CLASSES,
  STATE_FLOW_COUNT,
  STATE_FLOW_PLACE_MASK,
  STATE_FLOW_PLACES,
  STATE_FLOW_ROOM,
  STATE_FLOWS,
  STATE_FLOWS_OF,
  STATE_NEXT_FLOW,
  STATE_OLD_FLOW_PLACE_MASK,
  STATE_OLD_FLOW_PLACES,
} from './layout.ts';

// The flow that is looked for, as its record has it.
let lower: u32 = 0;
let upper: u32 = 0;
let itsPorts: u32 = 0;
let protocol: u32 = 0;

/**
 * The number of the packet's flow, which is added where it is new; 0 where only FlowTable can. As `note4` of that.
 */
export function flowOf(packet: i32): i32 {
  const mask = load<i32>(STATE_FLOW_PLACE_MASK);
  if (mask < 0) return 0;
  const source = load<u32>(packet, PLAIN_SOURCE);
  const destination = load<u32>(packet, PLAIN_DESTINATION);
  const ports = load<u32>(packet, PLAIN_PORTS);
  const isSwapped =
    source > destination || (source === destination && ports >>> 16 > (ports & 0xffff));
  lower = isSwapped ? destination : source;
  upper = isSwapped ? source : destination;
  itsPorts = isSwapped ? rotl<u32>(ports, 16) : ports;
  protocol = load<u32>(packet, PLAIN_KIND) >>> 8;
  const hash = load<i32>(packet, PLAIN_HASH);

  const place = findPlace(load<i32>(STATE_FLOW_PLACES), mask, hash);
  const known = load<i32>(place);
  if (known !== 0) return known;
  const room = load<i32>(STATE_FLOW_ROOM);
  if (room === 0) return 0;
  // What an older flow has noted only FlowTable takes over.
  const oldMask = load<i32>(STATE_OLD_FLOW_PLACE_MASK);
  const isOld =
    oldMask > 0 && load<i32>(findPlace(load<i32>(STATE_OLD_FLOW_PLACES), oldMask, hash)) !== 0;
  if (isOld) return 0;
  const at = load<i32>(STATE_NEXT_FLOW);
  store<u32>(at, lower, FLOW_LOWER);
  store<u32>(at, upper, FLOW_UPPER);
  store<u32>(at, itsPorts, FLOW_PORTS);
  store<u32>(at, protocol, FLOW_PROTOCOL);
  const flow = at >>> 2;
  store<i32>(place, flow);
  store<i32>(STATE_FLOW_ROOM, room - 1);
  store<i32>(STATE_NEXT_FLOW, at + FLOW_BYTES);
  store<i32>(STATE_FLOW_COUNT, load<i32>(STATE_FLOW_COUNT) + 1);
  store<i32>(STATE_FLOWS, load<i32>(STATE_FLOWS) + 1);
  return flow;
}

/** The address of the place where the flow stands, or would stand. */
function findPlace(places: i32, mask: i32, hash: i32): i32 {
  let place = hash & mask;
  let flow = load<i32>(places + (place << 2));
  while (flow !== 0 && !isIt(flow << 2)) {
    place = (place + 1) & mask;
    flow = load<i32>(places + (place << 2));
  }
  return places + (place << 2);
}

/** Whether a record is the flow's. */
function isIt(at: i32): bool {
  return (
    load<u32>(at, FLOW_LOWER) === lower &&
    load<u32>(at, FLOW_UPPER) === upper &&
    load<u32>(at, FLOW_PORTS) === itsPorts &&
    load<u32>(at, FLOW_PROTOCOL) === protocol
  );
}

/** Counts a flow that had a packet of an outcome; false where only FlowTable can. As `noteAgain` of that. */
export function noteClasses(flow: i32, outcome: i32): bool {
  const first = load<i32>(outcome, OUTCOME_FLOW_CLASS);
  if (first >= load<i32>(STATE_FLOW_CLASSES)) return false;
  const at = flow << 2;
  const bits = load<i32>(at, FLOW_BITS);
  if (first < BIT_CLASSES) {
    if ((bits & (1 << first)) !== 0) return true;
    store<i32>(at, bits | (1 << first), FLOW_BITS);
  } else {
    let own = at + FLOW_CLASSES;
    const end = own + OWN_CLASSES * 4;
    while (own < end && load<i32>(own) !== 0 && load<i32>(own) !== first + 1) own += 4;
    if (own === end) return false;
    if (load<i32>(own) !== 0) return true;
    store<i32>(own, first + 1);
  }
  countClass(first);
  const second = load<i32>(outcome, OUTCOME_VERDICT_CLASS);
  const before = load<i32>(at, FLOW_BITS);
  if ((before & (1 << second)) === 0) {
    store<i32>(at, before | (1 << second), FLOW_BITS);
    countClass(second);
  }
  return true;
}

/** Brings the place and the record of the flow of a hash into the processor's cache. */
export function fetchFlow(hash: i32): i32 {
  const mask = load<i32>(STATE_FLOW_PLACE_MASK);
  if (mask < 0) return 0;
  return load<i32>(load<i32>(STATE_FLOW_PLACES) + ((hash & mask) << 2));
}

function countClass(number: i32): void {
  const at = load<i32>(STATE_FLOWS_OF) + (number << 2);
  store<i32>(at, load<i32>(at) + 1);
}
