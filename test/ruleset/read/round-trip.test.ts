import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { IpFamily } from '../../../src/address/ip-address.ts';
import { TABLE_NAMES, type TableName } from '../../../src/ruleset/hook.ts';
import type { Match } from '../../../src/ruleset/match/match.ts';
import { parseIpsetSave } from '../../../src/ruleset/read/read-ipset-save.ts';
import { parseIptablesSave } from '../../../src/ruleset/read/read-iptables-save.ts';
import { renderIptablesSave } from '../../../src/ruleset/render-iptables-save.ts';
import { renderRule } from '../../../src/ruleset/render-ruleset.ts';
import type { Rule, Ruleset } from '../../../src/ruleset/ruleset.ts';
import { ruleContext, validateRule } from '../../../src/ruleset/validate-rule.ts';
import { InputError } from '../../../src/source/errors.ts';
import { headMatches, looseMatch, transportMatches } from '../../support/random-matches.ts';
import { randomTarget } from '../../support/random-targets.ts';
import '../../support/seed.ts';

const folder = resolve(import.meta.dirname, '../../fixtures/iptables-save');
const CORPUS = [folder, resolve(folder, '../recorded')].flatMap((place) =>
  readdirSync(place)
    .filter((name) => /\.v[46]$/.test(name))
    .map((name) => relative(folder, join(place, name))),
);

interface Placed {
  readonly family: IpFamily;
  readonly table: TableName;
  readonly rule: Rule;
}

/** Rules of one family, table and protocol. */
function rulesOf(
  family: IpFamily,
  table: TableName,
  protocol: number | undefined,
): Arbitrary<Placed> {
  const isPorted = protocol === 6 || protocol === 17;
  return fc
    .record({
      head: headMatches(family, protocol),
      transport: isPorted ? fc.option(transportMatches(protocol), { nil: [] }) : fc.constant([]),
      loose: fc.array(looseMatch(family, protocol), { maxLength: 3 }),
      target: fc.option(randomTarget(family, table, protocol), { nil: undefined }),
      comment: fc.option(fc.constantFrom('plain', 'a "b" \\ \'c\' # !'), { nil: undefined }),
    })
    .map(({ head, transport, loose, target, comment }) => {
      const matches = [...head, ...transport, ...inTable(loose, table)];
      const rest = { origin: undefined, meaning: undefined, placement: 'append' as const };
      return { family, table, rule: { matches, target, comment, ...rest } };
    })
    .filter(({ rule }) => !endsInPlainComment(rule));
}

const placedRule: Arbitrary<Placed> = fc.oneof(
  ...([4, 6] as const).flatMap((family) =>
    TABLE_NAMES.flatMap((table) =>
      [undefined, 1, 6, 17, 47, 58].map((protocol) => rulesOf(family, table, protocol)),
    ),
  ),
);

/** rpfilter works in raw and mangle only. */
function inTable(matches: readonly Match[], table: TableName): readonly Match[] {
  const all = table === 'raw' || table === 'mangle';
  return matches.filter((match) => all || match.kind !== 'rpfilter');
}

/** A comment that stands last is the rule's own when it is read. */
function endsInPlainComment({ matches, comment }: Rule): boolean {
  return comment === undefined && matches.at(-1)?.kind === 'comment';
}

function readBack({ family, table, rule }: Placed): { text: string; read: Rule | undefined } {
  const text = `*${table}\n:a - [0:0]\n:x - [0:0]\n-A x ${renderRule(rule, family)}\nCOMMIT\n`;
  const { ruleset } = parseIptablesSave(text, family, { file: 'rules', line: 1 });
  const chain = ruleset.tables[0]?.chains.find(({ name }) => name === 'x');
  return { text, read: chain?.rules[0] };
}

test('a rule of any kind is read back from its text as the same rule', { timeout: 60_000 }, () => {
  const kinds = new Set<string>();
  fc.assert(
    fc.property(placedRule, (placed) => {
      const context = ruleContext(placed.rule, placed.family, placed.table);
      fc.pre(placed.table !== 'nat' || placed.rule.target?.kind !== 'drop');
      expect(validateRule(placed.rule, context)).toBeUndefined();
      const { text, read } = readBack(placed);
      expect({ text, ...read, origin: undefined }).toEqual({ text, ...placed.rule });
      for (const { kind } of placed.rule.matches) kinds.add(`-m ${kind}`);
      kinds.add(`-j ${placed.rule.target?.kind}`);
    }),
    { numRuns: 1500 },
  );
  // Every kind of match and target took part but for the opaque one, which has no text.
  expect(kinds.size).toBeGreaterThan(45 + 30);
});

test('whatever a text says, it is read or refused with a place', { timeout: 60_000 }, () => {
  const corpus = CORPUS.flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'));
  const words = [...new Set(corpus.flatMap((line) => line.split(' ')))];
  const line = fc.oneof(
    fc.constantFrom(...corpus),
    fc
      .array(fc.oneof(fc.constantFrom(...words), fc.string()), { maxLength: 12 })
      .map((all) => `-A INPUT ${all.join(' ')}`),
    fc.constantFrom('*filter', '*nat', 'COMMIT', ':INPUT DROP [0:0]', '-F', '-X', '-E a b'),
    fc.string(),
  );
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 30 }),
      fc.constantFrom<IpFamily>(4, 6),
      (lines, family) => {
        const text = lines.join('\n');
        onlyInputErrors(() => {
          const { ruleset } = parseIptablesSave(text, family, { file: 'x', line: 1 });
          const printed = renderIptablesSave(ruleset);
          const again = parseIptablesSave(printed, family, { file: 'x', line: 1 });
          expect(renderIptablesSave(again.ruleset)).toBe(printed);
        });
        onlyInputErrors(() => parseIpsetSave(text, { file: 'x', line: 1 }));
      },
    ),
    { numRuns: 400 },
  );
});

test('whatever a text says of sets, it is read or refused with a place', {
  timeout: 60_000,
}, () => {
  const words = [
    'create',
    'add',
    's',
    'hash:ip',
    'hash:net,iface',
    'list:set',
    'bitmap:port',
    '10.0.0.0/8',
    '10.0.0.1',
    'range',
    '0-9',
    'timeout',
    'nomatch',
    '"',
    'comment',
    '-exist',
    'family',
    'inet6',
    '10.0.0.1,tcp:80',
    'swap',
    'rename',
    'del',
    'netmask',
    '0',
    '33',
  ];
  const line = fc
    .array(fc.oneof(fc.constantFrom(...words), fc.string()), { maxLength: 6 })
    .map((all) => all.join(' '));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      onlyInputErrors(() =>
        parseIpsetSave(['create s hash:ip', ...lines].join('\n'), { file: 'x', line: 1 }),
      );
    }),
    { numRuns: 400 },
  );
});

function onlyInputErrors(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    for (const { location, message } of error.problems) {
      expect(location.line).toBeGreaterThan(0);
      expect(location.column).toBeGreaterThan(0);
      expect(message).toMatch(/^\S.*[^.\s]$/s);
    }
  }
}

describe('rulesets of hosts are read whole', () => {
  test.each(CORPUS)('%s', (name) => {
    const family: IpFamily = name.endsWith('.v6') ? 6 : 4;
    const text = readFileSync(join(folder, name), 'utf8');
    const { ruleset } = parseIptablesSave(text, family, { file: name, line: 1 });
    const rules = ruleset.tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules));
    expect(rules).toHaveLength(text.match(/^-A /gm)?.length ?? 0);
    expect(unknownNames(ruleset)).toEqual(UNKNOWN[name] ?? []);
    // One line of text, one rule: nothing is said otherwise than by names of protocols.
    const printed = renderIptablesSave(ruleset)
      .match(/^-A .*$/gm)
      ?.sort();
    const wanted = text
      .match(/^-A .*$/gm)
      ?.map((line) => line.replace(/-p (ipencap|igmp)\b/, (_, one) => `-p ${NUMBER[one]}`));
    expect(printed).toEqual(wanted?.sort());
  });
});

const NUMBER: Readonly<Record<string, number>> = { ipencap: 4, igmp: 2 };

/** What has no kind of its own in the corpus. */
const UNKNOWN: Readonly<Record<string, readonly string[]>> = {
  '../recorded/ufw.v6': ['rt', 'rt', 'rt'],
  'shorewall.v4': ['NFQUEUE'],
  'ip6tables.v6': ['rt', 'ipv6header'],
};

function unknownNames({ tables }: Ruleset): readonly string[] {
  const rules = tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules));
  return rules.flatMap(({ matches, target }) => [
    ...matches.flatMap((match) => (match.kind === 'unknown-match' ? [match.name] : [])),
    ...(target?.kind === 'unknown-target' ? [target.name] : []),
  ]);
}
