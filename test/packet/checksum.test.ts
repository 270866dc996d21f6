import { expect, test } from 'vitest';
import { addWords, crc32c, finishChecksum } from '../../src/packet/checksum.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

test('the sum of words is folded and complemented, as in the example of RFC 1071', () => {
  const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
  expect(finishChecksum(addWords(bytes, 0, bytes.length))).toBe(0xffff - 0xddf2);
  // An odd byte at the end is the upper half of a word.
  expect(addWords(Uint8Array.of(1, 2, 3), 0, 3)).toBe(0x0102 + 0x0300);
});

test('CRC32c gives the check value of its definition and those of RFC 3720 B.4', () => {
  expect(crc32c(ascii('123456789'), 0, 9)).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32), 0, 32)).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff), 0, 32)).toBe(0x62a8ab43);
});
