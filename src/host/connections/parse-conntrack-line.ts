import type { AddressCache } from './address-cache.ts';
import type { ConnectionRecord } from './connection-record.ts';
import { buildRecord, RecordWords, type TupleWords } from './record-builder.ts';
import { wholeNumber } from './whole-number.ts';

const FAMILY_WORDS: readonly string[] = ['ipv4', 'ipv6'];

/**
 * Reads one line of `conntrack -L`, plain, `-o extended` or with `id`, or of /proc/net/nf_conntrack; what is wrong with it where it
 * is none, in words. Fields that say nothing of where packets go (counters, labels, use counts) are passed over.
 */
export function parseConntrackLine(
  line: string,
  lineNumber: number,
  addresses: AddressCache,
): ConnectionRecord | string {
  const tokens = line.split(' ');
  const words = new RecordWords();
  let at = skipBlanks(tokens, 0);
  if (FAMILY_WORDS.includes(tokens[at] as string)) at = skipBlanks(tokens, at + 2, 1);
  // The protocol's name may be `unknown`; its number follows.
  at = skipBlanks(tokens, at + 1);
  words.protocol = wholeNumber(tokens[at] ?? '');
  if (words.protocol < 0) return 'not a line that `conntrack -L` prints';
  at++;
  let tuple: TupleWords = words.original;
  for (; at < tokens.length; at++) {
    const token = tokens[at] as string;
    const equals = token.indexOf('=');
    if (equals < 0) {
      const isBeforeTuples = tuple === words.original && tuple.source === undefined;
      if (token !== '') takeWord(words, token, isBeforeTuples);
      continue;
    }
    const name = token.slice(0, equals);
    const value = token.slice(equals + 1);
    // The second source begins the other direction.
    if (name === 'src' && tuple.source !== undefined) tuple = words.reply;
    if (!takeField(words, tuple, name, value, addresses)) return `\`${name}\` is \`${value}\``;
  }
  return buildRecord(words, lineNumber);
}

/** False for an address that is none. */
function takeField(
  words: RecordWords,
  tuple: TupleWords,
  name: string,
  value: string,
  addresses: AddressCache,
): boolean {
  if (name === 'src') tuple.source = addresses.parse(value, 0, value.length);
  else if (name === 'dst') tuple.destination = addresses.parse(value, 0, value.length);
  else {
    takeNumber(words, tuple, name, value);
    return true;
  }
  return (name === 'src' ? tuple.source : tuple.destination) !== undefined;
}

/** The first word that is not empty from `at` on, past `words` more of them. */
function skipBlanks(tokens: readonly string[], at: number, words = 0): number {
  let next = at;
  for (let left = words; ; left--) {
    while (tokens[next] === '') next++;
    if (left === 0) return next;
    next++;
  }
}

function takeWord(words: RecordWords, token: string, isBeforeTuples: boolean): void {
  if (token === '[UNREPLIED]') words.unreplied = true;
  else if (token === '[ASSURED]') words.assured = true;
  else if (token === '[OFFLOAD]' || token === '[HW_OFFLOAD]') words.offloaded = true;
  else if (isBeforeTuples) {
    const number = wholeNumber(token);
    if (number >= 0) words.timeoutSeconds ??= number;
    else words.state = token;
  }
}

function takeNumber(words: RecordWords, tuple: TupleWords, name: string, value: string): void {
  switch (name) {
    case 'sport':
      tuple.sourcePort = wholeNumber(value);
      return;
    case 'dport':
      tuple.destinationPort = wholeNumber(value);
      return;
    case 'type':
      tuple.icmpType = wholeNumber(value);
      return;
    case 'code':
      tuple.icmpCode = wholeNumber(value);
      return;
    case 'id':
      // The last one is the entry's own.
      if (tuple.icmpType >= 0 && tuple.icmpId < 0) tuple.icmpId = wholeNumber(value);
      return;
    case 'srckey':
      tuple.sourceKey = Number(value);
      return;
    case 'dstkey':
      tuple.destinationKey = Number(value);
      return;
    case 'mark':
      words.mark = Number(value);
      return;
    case 'zone':
      words.zone = wholeNumber(value);
      return;
    case 'zone-orig':
      words.originalZone = wholeNumber(value);
      return;
    case 'zone-reply':
      words.replyZone = wholeNumber(value);
      return;
    case 'helper':
      words.helper = value;
      return;
    default:
  }
}
