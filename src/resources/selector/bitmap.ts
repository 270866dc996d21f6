/** A set of small numbers as bits; number `i` is bit `i & 31` of word `i >>> 5`. */
export type Bitmap = Uint32Array;

/** An empty set that can hold 0 to `size` - 1. */
export function emptyBitmap(size: number): Bitmap {
  return new Uint32Array((size + 31) >>> 5);
}

/** Every number from 0 to `size` - 1. */
export function fullBitmap(size: number): Bitmap {
  const bits = emptyBitmap(size).fill(0xffffffff);
  clearBeyond(bits, size);
  return bits;
}

/** Replaces `bits` by its complement within 0 to `size` - 1. */
export function complement(bits: Bitmap, size: number): void {
  for (let i = 0; i < bits.length; i++) bits[i] = ~bits[i]!;
  clearBeyond(bits, size);
}

/** Keeps in `bits` what is in `other` too; both hold the same size. Answers whether anything is left. */
export function intersect(bits: Bitmap, other: Bitmap): boolean {
  let left = 0;
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]! & other[i]!;
    bits[i] = word;
    left |= word;
  }
  return left !== 0;
}

/** Adds to `bits` what is in `other`; both hold the same size. */
export function unite(bits: Bitmap, other: Bitmap): void {
  for (let i = 0; i < bits.length; i++) bits[i] = bits[i]! | other[i]!;
}

/** Adds numbers to the set. */
export function addAll(bits: Bitmap, numbers: readonly number[]): void {
  for (let i = 0; i < numbers.length; i++) {
    const n = numbers[i]!;
    bits[n >>> 5] = bits[n >>> 5]! | (1 << (n & 31));
  }
}

/** The numbers of the set, ascending. */
export function numbersOf(bits: Bitmap): number[] {
  const numbers: number[] = [];
  for (let i = 0; i < bits.length; i++) {
    let word = bits[i]!;
    while (word !== 0) {
      const lowest = 31 - Math.clz32(word & -word);
      numbers.push((i << 5) + lowest);
      word &= word - 1;
    }
  }
  return numbers;
}

function clearBeyond(bits: Bitmap, size: number): void {
  const used = size & 31;
  if (used !== 0) bits[bits.length - 1] = bits[bits.length - 1]! & ((1 << used) - 1);
}
