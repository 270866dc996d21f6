import type { IpFamily } from '../../address/ip-address.ts';
import type { IpSet, IpSetOptions, IpSetType, MemberExtras } from '../ip-set.ts';
import { ADDRESS } from '../option/address-codecs.ts';
import { RefusedRule } from '../option/given-options.ts';
import { MASKED, parseUnsigned } from '../option/number-codecs.ts';
import { parsePortWord } from '../option/port-codecs.ts';
import { isIpSetComment } from '../validate-ip-set.ts';
import { parseRange } from './expand-addresses.ts';
import { hasFamily, hasNets } from './ip-set-types.ts';
import { SetOptions } from './set-words.ts';

const CREATE_WORDS = {
  values: new Set([
    ...['family', 'hashsize', 'maxelem', 'bucketsize', 'initval', 'netmask', 'bitmask', 'markmask'],
    ...['timeout', 'range', 'size', 'from', 'to', 'network', 'probes', 'resize', 'gc'],
  ]),
  flags: new Set([
    'counters',
    'comment',
    'skbinfo',
    'forceadd',
    '-exist',
    'exist',
    '-!',
    '-4',
    '-6',
  ]),
};

const ADD_WORDS = {
  values: new Set([
    'timeout',
    'packets',
    'bytes',
    'comment',
    'skbmark',
    'skbprio',
    'skbqueue',
    'before',
    'after',
  ]),
  flags: new Set(['nomatch', '-exist', 'exist', '-!']),
};

const A_NUMBER = 'a number';

/** What `create NAME TYPE` says behind the type. */
export interface CreateOptions {
  readonly family: IpFamily | undefined;
  readonly options: IpSetOptions;
  readonly exist: boolean;
}

/**
 * Reads the options of `create`.
 *
 * @throws RefusedRule for what ipset would refuse.
 */
export function readCreateOptions(words: readonly string[], type: IpSetType): CreateOptions {
  const given = new SetOptions(words, 3, CREATE_WORDS);
  const isHash = type.startsWith('hash:');
  const named = given.read('family', 'inet or inet6', parseFamily) ?? (given.has('-6') ? 6 : 4);
  const family = !hasFamily(type) ? undefined : isHash ? named : 4;
  const number = (word: string): number | undefined => given.read(word, A_NUMBER, parseNumber);
  const isBitmap = type.startsWith('bitmap:');
  const range = isBitmap ? readRange(given, type) : undefined;
  if (isBitmap && range === undefined) throw new RefusedRule(`${type} needs a range`, 2);
  const options: IpSetOptions = {
    hashSize: number('hashsize'),
    maxElements: number('maxelem'),
    bucketSize: number('bucketsize'),
    initialValue: number('initval'),
    netmask: given.read('netmask', 'a prefix length', (text) =>
      parseUnsigned(text, family === 6 ? 128 : 32),
    ),
    bitmask: given.read('bitmask', 'an address', (text) => ADDRESS.parse(text, family ?? 4)),
    markMask: number('markmask'),
    timeoutSeconds: number('timeout'),
    counters: given.has('counters') || undefined,
    comment: given.has('comment') || undefined,
    skbinfo: given.has('skbinfo') || undefined,
    forceAdd: given.has('forceadd') || undefined,
    range,
    size: number('size'),
  };
  return { family, options: withoutUndefined(options), exist: isExist(given) };
}

/** What `add NAME ELEMENT` says behind the element. */
export interface AddOptions {
  readonly extras: MemberExtras | undefined;
  readonly exist: boolean;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/**
 * Reads the options of `add`.
 *
 * @throws RefusedRule for what ipset would refuse, such as a timeout in a set without them.
 */
export function readAddOptions(
  words: readonly string[],
  set: Pick<IpSet, 'type' | 'options'>,
): AddOptions {
  if (words.length === 3)
    return { extras: undefined, exist: false, before: undefined, after: undefined };
  const given = new SetOptions(words, 3, ADD_WORDS);
  const { timeoutSeconds, counters, comment, skbinfo } = set.options ?? {};
  const need = (word: string, isThere: boolean): void => {
    if (given.has(word) && !isThere) {
      throw new RefusedRule(`the set was created without what ${word} needs`, given.at(word));
    }
  };
  need('timeout', timeoutSeconds !== undefined);
  for (const word of ['packets', 'bytes']) need(word, counters === true);
  need('comment', comment === true);
  for (const word of ['skbmark', 'skbprio', 'skbqueue']) need(word, skbinfo === true);
  need('nomatch', hasNets(set.type));
  for (const word of ['before', 'after']) need(word, set.type === 'list:set');
  const large = (text: string): number | undefined =>
    /^\d{1,20}$/.test(text) ? Number(text) : undefined;
  const extras: MemberExtras = {
    nomatch: given.has('nomatch') || undefined,
    timeoutSeconds: given.read('timeout', A_NUMBER, parseNumber),
    packets: given.read('packets', A_NUMBER, large),
    bytes: given.read('bytes', A_NUMBER, large),
    comment: given.read('comment', 'a comment of at most 255 bytes', (text) =>
      isIpSetComment(text) ? text : undefined,
    ),
    skbmark: given.read('skbmark', MASKED.wanted, (text) => MASKED.parse(text, 4)),
    skbprio: given.read('skbprio', 'a class such as 1:10', (text) =>
      /^[\da-f]{1,4}:[\da-f]{1,4}$/i.test(text) ? text : undefined,
    ),
    skbqueue: given.read('skbqueue', A_NUMBER, (text) => parseUnsigned(text, 65535)),
  };
  const held = withoutUndefined(extras);
  return {
    extras: Object.keys(held).length === 0 ? undefined : held,
    exist: isExist(given),
    before: given.text('before'),
    after: given.text('after'),
  };
}

function readRange(given: SetOptions, type: IpSetType): IpSetOptions['range'] {
  const from = given.text('from');
  const written =
    given.text('range') ?? given.text('network') ?? (from && `${from}-${given.text('to') ?? from}`);
  if (written === undefined) return undefined;
  const range = type === 'bitmap:port' ? parsePorts(written) : parseRange(written);
  if (range === undefined)
    throw new RefusedRule(`\`${written}\` is not a range`, given.at('range'));
  return range;
}

function parsePorts(text: string): IpSetOptions['range'] {
  const [from = '', to = from] = text.split('-');
  const [first, last] = [parsePortWord(from), parsePortWord(to)];
  if (first === undefined || last === undefined) return undefined;
  return { first: Math.min(first, last), last: Math.max(first, last) };
}

function parseFamily(text: string): IpFamily | undefined {
  if (text === 'inet' || text === 'ipv4') return 4;
  return text === 'inet6' || text === 'ipv6' ? 6 : undefined;
}

function parseNumber(text: string): number | undefined {
  return parseUnsigned(text);
}

function isExist(given: SetOptions): boolean {
  return given.has('-exist') || given.has('exist') || given.has('-!');
}

function withoutUndefined<Value extends object>(value: Value): Value {
  return Object.fromEntries(
    Object.entries(value).filter(([, held]) => held !== undefined),
  ) as Value;
}
