/** The number that digits stand for, ten of them at most; -1 for what is none. */
export function wholeNumber(text: string): number {
  return wholeNumberAt(text, 0, text.length);
}

/** The same of a part of a text. */
export function wholeNumberAt(text: string, start: number, end: number): number {
  if (start >= end || end - start > 10) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
