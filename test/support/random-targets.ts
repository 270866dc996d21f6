import fc, { type Arbitrary } from 'fast-check';
import type { IpFamily } from '../../src/address/ip-address.ts';
import type { TableName } from '../../src/ruleset/hook.ts';
import { maskAddress, maskOfLength } from '../../src/ruleset/option/address-codecs.ts';
import type { Target } from '../../src/ruleset/target/target.ts';
import { address, name, orNone, text, u32, word } from './random-matches.ts';

const kind = <K extends Target['kind']>(one: K): Arbitrary<K> => fc.constant(one);
const reference = fc.record({
  set: fc.constant('s'),
  directions: fc.constantFrom(['src'] as const, ['dst', 'src'] as const),
});

/** Any target that a rule of the table and protocol can have; chain `a` is there to call. */
export function randomTarget(
  family: IpFamily,
  table: TableName,
  protocol: number | undefined,
): Arbitrary<Target> {
  const kinds = [...everywhere(family)];
  if (table === 'filter') {
    kinds.push(
      fc.record({
        kind: kind('reject'),
        with: fc.constantFrom(
          ...(family === 4
            ? ['icmp-port-unreachable', 'icmp-admin-prohibited']
            : ['icmp6-port-unreachable', 'icmp6-no-route']),
        ),
      }),
    );
  }
  if (table === 'raw') {
    kinds.push(fc.constantFrom<Target>({ kind: 'notrack' }, { kind: 'notrack', alias: 'NOTRACK' }));
    kinds.push(
      fc.record({
        kind: kind('ct'),
        notrack: fc.constant(false),
        helper: orNone(fc.constantFrom('ftp', 'netbios-ns')),
        timeoutPolicy: orNone(name(20)),
        events: orNone(fc.subarray(['new', 'destroy', 'mark'] as const, { minLength: 1 })),
        expectationEvents: orNone(fc.constant(['new'] as const)),
        zone: orNone(fc.oneof(word(65535), fc.constant('mark' as const))),
        originalZone: orNone(word(65535)),
        replyZone: orNone(word(65535)),
      }),
    );
  }
  if (table === 'nat') kinds.push(...translations(family, protocol));
  if (table === 'mangle') kinds.push(...changes(family, protocol));
  return fc.oneof(...kinds);
}

function everywhere(family: IpFamily): readonly Arbitrary<Target>[] {
  const connmark = fc.oneof<Arbitrary<Target>[]>(
    fc.record({
      kind: kind('connmark'),
      operation: fc.constant('set' as const),
      value: u32,
      mask: u32,
      shift: word(31, -31),
    }),
    fc.record({
      kind: kind('connmark'),
      operation: fc.constantFrom('save' as const, 'restore' as const),
      ctMask: u32,
      nfMask: u32,
      shift: word(31, -31),
    }),
  );
  return [
    fc.constantFrom<Target>(
      { kind: 'accept' },
      { kind: 'drop' },
      { kind: 'return' },
      { kind: 'jump', chain: 'a' },
      { kind: 'goto', chain: 'a' },
    ),
    fc.record({ kind: kind('mark'), value: u32, mask: u32 }),
    connmark,
    fc.record({
      kind: kind('log'),
      prefix: fc.constantFrom('', 'a', 'a "b" \'c\'\\: '),
      level: word(7),
    }),
    fc.record({
      kind: kind('log'),
      prefix: fc.constant('x'),
      level: word(7),
      details: fc.subarray(
        ['tcp-sequence', 'tcp-options', 'ip-options', 'uid', 'macdecode'] as const,
        { minLength: 1 },
      ),
    }),
    fc.record({
      kind: kind('nflog'),
      prefix: orNone(text(63)),
      group: word(65535),
      range: word(99),
      size: orNone(u32),
      threshold: word(65535),
    }),
    fc.record({
      kind: kind('set'),
      add: orNone(reference),
      delete: orNone(reference),
      map: reference,
      exist: fc.boolean(),
      timeoutSeconds: orNone(u32),
      mapMark: fc.boolean(),
      mapPriority: fc.boolean(),
      mapQueue: fc.boolean(),
    }),
    fc.record({ kind: kind('tee'), gateway: address(family), outInterface: orNone(name(15)) }),
    fc.record({
      kind: kind('audit'),
      type: fc.constantFrom('accept' as const, 'drop' as const, 'reject' as const),
    }),
    fc.record({ kind: kind('classify'), trafficClass: u32 }),
    fc.constant<Target>({ kind: 'trace' }),
    fc.constantFrom<Target>(
      { kind: 'unknown-target', name: 'NFQUEUE', text: '-j NFQUEUE --queue-num 5 --queue-bypass' },
      { kind: 'unknown-target', name: 'QUEUE', text: '-j QUEUE' },
    ),
  ];
}

function translations(
  family: IpFamily,
  protocol: number | undefined,
): readonly Arbitrary<Target>[] {
  const hasPorts = protocol === 6 || protocol === 17;
  const port = hasPorts ? orNone(word(65535)) : fc.constant(undefined);
  const range = fc
    .tuple(word(65535), word(65535))
    .map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) }));
  const ports = hasPorts ? orNone(range) : fc.constant(undefined);
  const addresses = fc.record({ first: address(family), last: address(family) });
  const whole = family === 4 ? 32 : 128;
  return [
    fc.record({
      kind: fc.constantFrom('dnat' as const, 'snat' as const),
      address: address(family),
      port,
    }),
    fc.record({
      kind: kind('dnat-range'),
      addresses,
      ports,
      shiftedFrom: fc.constant(undefined),
      random: fc.constant(true),
      randomFully: fc.constant(false),
      persistent: fc.boolean(),
    }),
    fc.record({
      kind: kind('snat-range'),
      addresses,
      ports,
      shiftedFrom: fc.constant(undefined),
      random: fc.constant(true),
      randomFully: fc.boolean(),
      persistent: fc.boolean(),
    }),
    ...(hasPorts
      ? [
          fc.record({
            kind: kind('dnat-range'),
            addresses: orNone(addresses),
            ports: range,
            shiftedFrom: word(65535),
            random: fc.boolean(),
            randomFully: fc.constant(false),
            persistent: fc.boolean(),
          }),
        ]
      : []),
    fc.record({ kind: kind('masquerade'), randomFully: fc.boolean() }),
    fc.record({
      kind: kind('masquerade-range'),
      ports,
      random: fc.constant(true),
      randomFully: fc.boolean(),
    }),
    fc.record({ kind: kind('redirect'), ports, random: fc.boolean() }),
    fc.tuple(address(family), word(whole)).map(([a, length]): Target => {
      const mask = maskOfLength(length, family);
      return { kind: 'netmap', to: { network: maskAddress(a, mask), mask } };
    }),
  ];
}

function changes(family: IpFamily, protocol: number | undefined): readonly Arbitrary<Target>[] {
  const kinds: Arbitrary<Target>[] = [
    fc.record({ kind: kind('dscp'), value: word(63) }),
    fc.record({ kind: kind('tos'), value: word(255), mask: word(255) }),
    fc.record({
      kind: kind('hop-limit'),
      operation: fc.constantFrom('set' as const, 'inc' as const, 'dec' as const),
      value: word(255, 1),
    }),
    fc.constant<Target>({ kind: 'checksum', fill: true }),
  ];
  if (protocol === 6) {
    kinds.push(fc.constant<Target>({ kind: 'tcpmss', size: undefined, clampToPathMtu: true }));
    kinds.push(
      word(65535).map((size): Target => ({ kind: 'tcpmss', size, clampToPathMtu: false })),
    );
  }
  if (protocol === 6 || protocol === 17) {
    kinds.push(
      fc.record({
        kind: kind('tproxy'),
        port: word(65535),
        address: address(family),
        markValue: u32,
        markMask: u32,
      }),
    );
  }
  return kinds;
}
