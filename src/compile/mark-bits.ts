/** Bits of the packet mark that our rules use, each a single bit. */
export interface MarkBits {
  /** Policy allowed the packet. */
  readonly accept: number;
  /** A rule passed the packet to the next tier, or to the profiles. */
  readonly pass: number;
  /** Scratch of rules that take several netfilter rules; in raw PREROUTING: the packet came from a workload. */
  readonly scratch0: number;
  readonly scratch1: number;
  /** All four. */
  readonly all: number;
}

/**
 * Takes the four bits from the lowest of the mask upwards. Source: Felix, markbits allocation (`calico-semantics` 5.0).
 *
 * @throws Error when the mask has fewer than four bits.
 */
export function allocateMarkBits(mask: number): MarkBits {
  const bits: number[] = [];
  for (let shift = 0; shift < 32 && bits.length < 4; shift++) {
    const bit = (1 << shift) >>> 0;
    if ((mask & bit) !== 0) bits.push(bit);
  }
  const [accept, pass, scratch0, scratch1] = bits;
  if (
    accept === undefined ||
    pass === undefined ||
    scratch0 === undefined ||
    scratch1 === undefined
  ) {
    throw new Error(
      `mark mask 0x${mask.toString(16)} has fewer than the four bits that policy needs`,
    );
  }
  return { accept, pass, scratch0, scratch1, all: (accept | pass | scratch0 | scratch1) >>> 0 };
}
