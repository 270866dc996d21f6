import { readDatagram } from './datagram.ts';
import {
  ADDRESS_OPEN,
  ADDRESS_OWN,
  ADDRESS_UNROUTED,
  FRAME_CAPTURED_LENGTH,
  FRAME_OFFSET,
  FRAME_ORIGINAL_LENGTH,
  FRAME_RECORD_BYTES,
  MEMORY_PACKETS,
  MEMORY_RECORD_TIMES,
  MEMORY_RECORDS,
  MEMORY_TIMES,
  MOST_PLAIN,
  PLAIN_BYTES,
  PLAIN_END,
  PLAIN_INTERFACE_NUMBER,
  PLAIN_ORIGINAL_LENGTH,
  PLAIN_SOURCE_MAC,
  PLAIN_START,
  SENT_BY_HOST,
  STATE_ADDRESS_COUNT,
  STATE_ADDRESS_STARTS,
  STATE_ADDRESS_TOWARDS,
  STATE_FIRST_NANOSECONDS,
  STATE_FIRST_SECONDS,
  STATE_LATEST_SECONDS,
  STATE_SENT,
  STATE_WAITING,
  TAKES_SENT,
} from './layout.ts';
import { placeIn } from './search.ts';

const ETHERNET_BYTES: i32 = 14;

/** Of the source address within its Ethernet header. */
const SOURCE_MAC: i32 = 6;

/** 0x0800, as the two bytes stand in memory. */
const ETHERTYPE_IPV4: u32 = 0x0008;

/** Said of a packet that somebody else must attribute. */
const ASK: i32 = -4;

/**
 * Takes records from one on to the packets that wait, up to the first that is another kind, or for which there is no room; returns the place of
 * that. What a record calls its offset stands `shift` further in memory. `place`: the interface that all arrive on, or -1.
 */
export function readRecords(from: i32, count: i32, shift: i32, place: i32, options: i32): i32 {
  let waiting = load<i32>(STATE_WAITING);
  let latest = load<f64>(STATE_LATEST_SECONDS);
  let sent = 0;
  const firstSeconds = load<f64>(STATE_FIRST_SECONDS);
  const firstNanoseconds = load<f64>(STATE_FIRST_NANOSECONDS);
  let i = from;
  for (; i < count && waiting < MOST_PLAIN; i++) {
    const record = MEMORY_RECORDS + i * FRAME_RECORD_BYTES;
    const frame = load<i32>(record, FRAME_OFFSET) + shift;
    const start = frame + ETHERNET_BYTES;
    const end = frame + load<i32>(record, FRAME_CAPTURED_LENGTH);
    // Behind its EtherType there must be the header up to its addresses at least.
    if (end - start < 20 || load<u16>(frame, 12) !== ETHERTYPE_IPV4) break;
    const found = attribute(
      place,
      bswap<u32>(load<u32>(start, 12)),
      bswap<u32>(load<u32>(start, 16)),
    );
    if (found === ASK) break;
    const isSent = found === SENT_BY_HOST;
    if (isSent && (options & TAKES_SENT) === 0) break;
    if (!readDatagram(waiting, start, end, isSent ? 0 : options)) break;
    const seconds = load<f64>(MEMORY_RECORD_TIMES + i * 16);
    const nanoseconds = load<f64>(MEMORY_RECORD_TIMES + i * 16, 8);
    const time = seconds - firstSeconds + (nanoseconds - firstNanoseconds) / 1_000_000_000.0;
    if (time > latest) latest = time;
    const at = MEMORY_PACKETS + waiting * PLAIN_BYTES;
    store<i32>(at, found, PLAIN_INTERFACE_NUMBER);
    store<i32>(at, load<i32>(record, FRAME_ORIGINAL_LENGTH), PLAIN_ORIGINAL_LENGTH);
    store<i32>(at, start - shift, PLAIN_START);
    store<i32>(at, end - shift, PLAIN_END);
    store<i32>(at, frame - shift + SOURCE_MAC, PLAIN_SOURCE_MAC);
    store<f64>(MEMORY_TIMES + waiting * 8, latest);
    if (isSent) sent++;
    waiting++;
  }
  store<i32>(STATE_WAITING, waiting);
  store<f64>(STATE_LATEST_SECONDS, latest);
  store<i32>(STATE_SENT, sent);
  return i;
}

/** As the attribution finds the place of a packet by its addresses, as far as it is known. */
function attribute(place: i32, source: u32, destination: u32): i32 {
  const towards = towardsOf(source);
  if (towards === ADDRESS_OPEN) return ASK;
  if (towards === ADDRESS_OWN) return SENT_BY_HOST;
  if (place >= 0) return place;
  if (towards === ADDRESS_UNROUTED) return ASK;
  const onward = towardsOf(destination);
  return onward === ADDRESS_OPEN || onward === ADDRESS_UNROUTED ? ASK : towards;
}

/** What the interval is to the host that an address lies in. */
function towardsOf(address: u32): i32 {
  const starts = load<i32>(STATE_ADDRESS_STARTS) >>> 2;
  const interval = placeIn(starts, load<i32>(STATE_ADDRESS_COUNT), address);
  return load<i32>(load<i32>(STATE_ADDRESS_TOWARDS) + (interval << 2));
}
