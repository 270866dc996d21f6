/** The words of conntrack's XML, so that most are met as they stand here. */
const KNOWN_WORDS =
  'conntrack flow meta direction original reply independent layer3 layer4 protonum protoname src dst sport dport srckey dstkey zone helper state timeout mark use id assured unreplied counters packets bytes ipv4 ipv6 tcp udp icmp icmpv6 sctp unknown 2 6 10 17 deltatime';

/** A power of two with which no two of the known words meet in one place. */
const PLACES = 512;

/** A word, as text and as bytes. */
export interface Word {
  readonly text: string;
  readonly bytes: Uint8Array;
}

const NO_WORD: Word = { text: '', bytes: new Uint8Array(0) };

/** The words of a text in ASCII by where they stand. One that was met before is the same again, for which no memory is needed. */
export class WordTable {
  readonly #bytes: Uint8Array;
  readonly #words: Word[] = new Array<Word>(PLACES).fill(NO_WORD);

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    for (const text of KNOWN_WORDS.split(' ')) {
      const word = { text, bytes: Uint8Array.from(text, (letter) => letter.charCodeAt(0)) };
      this.#words[word.bytes.reduce(nextHash, 0) & (PLACES - 1)] = word;
    }
  }

  /** The letters, digits, `-` and `_` that stand from a place on; empty for none. */
  take(start: number): Word {
    const bytes = this.#bytes;
    let hash = 0;
    let end = start;
    for (; end < bytes.length; end++) {
      const code = bytes[end] as number;
      if (!isWordCode(code)) break;
      hash = nextHash(hash, code);
    }
    const place = hash & (PLACES - 1);
    const known = this.#words[place] as Word;
    if (known.bytes.length === end - start && this.isAt(known, start)) return known;
    const own = bytes.slice(start, end);
    const word = { text: String.fromCharCode(...own.subarray(0, LONGEST_NAMED)), bytes: own };
    // Who came first stays, so that no text can make the known ones go.
    if (known === NO_WORD) this.#words[place] = word;
    return word;
  }

  /** Whether the word stands at a place. */
  isAt({ bytes: wanted }: Word, start: number): boolean {
    const bytes = this.#bytes;
    for (let i = 0; i < wanted.length; i++) {
      if (bytes[start + i] !== wanted[i]) return false;
    }
    return true;
  }
}

/** A word that is longer is told by its beginning. */
const LONGEST_NAMED = 64;

function nextHash(hash: number, code: number): number {
  return (Math.imul(hash, 31) + code) | 0;
}

function isWordCode(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    code === 0x2d ||
    code === 0x5f
  );
}
