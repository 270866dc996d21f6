/** Words of a record. What every packet needs stands in the first half, one line of the processor's cache; what TCP tracking remembers in the other. */
export const FIELD = {
  /** The last word of each address; the others of IPv6 stand elsewhere. */
  source: 0,
  destination: 1,
  /** Source port << 16 | destination port; of ICMP identifier and type << 8 | code. */
  keys: 2,
  /** Protocol << 8 | family; 0 for a free record. */
  kind: 3,
  hash: 4,
  /** Bits of FLAG, and above them TCP_STATE. */
  flags: 5,
  /** Two words, as one number with a fraction: when it expires. */
  expiresAt: 6,
  /** Where packets came in, plus 2, 0 where that is not known: of the original direction below ARRIVAL_BITS, of the other above. */
  arrivals: 8,
  /** Outcomes plus 1 of packets of the original direction before an answer was seen and after, and of the other; 0: not known yet. */
  originalAgain: 9,
  originalEstablished: 10,
  replyEstablished: 11,
  /** Four words for whoever counts. */
  owner: 12,
  /** `TCP_WORDS` words of a TCP connection. */
  tcp: 16,
  /** Of UDP: from when it is a stream, two words as one number with a fraction. */
  streamFrom: 16,
} as const;

export const FLAG = { seenReply: 1, assured: 2 } as const;

/** By how many bits TCP_STATE stands above the flags. */
export const STATE_SHIFT = 4;

/** Bits of `arrivals` for one direction. */
export const ARRIVAL_BITS = 16;
export const ARRIVAL_MASK: number = (1 << ARRIVAL_BITS) - 1;

/** A record's number is its address in memory without so many bits: its 32 words, two lines of the processor's cache, never lie across a third. */
export const RECORD_SHIFT = 7;

/** Where a record has the outcome of packets of its connection, by their direction and whether an answer had been seen. HOT */
export function knownOutcome(isReply: boolean, isAnswered: boolean): number {
  if (isReply) return FIELD.replyEstablished;
  return isAnswered ? FIELD.originalEstablished : FIELD.originalAgain;
}
