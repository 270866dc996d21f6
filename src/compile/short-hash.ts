import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.';

/**
 * 96 bits of SHA-256 in 16 characters that iptables and ipset take in names. Documents choose what is hashed, so that it must
 * not be easy to find two texts of one name.
 */
export function nameHash(text: string): string {
  const bytes = sha256(utf8ToBytes(text));
  let hash = '';
  for (let i = 0; i < 12; i += 3) {
    hash += base64((bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!, 4);
  }
  return hash;
}

/**
 * A 64-bit checksum of a text in 12 characters: two 32-bit multiplicative hashes with different multipliers. It tells rules that
 * differ apart, and is quick enough for every rule of a ruleset; nothing depends on its being hard to forge.
 */
export function checksum(text: string): string {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x9e3779b1);
    b = Math.imul(b ^ unit, 0x5f356495);
  }
  a = mix(a ^ (b >>> 15));
  b = mix(b ^ (a >>> 13));
  return base64(a, 6) + base64(b, 6);
}

/** Spreads every bit over the word. Source: the finalizer of MurmurHash3. */
function mix(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** The lowest bits of a word, six to a character, the first character from the highest of them. */
function base64(word: number, characters: number): string {
  let text = '';
  for (let shift = (characters - 1) * 6; shift >= 0; shift -= 6) {
    text += BASE64[(word >>> shift) & 63];
  }
  return text;
}
