import {
  BELOW_RETRANSMISSIONS,
  FIELD_FLAGS,
  FIELD_TCP,
  FLAG_ASSURED,
  FLAG_SEEN_REPLY,
  HAS_OPTIONS,
  KIND_BITS,
  KIND_SHIFT,
  LAST_ACKNOWLEDGEMENT,
  LAST_BIT_ARE_NUMBERS_UNKNOWN,
  LAST_BIT_EXPECTS_CHALLENGE_ACK,
  LAST_BIT_HAS_END,
  LAST_BIT_IS_REPLY,
  LAST_BITS,
  LAST_END,
  LAST_SEQUENCE,
  MEMORY_NEXT_STATES,
  MEMORY_TCP_TIMEOUTS,
  MOST_RETRANSMISSIONS,
  OFFERS_SACK,
  PLAIN_ACKNOWLEDGEMENT,
  PLAIN_FLAGS,
  PLAIN_OPTIONS,
  PLAIN_PAYLOAD_BYTES,
  PLAIN_SEQUENCE,
  PLAIN_WINDOW,
  RETRANSMISSIONS_SHIFT,
  SCALE_BITS,
  SCALE_SHIFT,
  SIDE_BASE,
  SIDE_BIT_ANCHORED,
  SIDE_BIT_HAS_ACKNOWLEDGED,
  SIDE_BIT_HAS_SCALE,
  SIDE_BIT_LIBERAL,
  SIDE_BIT_SACK_PERMITTED,
  SIDE_BIT_STARTED_CLOSING,
  SIDE_BIT_UNACKNOWLEDGED,
  SIDE_BITS,
  SIDE_BYTES,
  SIDE_END,
  SIDE_MAX_ACK,
  SIDE_MAX_END,
  SIDE_MAX_WINDOW,
  STATE_SHIFT,
  STATE_TCP_MAX_RETRANS,
  STATE_TCP_MAX_RETRANS_MS,
  STATE_TCP_UNACKNOWLEDGED_MS,
  TCP_FLAG_A,
  TCP_FLAG_F,
  TCP_FLAG_R,
  TCP_FLAG_S,
  TCP_FLAG_U,
  TCP_KIND_ACK,
  TCP_KIND_FIN,
  TCP_KIND_SYN,
  TCP_KIND_SYN_ACK,
  TCP_KINDS,
  TCP_STATE_ESTABLISHED,
  TCP_STATE_FIN_WAIT,
  TCP_STATE_NONE,
  TCP_STATE_SYN_RECV,
  TCP_STATE_SYN_SENT,
  TCP_STATE_TIME_WAIT,
  TCP_STATES,
  WINDOW_BITS,
} from './layout.ts';

/** Said of a segment that connection tracking must judge by itself; nothing has changed. */
export const LEFT: f64 = -1;

/** Acknowledgements may lag behind by this much at least. */
const MAXIMUM_ACK_LAG: i32 = 66_000;

/** What a segment may not have set here. */
const UNUSUAL: i32 = TCP_FLAG_R | HAS_OPTIONS;

const SYN_ACK: i32 = TCP_FLAG_S | TCP_FLAG_A;
const NOT_WITH_SYN_ACK: i32 = TCP_FLAG_F | TCP_FLAG_U;

/**
 * Takes the SYN-ACK that answers a connection's SYN, or an ACK or FIN within the window, into the connection whose record begins at `at`; for how many
 * milliseconds that lives on then, or LEFT.
 *
 * INVARIANT: the same as `trackTcp` does on a TcpTracking, wherever it does not leave the segment alone. Most segments of a capture are such.
 */
export function takeSegment(packet: i32, at: i32, isReply: bool): f64 {
  const flags = load<i32>(packet, PLAIN_FLAGS);
  if ((flags & (UNUSUAL | TCP_FLAG_A)) !== TCP_FLAG_A) return LEFT;
  if ((flags & TCP_FLAG_S) === 0) return goOn(packet, at, isReply, (flags & TCP_FLAG_F) !== 0);
  return isReply ? answer(packet, at) : LEFT;
}

/** An ACK, or FIN, of a connection that has been answered. */
function goOn(packet: i32, at: i32, isReply: bool, isFin: bool): f64 {
  const flags = load<i32>(at, FIELD_FLAGS);
  if ((flags & FLAG_SEEN_REPLY) === 0) return LEFT;
  const kind = isFin ? TCP_KIND_FIN : TCP_KIND_ACK;
  const state = flags >> STATE_SHIFT;
  const next = nextState(isReply ? 1 : 0, state, kind);
  if (state === TCP_STATE_NONE || !isOnItsWay(next)) return LEFT;

  const tcp = at + FIELD_TCP;
  const sender = tcp + (isReply ? SIDE_BYTES : 0);
  const receiver = tcp + (isReply ? 0 : SIDE_BYTES);
  if (!isOrdinary(tcp)) return LEFT;
  const sequence = load<i32>(packet, PLAIN_SEQUENCE) - load<i32>(sender, SIDE_BASE);
  const acknowledgement = load<i32>(packet, PLAIN_ACKNOWLEDGEMENT) - load<i32>(receiver, SIDE_BASE);
  const end = sequence + load<i32>(packet, PLAIN_PAYLOAD_BYTES) + (isFin ? 1 : 0);
  if (!isWithin(sender, receiver, sequence, end, acknowledgement)) return LEFT;

  const window = load<i32>(packet, PLAIN_WINDOW);
  const scale = (load<i32>(sender, SIDE_BITS) >>> SCALE_SHIFT) & SCALE_BITS;
  noteNumbers(sender, receiver, end, acknowledgement, window << scale);
  if (isFin) noteKind(tcp, isReply, TCP_KIND_FIN);
  else noteLast(tcp, isReply, sequence, acknowledgement, end, window);
  let after = flags;
  if (state !== next) {
    if (next === TCP_STATE_FIN_WAIT) {
      store<i32>(sender, load<i32>(sender, SIDE_BITS) | SIDE_BIT_STARTED_CLOSING, SIDE_BITS);
    }
    after = (flags & (FLAG_SEEN_REPLY | FLAG_ASSURED)) | (next << STATE_SHIFT);
  }
  // Before it was ESTABLISHED it can only have been SYN_RECV, or the same.
  if (next === TCP_STATE_ESTABLISHED) after |= FLAG_ASSURED;
  store<i32>(at, after, FIELD_FLAGS);
  return timeoutMs(tcp, next);
}

/** The SYN-ACK that answers a connection's SYN. */
function answer(packet: i32, at: i32): f64 {
  const flags = load<i32>(at, FIELD_FLAGS);
  if (flags >> STATE_SHIFT !== TCP_STATE_SYN_SENT || (flags & FLAG_SEEN_REPLY) !== 0) return LEFT;
  if ((load<i32>(packet, PLAIN_FLAGS) & (SYN_ACK | NOT_WITH_SYN_ACK)) !== SYN_ACK) return LEFT;
  const opener = at + FIELD_TCP;
  const sender = opener + SIDE_BYTES;
  const isFirst =
    load<i32>(sender, SIDE_MAX_WINDOW) === 0 &&
    load<i32>(sender, SIDE_END) === 0 &&
    (load<i32>(sender, SIDE_BITS) & SIDE_BIT_ANCHORED) === 0;
  const isWhole =
    (load<i32>(opener, SIDE_BITS) & SIDE_BIT_ANCHORED) !== 0 &&
    load<i32>(opener, SIDE_MAX_WINDOW) > 0;
  const last = load<i32>(opener, LAST_BITS);
  const isAfterSyn = ((last >>> KIND_SHIFT) & KIND_BITS) === TCP_KIND_SYN;
  if (!isFirst || !isWhole || !isAfterSyn || (last & LAST_BIT_ARE_NUMBERS_UNKNOWN) !== 0)
    return LEFT;
  const sent = load<i32>(opener, SIDE_END);
  const acknowledgement = load<i32>(packet, PLAIN_ACKNOWLEDGEMENT) - load<i32>(opener, SIDE_BASE);
  const window = load<i32>(packet, PLAIN_WINDOW);
  const end = 1 + load<i32>(packet, PLAIN_PAYLOAD_BYTES);
  const maxWindow = window === 0 ? 1 : window;
  const lag = max(maxWindow, MAXIMUM_ACK_LAG);
  if (!isBefore(sent - lag - 1, acknowledgement) || !isBefore(acknowledgement, sent + 1))
    return LEFT;

  store<i32>(sender, load<i32>(packet, PLAIN_SEQUENCE), SIDE_BASE);
  store<i32>(sender, end, SIDE_END);
  store<i32>(sender, end, SIDE_MAX_END);
  store<i32>(sender, maxWindow, SIDE_MAX_WINDOW);
  store<i32>(sender, 0, SIDE_MAX_ACK);
  const offered = sideBits(packet);
  const openerBits = load<i32>(opener, SIDE_BITS);
  const liberal = load<i32>(sender, SIDE_BITS) & SIDE_BIT_LIBERAL;
  // Windows are scaled where both sides offer it, or neither's is.
  const isScaled = (offered & openerBits & SIDE_BIT_HAS_SCALE) !== 0;
  const kept = isScaled ? -1 : ~(SCALE_BITS << SCALE_SHIFT);
  store<i32>(sender, liberal | (offered & kept), SIDE_BITS);
  store<i32>(opener, openerBits & kept, SIDE_BITS);
  // The window of a SYN never is.
  noteNumbers(sender, opener, end, acknowledgement, window);
  noteKind(opener, true, TCP_KIND_SYN_ACK);
  store<i32>(at, (flags & FLAG_ASSURED) | (TCP_STATE_SYN_RECV << STATE_SHIFT), FIELD_FLAGS);
  return timeoutMs(opener, TCP_STATE_SYN_RECV);
}

/** The bits of a side that has sent the SYN, as `takeOptions` of the tracker has them. */
function sideBits(packet: i32): i32 {
  const options = load<i32>(packet, PLAIN_OPTIONS);
  const scale = options & (OFFERS_SACK - 1);
  return (
    SIDE_BIT_ANCHORED |
    (scale === 0 ? 0 : SIDE_BIT_HAS_SCALE | ((scale - 1) << SCALE_SHIFT)) |
    ((options & OFFERS_SACK) === 0 ? 0 : SIDE_BIT_SACK_PERMITTED)
  );
}

/** Begins a connection with a SYN, as `openTcp` does; for how many milliseconds it lives then. */
export function openSegment(packet: i32, at: i32): f64 {
  const opener = at + FIELD_TCP;
  const window = load<i32>(packet, PLAIN_WINDOW);
  const maxWindow = window === 0 ? 1 : window;
  const end = 1 + load<i32>(packet, PLAIN_PAYLOAD_BYTES);
  store<i32>(opener, load<i32>(packet, PLAIN_SEQUENCE), SIDE_BASE);
  store<i32>(opener, end, SIDE_END);
  store<i32>(opener, end, SIDE_MAX_END);
  store<i32>(opener, maxWindow, SIDE_MAX_WINDOW);
  store<i32>(opener, sideBits(packet), SIDE_BITS);
  // What the first window lets the other side send.
  store<i32>(opener + SIDE_BYTES, maxWindow, SIDE_MAX_END);
  store<i32>(opener, TCP_KIND_SYN << KIND_SHIFT, LAST_BITS);
  store<i32>(at, TCP_STATE_SYN_SENT << STATE_SHIFT, FIELD_FLAGS);
  return timeoutMs(opener, TCP_STATE_SYN_SENT);
}

/** As `timeoutOf` of the tracker. */
function timeoutMs(tcp: i32, state: i32): f64 {
  const usual = load<f64>(MEMORY_TCP_TIMEOUTS + (state << 3));
  const originalBits = load<i32>(tcp, SIDE_BITS);
  const retransmissions = originalBits >>> RETRANSMISSIONS_SHIFT;
  const retransMs = load<f64>(STATE_TCP_MAX_RETRANS_MS);
  if (<f64>retransmissions >= load<f64>(STATE_TCP_MAX_RETRANS) && usual > retransMs)
    return retransMs;
  const eitherBits = originalBits | load<i32>(tcp, SIDE_BYTES + SIDE_BITS);
  const unacknowledgedMs = load<f64>(STATE_TCP_UNACKNOWLEDGED_MS);
  if ((eitherBits & SIDE_BIT_UNACKNOWLEDGED) !== 0 && usual > unacknowledgedMs) {
    return unacknowledgedMs;
  }
  const lastWindow = load<i32>(tcp, LAST_BITS) & WINDOW_BITS;
  return lastWindow === 0 && usual > retransMs ? retransMs : usual;
}

function nextState(direction: i32, state: i32, kind: i32): i32 {
  return <i32>load<u8>(MEMORY_NEXT_STATES + (direction * TCP_STATES + state) * TCP_KINDS + kind);
}

/** Whether a state is one between the handshake and the end, none of which asks for more than the window. */
function isOnItsWay(state: i32): bool {
  return state >= TCP_STATE_ESTABLISHED && state <= TCP_STATE_TIME_WAIT;
}

/** Whether the numbers of both sides are known, and no packet was let through that may have changed them. */
function isOrdinary(tcp: i32): bool {
  const bothBits = load<i32>(tcp, SIDE_BITS) & load<i32>(tcp, SIDE_BYTES + SIDE_BITS);
  const unusual = LAST_BIT_ARE_NUMBERS_UNKNOWN | LAST_BIT_EXPECTS_CHALLENGE_ACK;
  return (bothBits & SIDE_BIT_ANCHORED) !== 0 && (load<i32>(tcp, LAST_BITS) & unusual) === 0;
}

/** As `noteNumbers` of the tracker; the window scaled, where it is. */
function noteNumbers(
  sender: i32,
  receiver: i32,
  end: i32,
  acknowledgement: i32,
  window: i32,
): void {
  let senderBits = load<i32>(sender, SIDE_BITS);
  if (load<i32>(sender, SIDE_MAX_WINDOW) < window) store<i32>(sender, window, SIDE_MAX_WINDOW);
  if (isBefore(load<i32>(sender, SIDE_END), end)) {
    store<i32>(sender, end, SIDE_END);
    senderBits |= SIDE_BIT_UNACKNOWLEDGED;
  }
  const isNewer =
    (senderBits & SIDE_BIT_HAS_ACKNOWLEDGED) === 0 ||
    isBefore(load<i32>(sender, SIDE_MAX_ACK), acknowledgement);
  if (isNewer) {
    store<i32>(sender, acknowledgement, SIDE_MAX_ACK);
    senderBits |= SIDE_BIT_HAS_ACKNOWLEDGED;
  }
  store<i32>(sender, senderBits, SIDE_BITS);
  const maxEnd = load<i32>(sender, SIDE_MAX_END);
  if (isBefore(maxEnd, end)) {
    store<i32>(receiver, load<i32>(receiver, SIDE_MAX_WINDOW) + (end - maxEnd), SIDE_MAX_WINDOW);
  }
  const room = acknowledgement + window;
  if (!isBefore(room, load<i32>(receiver, SIDE_MAX_END))) {
    store<i32>(receiver, window === 0 ? room + 1 : room, SIDE_MAX_END);
  }
  if (acknowledgement === load<i32>(receiver, SIDE_END)) {
    store<i32>(receiver, load<i32>(receiver, SIDE_BITS) & ~SIDE_BIT_UNACKNOWLEDGED, SIDE_BITS);
  }
}

function noteKind(tcp: i32, isReply: bool, kind: i32): void {
  const others = load<i32>(tcp, LAST_BITS) & ~(LAST_BIT_IS_REPLY | (KIND_BITS << KIND_SHIFT));
  store<i32>(tcp, others | (isReply ? LAST_BIT_IS_REPLY : 0) | (kind << KIND_SHIFT), LAST_BITS);
}

/** As `countRetransmissions` of the tracker, of an ACK. */
function noteLast(
  tcp: i32,
  isReply: bool,
  sequence: i32,
  acknowledgement: i32,
  end: i32,
  window: i32,
): void {
  const last = load<i32>(tcp, LAST_BITS);
  const isSame =
    ((last & LAST_BIT_IS_REPLY) !== 0) === isReply &&
    load<i32>(tcp, LAST_SEQUENCE) === sequence &&
    load<i32>(tcp, LAST_ACKNOWLEDGEMENT) === acknowledgement &&
    load<i32>(tcp, LAST_END) === end &&
    (last & WINDOW_BITS) === window;
  const bits = load<i32>(tcp, SIDE_BITS);
  if (isSame) {
    if (bits >>> RETRANSMISSIONS_SHIFT < MOST_RETRANSMISSIONS) {
      store<i32>(tcp, bits + (1 << RETRANSMISSIONS_SHIFT), SIDE_BITS);
    }
  } else {
    store<i32>(tcp, sequence, LAST_SEQUENCE);
    store<i32>(tcp, acknowledgement, LAST_ACKNOWLEDGEMENT);
    store<i32>(tcp, end, LAST_END);
    store<i32>(tcp, bits & BELOW_RETRANSMISSIONS, SIDE_BITS);
    store<i32>(tcp, (last & ~WINDOW_BITS) | LAST_BIT_HAS_END | window, LAST_BITS);
  }
  noteKind(tcp, isReply, TCP_KIND_ACK);
}

/** Whether both sides have sent, and the segment is what `judgeWindow` accepts at once. */
function isWithin(sender: i32, receiver: i32, sequence: i32, end: i32, acknowledgement: i32): bool {
  const senderWindow = load<i32>(sender, SIDE_MAX_WINDOW);
  const receiverWindow = load<i32>(receiver, SIDE_MAX_WINDOW);
  // A window that has outgrown its word is left to whoever counts in larger ones.
  if (senderWindow <= 0 || receiverWindow <= 0) return false;
  const lag = max(senderWindow, MAXIMUM_ACK_LAG);
  const sent = load<i32>(receiver, SIDE_END);
  return (
    isBefore(sequence, load<i32>(sender, SIDE_MAX_END) + 1) &&
    isBefore(sent - lag - 1, acknowledgement) &&
    isBefore(acknowledgement, sent + 1) &&
    isBefore(load<i32>(sender, SIDE_END) - receiverWindow - 1, end)
  );
}

/** Whether a comes before b in 32-bit sequence space. */
function isBefore(a: i32, b: i32): bool {
  return a - b < 0;
}
