/** Words that hold all that a TCP connection remembers beside its state. */
export const TCP_WORDS = 16;

/** Words of a side, and of the connection behind those of both sides: `original`, then `reply`. */
export const SIDE_WORDS = 6;

/** Places of one side's words. */
export const SIDE = {
  base: 0,
  end: 1,
  maxEnd: 2,
  maxWindow: 3,
  maxAck: 4,
  /** Bits of SIDE_BIT, and above them the scale; of the original side from RETRANSMISSIONS_SHIFT on how often an ACK came again. */
  bits: 5,
} as const;

/** Words of the last packet that was taken or let through. */
export const LAST = {
  sequence: 12,
  acknowledgement: 13,
  end: 14,
  /** The window, bits of LAST_BIT, the kind and the scale. */
  bits: 15,
} as const;

/** What is said of a side yes or no; as `TcpSide` explains it. */
export const SIDE_BIT = {
  anchored: 1,
  hasAcknowledged: 2,
  unacknowledged: 4,
  liberal: 8,
  hasScale: 16,
  sackPermitted: 32,
  startedClosing: 64,
} as const;

/** Where the scale stands in a side's bits. */
export const SCALE_SHIFT = 8;
export const SCALE_BITS = 15;

/** Where the retransmissions stand in the original side's bits. */
export const RETRANSMISSIONS_SHIFT = 16;
/** More than any `nf_conntrack_tcp_max_retrans`: what is above makes no difference. */
export const MOST_RETRANSMISSIONS = 0x7fff;
/** What stands below them. */
export const BELOW_RETRANSMISSIONS = 0xffff;

/** The window in the bits of `LAST`. */
export const WINDOW_BITS = 0xffff;

/** What is said of the last packet, or of the connection, yes or no; as `TcpTracking` explains it. */
export const LAST_BIT = {
  isReply: 0x1_0000,
  hasEnd: 0x2_0000,
  hasScale: 0x4_0000,
  sackPermitted: 0x8_0000,
  simultaneousOpen: 0x10_0000,
  expectsChallengeAck: 0x20_0000,
  areNumbersUnknown: 0x40_0000,
} as const;

/** Where TCP_KIND and the scale stand in the bits of `LAST`. */
export const KIND_SHIFT = 23;
export const KIND_BITS = 7;
export const LAST_SCALE_SHIFT = 26;
