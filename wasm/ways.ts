import {
  ASKS_DESTINATION,
  ASKS_SOURCE,
  FORK_CHOICES,
  FORK_FROM,
  FORK_INDEX,
  FORK_KIND,
  INDEX_ASKS,
  INDEX_GAPS,
  INDEX_LIST_COUNT,
  INDEX_LISTS,
  INDEX_REST,
  INDEX_REST_COUNT,
  INDEX_TESTS,
  LIST_DIMENSION,
  LIST_NARROWED,
  LIST_NUMBERS,
  LIST_ROW_COUNT,
  LIST_ROWS,
  LIST_STARTS,
  LIST_WORDS,
  LONG_LIST,
  NARROWED_COUNT,
  NARROWED_INDEX,
  NARROWED_NUMBERS,
  PLAIN_DESTINATION,
  PLAIN_INTERFACE_NUMBER,
  PLAIN_KIND,
  PLAIN_PORTS,
  PLAIN_SOURCE,
  PROTOCOL_UDP,
  ROUTE_DESTINATION,
  ROUTE_LEADS,
  ROUTE_OF,
  ROUTE_SHIFT,
  ROUTE_SOURCE,
  ROUTE_WORDS,
  SENT_BY_HOST,
  SENT_ROUTES,
  STATE_CUT_COUNT,
  STATE_CUT_STARTS,
  STATE_ENTRIES,
  STATE_ENTRY_INTERFACES,
  STATE_ROUTED_COUNT,
  STATE_ROUTED_STARTS,
  STATE_ROUTES,
  TEST_WORDS,
  WAY_INDEX,
  WAY_ROUTE,
} from './layout.ts';
import { placeIn, word } from './search.ts';

/** `beginWay` and `settleWay`: nobody has gone that way yet, or only the reference evaluator can say. */
const UNKNOWN: i32 = -1;

/** `beginWay`: connection tracking has its turn. */
export const TO_TRACK: i32 = -3;

/** `find`: there is no index yet where one is needed. */
const NO_INDEX: i32 = -2;

/** No condition has the number, or a higher one. */
const NONE: i32 = i32.MAX_VALUE;

// The packet that is asked about: addresses as intervals, -1 where that was not looked up yet.
let packet: i32 = 0;
let source: i32 = -1;
let destination: i32 = -1;
let routedSource: i32 = -1;
let routedDestination: i32 = -1;
let sourcePort: i32 = 0;
let key: i32 = 0;
// Where its way begins, and where on it connection tracking has its turn.
let start: i32 = 0;
let toTrack: i32 = 0;
// What was found last for it.
let latestIndex: i32 = 0;
let latestFrom: i32 = 0;
let latestFound: i32 = 0;

/**
 * Takes the packet at an address up to connection tracking: the number of its outcome where that is settled already, UNKNOWN, or TO_TRACK. As `begin` of
 * PacketWays.
 */
export function beginWay(at: i32): i32 {
  packet = at;
  source = -1;
  destination = -1;
  routedSource = -1;
  routedDestination = -1;
  latestIndex = 0;
  const ports = load<u32>(at, PLAIN_PORTS);
  sourcePort = ports >>> 16;
  key = ports & 0xffff;
  start = findStart(load<i32>(at, PLAIN_KIND) >>> 8, load<i32>(at, PLAIN_INTERFACE_NUMBER));
  return start === 0 ? UNKNOWN : follow(start, 0);
}

/** The outcome of the packet that was begun last, once it is known what it is to connection tracking; UNKNOWN. As `settle` of PacketWays. */
export function settleWay(tracked: i32): i32 {
  return follow(toTrack, tracked);
}

/** The place of the fork where its way begins; 0 where that is not known. */
function findStart(protocol: i32, interfaceNumber: i32): i32 {
  // Before PlainWays is made, and where it never is.
  if (load<i32>(STATE_ROUTES) === 0) return 0;
  if (interfaceNumber === SENT_BY_HOST) return findRoute(SENT_ROUTES + protocol);
  if (interfaceNumber >= load<i32>(STATE_ENTRY_INTERFACES)) return 0;
  const entry = interfaceNumber * 2 + (protocol === PROTOCOL_UDP ? 1 : 0);
  return load<i32>(load<i32>(STATE_ENTRIES) + (entry << 2));
}

/** Where a choice at a fork leads. */
function follow(from: i32, first: i32): i32 {
  let fork = from;
  let choice = first;
  while (true) {
    const to = word(fork + FORK_CHOICES + choice);
    if (to < 0) return -to - 2;
    if (to === 0) return UNKNOWN;
    fork = to;
    const kind = word(fork + FORK_KIND);
    if (kind === WAY_INDEX) {
      const index = word(fork + FORK_INDEX);
      const found = index === 0 ? NO_INDEX : find(index, word(fork + FORK_FROM));
      if (found === NO_INDEX) return UNKNOWN;
      choice = found + 1;
    } else if (kind === WAY_ROUTE) {
      choice = findRoute(start) - 1;
      if (choice < 0) return UNKNOWN;
    } else {
      toTrack = fork;
      return TO_TRACK;
    }
  }
}

/** Where the packet is routed, as PlainWays has been told; 0 where it has not. */
function findRoute(owner: i32): i32 {
  if (routedSource < 0) {
    const starts = load<i32>(STATE_ROUTED_STARTS) >>> 2;
    const count = load<i32>(STATE_ROUTED_COUNT);
    routedSource = placeIn(starts, count, load<u32>(packet, PLAIN_SOURCE));
    routedDestination = placeIn(starts, count, load<u32>(packet, PLAIN_DESTINATION));
  }
  // As `routeSlot` of PlainWays.
  const h: u32 = (((<u32>owner * 0x9e3779b1) ^ routedSource) * 0x85ebca6b) ^ routedDestination;
  const slot = <i32>((h * 0xc2b2ae35) >>> ROUTE_SHIFT);
  const at = (load<i32>(STATE_ROUTES) >>> 2) + slot * ROUTE_WORDS;
  const isIt =
    word(at + ROUTE_OF) === owner &&
    word(at + ROUTE_SOURCE) === routedSource &&
    word(at + ROUTE_DESTINATION) === routedDestination;
  return isIt ? word(at + ROUTE_LEADS) : 0;
}

/** The first condition of an index from one on that the packet meets that was begun last; -1 where it meets none; NO_INDEX. As `find` of RuleIndex. */
export function find(index: i32, from: i32): i32 {
  // A packet asks again behind what it has found elsewhere.
  if (index === latestIndex && from >= latestFrom) {
    if (latestFound < 0 || latestFound >= from) return latestFound;
  }
  const found = search(index, from);
  if (found === NO_INDEX) return NO_INDEX;
  latestIndex = index;
  latestFrom = from;
  latestFound = found;
  return found;
}

function search(index: i32, from: i32): i32 {
  let first = NONE;
  const lists = word(index + INDEX_LIST_COUNT);
  for (let i = 0; i < lists; i++) {
    first = searchLists(index, index + INDEX_LISTS + i * LIST_WORDS, from, first);
    if (first === NO_INDEX) return NO_INDEX;
  }
  const rest = word(index + INDEX_REST);
  first = searchNumbers(index, rest, rest + word(index + INDEX_REST_COUNT), from, first);
  return first === NONE ? -1 : first;
}

/** The first condition from `from` on that stands in the list of the packet's row and is met, or `before` where none before that is; NO_INDEX. */
function searchLists(index: i32, list: i32, from: i32, before: i32): i32 {
  const value = valueIn(word(list + LIST_DIMENSION));
  const row = placeIn(word(list + LIST_ROWS), word(list + LIST_ROW_COUNT), value);
  const starts = word(list + LIST_STARTS) + row;
  const first = word(starts);
  const end = word(starts + 1);
  if (end - first > LONG_LIST) {
    const narrowed = word(word(list + LIST_NARROWED) + row);
    if (narrowed === 0) return NO_INDEX;
    if (narrowed > 0) return searchNarrowed(narrowed, from, before);
  }
  const numbers = word(list + LIST_NUMBERS);
  return searchNumbers(index, numbers + first, numbers + end, from, before);
}

/** The same of the conditions whose numbers, ascending, stand from one word up to another. */
function searchNumbers(index: i32, start: i32, end: i32, from: i32, before: i32): i32 {
  for (let at = start; at < end; at++) {
    const number = word(at);
    if (number >= before) return before;
    if (number >= from && meets(index, number)) return number;
  }
  return before;
}

function searchNarrowed(narrowed: i32, from: i32, before: i32): i32 {
  const numbers = word(narrowed + NARROWED_NUMBERS);
  let low = 0;
  let high = word(narrowed + NARROWED_COUNT);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (word(numbers + middle) < from) low = middle + 1;
    else high = middle;
  }
  const found = search(word(narrowed + NARROWED_INDEX), low);
  if (found === NO_INDEX) return NO_INDEX;
  if (found < 0) return before;
  const number = word(numbers + found);
  return number < before ? number : before;
}

/** Whether the packet meets the condition with a number. As `meets` of ConditionTests. */
function meets(index: i32, number: i32): bool {
  const test = word(index + INDEX_TESTS) + number * TEST_WORDS;
  if (key < word(test) || key > word(test + 1)) return false;
  const asks = word(index + INDEX_ASKS);
  if ((asks & ASKS_SOURCE) !== 0) {
    const value = valueIn(1);
    if (value < word(test + 2) || value > word(test + 3)) return false;
  }
  if ((asks & ASKS_DESTINATION) !== 0) {
    const value = valueIn(2);
    if (value < word(test + 4) || value > word(test + 5)) return false;
  }
  if (sourcePort < word(test + 6) || sourcePort > word(test + 7)) return false;
  const gaps = word(word(index + INDEX_GAPS) + number);
  if (gaps === 0) return true;
  for (let dimension = 0; dimension < 4; dimension++) {
    const count = word(gaps + dimension * 2 + 1);
    if (count === 0) continue;
    if (!isInRanges(word(gaps + dimension * 2), count, valueIn(dimension))) return false;
  }
  return true;
}

/** As `isInRanges` of ranges, of which there are `count`. */
function isInRanges(ranges: i32, count: i32, value: i32): bool {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (word(ranges + 2 * middle) <= value) low = middle + 1;
    else high = middle;
  }
  return low > 0 && value <= word(ranges + 2 * low - 1);
}

/** The packet's value in a dimension, by its place among DIMENSIONS. */
function valueIn(dimension: i32): i32 {
  if (dimension === 0) return key;
  if (dimension === 3) return sourcePort;
  if (dimension === 1) {
    if (source < 0) source = intervalOf(load<u32>(packet, PLAIN_SOURCE));
    return source;
  }
  if (destination < 0) destination = intervalOf(load<u32>(packet, PLAIN_DESTINATION));
  return destination;
}

function intervalOf(address: u32): i32 {
  return placeIn(load<i32>(STATE_CUT_STARTS) >>> 2, load<i32>(STATE_CUT_COUNT), address);
}
