import fc, { type Arbitrary } from 'fast-check';
import { cidrOf } from '../../src/address/cidr.ts';
import { type IpAddress, type IpFamily, ipv4, ipv6 } from '../../src/address/ip-address.ts';
import { STATES } from '../../src/ruleset/match/conntrack-state.ts';
import type { Match } from '../../src/ruleset/match/match.ts';
import { maskAddress, maskLength, maskOfLength } from '../../src/ruleset/option/address-codecs.ts';

/** One kind of match with everything that it can hold. */
type Kind<K extends Match['kind']> = Arbitrary<Extract<Match, { kind: K }>>;

/** Every kind of match, and every target's parts, are made of these. */
export const word = (last: number, first = 0): Arbitrary<number> =>
  fc.integer({ min: first, max: last });
export const u32: Arbitrary<number> = fc.oneof(word(255), fc.integer({ min: 0, max: 0xffffffff }));
export const orNone = <T>(one: Arbitrary<T>): Arbitrary<T | undefined> =>
  fc.option(one, { nil: undefined });
export const text = (longest: number): Arbitrary<string> =>
  fc.string({
    unit: fc.constantFrom(...'abzAZ09 "\'\\#!-_/:|=$%é€'),
    minLength: 1,
    maxLength: Math.floor(longest / 3),
  });
export const name = (longest: number): Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'abzAZ09_.-'), minLength: 1, maxLength: longest });
const negatable = <T>(value: Arbitrary<T>): Arbitrary<{ value: T; negated: boolean }> =>
  fc.record({ value, negated: fc.boolean() });
const range = (last: number, least = 0): Arbitrary<{ first: number; last: number }> =>
  fc
    .tuple(word(last, least), word(last, least))
    .map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) }));
const some = <T>(all: readonly T[]): Arbitrary<readonly T[]> =>
  fc.subarray([...all], { minLength: 1 });
const mac = fc
  .array(word(255), { minLength: 6, maxLength: 6 })
  .map((bytes) => bytes.map((b) => b.toString(16).padStart(2, '0')).join(':'));

export function address(family: IpFamily): Arbitrary<IpAddress> {
  const full = fc.integer({ min: 0, max: 0xffffffff });
  return family === 4
    ? full.map(ipv4)
    : fc.tuple(full, full, full, full).map(([a, b, c, d]) => ipv6(a, b, c, d));
}

const maskedAddress = (family: IpFamily): Arbitrary<{ network: IpAddress; mask: IpAddress }> => {
  const whole = family === 4 ? 32 : 128;
  const mask = fc.oneof(
    word(whole).map((length) => maskOfLength(length, family)),
    address(family),
  );
  return fc.tuple(address(family), mask).map(([a, m]) => ({ network: maskAddress(a, m), mask: m }));
};

const side = fc.constantFrom('source' as const, 'destination' as const);
const ports = fc.oneof(
  word(65535).map((port) => ({ first: port, last: port })),
  range(65535),
);

/** Ports that both builds store as they are written. */
const plainPorts = fc.oneof(
  word(65535, 1).map((port) => ({ first: port, last: port })),
  range(65535, 1),
);

/** The matches that stand in a rule's head, each at most once and in their order. */
export function headMatches(
  family: IpFamily,
  protocol: number | undefined,
): Arbitrary<readonly Match[]> {
  const whole = family === 4 ? 32 : 128;
  const end = (which: 'source' | 'destination'): Arbitrary<Match | undefined> =>
    orNone(
      fc.oneof<Arbitrary<Match>[]>(
        fc.record({
          kind: fc.constant('address' as const),
          side: fc.constant(which),
          cidr: fc.tuple(address(family), word(whole, 1)).map(([a, length]) => cidrOf(a, length)),
          negated: fc.boolean(),
        }),
        maskedAddress(family)
          .filter(({ mask }) => maskLength(mask) === undefined)
          .chain((held) =>
            fc.boolean().map((negated) => ({
              kind: 'masked-address' as const,
              side: which,
              ...held,
              negated,
            })),
          ),
      ),
    );
  const link = (direction: 'in' | 'out'): Arbitrary<Match | undefined> =>
    orNone(
      fc.record({
        kind: fc.constant('interface' as const),
        direction: fc.constant(direction),
        name: name(14).filter((one) => !/^\.{1,2}$/.test(one)),
        prefix: fc.boolean(),
        negated: fc.boolean(),
      }),
    );
  const proto: Match[] =
    protocol === undefined ? [] : [{ kind: 'protocol', protocol, negated: false }];
  const fragment: Arbitrary<Match | undefined> =
    family === 6
      ? fc.constant(undefined)
      : orNone(fc.record({ kind: fc.constant('fragment' as const), negated: fc.boolean() }));
  return fc
    .tuple(end('source'), end('destination'), link('in'), link('out'), fragment)
    .map(([s, d, i, o, f]) => [s, d, i, o, ...proto, f].filter((match) => match !== undefined));
}

/** A match of any kind that a rule of the protocol can have behind its head. */
export function looseMatch(family: IpFamily, protocol: number | undefined): Arbitrary<Match> {
  const kinds: Arbitrary<Match>[] = [...anyProtocol(family)];
  if (protocol === 6 || protocol === 17) {
    kinds.push(
      fc.record({
        kind: fc.constant('multiport' as const),
        side,
        ranges: fc.array(ports, { minLength: 1, maxLength: 7 }),
        negated: fc.boolean(),
      }),
      fc.record({
        kind: fc.constant('multiport-either' as const),
        ranges: fc.array(ports, { minLength: 1, maxLength: 7 }),
        negated: fc.boolean(),
      }),
    );
  }
  if (protocol === 6)
    kinds.push(fc.record({ kind: fc.constant('tcpmss' as const), sizes: negatable(range(65535)) }));
  if (protocol === (family === 4 ? 1 : 58)) {
    kinds.push(
      fc.record({
        kind: fc.constant('icmp' as const),
        type: word(254),
        code: orNone(word(255)),
        negated: fc.boolean(),
      }),
    );
    if (family === 4)
      kinds.push(fc.record({ kind: fc.constant('icmp-any' as const), negated: fc.boolean() }));
  }
  return fc.oneof(...kinds);
}

/** The options of one `-m tcp` or `-m udp`, in their order. */
export function transportMatches(protocol: number): Arbitrary<readonly Match[]> {
  const port = (which: 'source' | 'destination'): Arbitrary<Match | undefined> =>
    orNone(
      fc.record({
        kind: fc.constant('ports' as const),
        side: fc.constant(which),
        range: plainPorts,
        negated: fc.boolean(),
      }),
    );
  const option = orNone(
    fc.record({
      kind: fc.constant('tcp-option' as const),
      option: word(255, 1),
      negated: fc.boolean(),
    }),
  );
  const flags = orNone(
    fc.record({
      kind: fc.constant('tcp-flags' as const),
      mask: word(63),
      set: word(63),
      negated: fc.boolean(),
    }),
  );
  const none = fc.constant(undefined);
  const tcp = protocol === 6;
  return fc
    .tuple(port('source'), port('destination'), tcp ? option : none, tcp ? flags : none)
    .map((all): readonly Match[] => {
      const held = all.filter((match) => match !== undefined);
      return held.length > 0 ? held : [{ kind: 'transport-header', protocol: tcp ? 'tcp' : 'udp' }];
    });
}

function anyProtocol(family: IpFamily): readonly Arbitrary<Match>[] {
  const whole = family === 4 ? 32 : 128;
  const kind = <K extends Match['kind']>(one: K): Arbitrary<K> => fc.constant(one);
  const addressRange = fc.record({ first: address(family), last: address(family) });
  const marks = { value: u32, mask: u32, negated: fc.boolean() };
  const conntrack: Kind<'conntrack'> = fc
    .record({
      kind: kind('conntrack'),
      states: orNone(negatable(some(STATES))),
      protocol: orNone(negatable(word(255, 1))),
      originalSource: orNone(negatable(maskedAddress(family))),
      originalDestination: orNone(negatable(maskedAddress(family))),
      replySource: orNone(negatable(maskedAddress(family))),
      replyDestination: orNone(negatable(maskedAddress(family))),
      originalSourcePorts: orNone(negatable(ports)),
      originalDestinationPorts: orNone(negatable(ports)),
      replySourcePorts: orNone(negatable(ports)),
      replyDestinationPorts: orNone(negatable(ports)),
      statuses: orNone(
        negatable(some(['EXPECTED', 'SEEN_REPLY', 'ASSURED', 'CONFIRMED', 'NONE'] as const)),
      ),
      expires: orNone(negatable(range(0xffffffff))),
      direction: orNone(fc.constantFrom('ORIGINAL' as const, 'REPLY' as const)),
    })
    // The state alone has a kind of its own.
    .map((match) => ({ ...match, direction: match.direction ?? 'REPLY' }));
  return [
    conntrack,
    fc.record({ kind: kind('conntrack-state'), states: some(STATES), negated: fc.boolean() }),
    fc.record({
      kind: kind('conntrack-state'),
      states: some(STATES.slice(0, 5)),
      negated: fc.boolean(),
      alias: fc.constant('state' as const),
    }),
    fc.record({ kind: kind('mark'), ...marks }),
    fc.record({ kind: kind('connmark'), ...marks }),
    fc.record({
      kind: kind('set'),
      set: fc.constantFrom('s', 'a-set.1'),
      directions: fc.array(fc.constantFrom('src' as const, 'dst' as const), {
        minLength: 1,
        maxLength: 6,
      }),
      negated: fc.boolean(),
    }),
    fc.record({
      kind: kind('set'),
      set: fc.constant('s'),
      directions: fc.constant(['src'] as const),
      negated: fc.boolean(),
      extras: fc.record({
        returnNomatch: fc.constant(true),
        keepCounters: fc.boolean(),
        keepSubcounters: fc.boolean(),
        packets: orNone(
          fc.oneof(
            fc.record({
              comparison: fc.constant('eq' as const),
              value: u32,
              negated: fc.boolean(),
            }),
            fc.record({
              comparison: fc.constantFrom('lt' as const, 'gt' as const),
              value: u32,
              negated: fc.constant(false),
            }),
          ),
        ),
        bytes: fc.constant(undefined),
      }),
    }),
    fc.record({
      kind: kind('address-type'),
      side,
      type: fc.constant('LOCAL' as const),
      negated: fc.boolean(),
    }),
    fc
      .record({
        kind: kind('address-types'),
        source: orNone(negatable(some(['UNSPEC', 'UNICAST', 'BROADCAST', 'PROHIBIT'] as const))),
        destination: negatable(some(['ANYCAST', 'MULTICAST', 'THROW'] as const)),
        limit: fc.constantFrom('in', 'out', 'none'),
      })
      .map(({ limit, ...match }) => ({
        ...match,
        limitIn: limit === 'in',
        limitOut: limit === 'out',
      })),
    fc.record({ kind: kind('comment'), text: text(255) }),
    fc
      .record({
        kind: kind('physdev'),
        isIn: orNone(fc.boolean()),
        in: orNone(negatable(name(15))),
        isOut: orNone(fc.boolean()),
        out: orNone(negatable(name(15))),
        isBridged: orNone(fc.boolean()),
      })
      .map((match) => ({ ...match, isBridged: match.isBridged ?? true })),
    fc.record({
      kind: kind('iprange'),
      source: orNone(negatable(addressRange)),
      destination: negatable(addressRange),
    }),
    fc.record({ kind: kind('mac'), source: negatable(mac) }),
    fc.record({ kind: kind('length'), lengths: negatable(range(65535)) }),
    fc.record({
      kind: kind('hop-limit'),
      comparison: fc.constant('eq' as const),
      value: word(255),
      negated: fc.boolean(),
    }),
    fc.record({
      kind: kind('hop-limit'),
      comparison: fc.constantFrom('lt' as const, 'gt' as const),
      value: word(255),
      negated: fc.constant(false),
    }),
    fc.record({
      kind: kind('tos'),
      tos: negatable(fc.record({ value: word(255), mask: word(255) })),
    }),
    fc.record({ kind: kind('dscp'), value: word(63), negated: fc.boolean() }),
    fc.record({
      kind: kind('owner'),
      socketExists: orNone(fc.boolean()),
      user: orNone(negatable(fc.oneof(range(0xffffffff), fc.constantFrom('www-data', 'nobody')))),
      group: orNone(negatable(range(0xffffffff))),
      supplementaryGroups: fc.boolean(),
    }),
    fc.record({
      kind: kind('socket'),
      transparent: fc.boolean(),
      noWildcard: fc.boolean(),
      restoreMark: fc.boolean(),
    }),
    fc.record({ kind: kind('rpfilter'), validMark: fc.boolean(), negated: fc.boolean() }),
    fc.record({
      kind: kind('rpfilter'),
      loose: fc.constant(true as const),
      validMark: fc.boolean(),
      acceptLocal: fc.constant(true as const),
      negated: fc.boolean(),
    }),
    fc.record({
      kind: kind('string'),
      bytes: fc.array(fc.oneof(word(255), word(126, 32)), { minLength: 1, maxLength: 128 }),
      negated: fc.boolean(),
      algorithm: fc.constantFrom('bm' as const, 'kmp' as const),
      from: word(65535),
      to: word(65535),
      ignoreCase: fc.boolean(),
    }),
    fc.record({
      kind: kind('time'),
      timeStart: word(86399),
      timeStop: word(86399),
      monthdays: orNone(some([1, 2, 15, 31])),
      weekdays: orNone(some([1, 2, 7])),
      dateStart: word(0x7fffffff),
      dateStop: word(0x7fffffff),
      kernelTimezone: fc.boolean(),
      contiguous: fc.boolean(),
    }),
    fc.record({
      kind: kind('u32'),
      tests: fc.array(
        fc.record({
          offset: u32,
          steps: fc.array(
            fc.record({
              operator: fc.constantFrom('&' as const, '<<' as const, '>>' as const, '@' as const),
              operand: u32,
            }),
            { maxLength: 4 },
          ),
          values: fc.array(range(0xffffffff), { minLength: 1, maxLength: 4 }),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      negated: fc.boolean(),
    }),
    fc.record({
      kind: kind('pkttype'),
      type: negatable(
        fc.constantFrom(
          'unicast' as const,
          'broadcast' as const,
          'multicast' as const,
          'otherhost' as const,
        ),
      ),
    }),
    fc.record({
      kind: kind('policy'),
      direction: fc.constantFrom('in' as const, 'out' as const),
      policy: fc.constant('none' as const),
      strict: fc.constant(false),
      elements: fc.constant([]),
    }),
    fc.record({
      kind: kind('policy'),
      direction: fc.constantFrom('in' as const, 'out' as const),
      policy: fc.constant('ipsec' as const),
      strict: fc.constant(true),
      elements: fc.array(
        fc.record({
          requestId: negatable(u32),
          spi: orNone(negatable(u32)),
          protocol: orNone(
            negatable(fc.constantFrom('esp' as const, 'ah' as const, 'ipcomp' as const)),
          ),
          mode: fc.constant({ value: 'tunnel' as const, negated: false }),
          tunnelDestination: orNone(negatable(maskedAddress(family))),
          tunnelSource: orNone(negatable(maskedAddress(family))),
        }),
        { minLength: 1, maxLength: 4 },
      ),
    }),
    fc.record({
      kind: kind('connlimit'),
      above: fc.boolean(),
      count: u32,
      prefixLength: word(whole),
      side,
    }),
    fc.record({ kind: kind('nfacct'), name: text(31) }),
    fc.record({
      kind: kind('hashlimit'),
      above: fc.boolean(),
      rate: fc.constantFrom('1/sec', '10/min', '7/hour', '512kb/s'),
      burst: fc.constantFrom('5', '100'),
      modes: fc.subarray(['srcip', 'srcport', 'dstip', 'dstport'] as const),
      name: name(20),
      tableSize: orNone(u32),
      tableMax: orNone(u32),
      collectIntervalMs: orNone(word(999)),
      expireMs: orNone(u32),
      sourcePrefixLength: orNone(word(whole - 1)),
      destinationPrefixLength: orNone(word(whole - 1)),
      rateMatch: fc.boolean(),
      rateIntervalSeconds: orNone(word(99, 2)),
    }),
    fc.record({
      kind: kind('limit'),
      rate: fc.constantFrom('1/sec', '10/min', '7/hour', '3/day'),
      burst: word(10000),
    }),
    fc.record({
      kind: kind('statistic'),
      probability: word(1000).map((n) => Math.round((n / 1000) * 2 ** 31) / 2 ** 31),
    }),
    fc.record({
      kind: kind('statistic-nth'),
      every: fc.constant(7),
      packet: word(6),
      negated: fc.boolean(),
    }),
    fc.record({
      kind: kind('recent'),
      mode: fc.constantFrom(
        'set' as const,
        'rcheck' as const,
        'update' as const,
        'remove' as const,
      ),
      name: name(30),
      seconds: orNone(u32),
    }),
    fc.record({
      kind: kind('recent'),
      mode: fc.constant('update' as const),
      name: name(30),
      seconds: u32,
      negated: fc.constant(true as const),
      reap: fc.constant(true as const),
      hitCount: u32,
      sameTtl: fc.constant(true as const),
      mask: word(whole - 1).map((length) => maskOfLength(length, family)),
      side: fc.constant('destination' as const),
    }),
    fc.constantFrom<Match>(
      { kind: 'unknown-match', name: 'quota', text: '-m quota ! --quota 500' },
      { kind: 'unknown-match', name: 'foo', text: '-m foo --bar "a b" c' },
    ),
  ];
}
