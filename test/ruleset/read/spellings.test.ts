import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { IpFamily } from '../../../src/address/ip-address.ts';
import { parseIptablesSave } from '../../../src/ruleset/read/read-iptables-save.ts';
import { renderRule } from '../../../src/ruleset/render-ruleset.ts';

const fixture = resolve(import.meta.dirname, '../../fixtures/iptables-save/spellings.tsv');

/** Each line: where the rule stood, what was given to the real tool, and what it printed. */
const SPELLINGS = readFileSync(fixture, 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split('\t') as [string, string, string]);

/** Protocols that save tools print by a name that depends on the machine; we print the number. */
const NUMBERED: Readonly<Record<string, number>> = { ipencap: 4, dccp: 33, esp: 50 };

/** What the tool stores without a mask that has gaps is not what it was given; only the given is read. */
const MISPRINTED = /--ctreplsrc 10\.0\.0\.1\//;

function rendered(text: string, place: string): readonly string[] {
  const [family, table, chain] = place.split(' ') as [string, string, string];
  const lines = text.split('~').map((body) => `-A ${chain} ${body}`);
  const file = [`*${table}`, ':foo - [0:0]', ...lines, 'COMMIT', ''].join('\n');
  const { ruleset } = parseIptablesSave(file, Number(family) as IpFamily, {
    file: 'rules',
    line: 1,
  });
  const chains = ruleset.tables[0]?.chains ?? [];
  return chains.flatMap(({ rules }) => rules.map((rule) => renderRule(rule, ruleset.family)));
}

describe('a rule in any spelling is read as the one that iptables stores', () => {
  test.each(SPELLINGS)('%s: %s', (place, given, saved) => {
    const stored = saved
      .split('~')
      .map((one) => one.replace(/-p (ipencap|dccp|esp)\b/, (_, name) => `-p ${NUMBERED[name]}`));
    const masked = stored.map((one) => one.replace('2.2.2.2/24', '2.2.2.0/24'));
    expect(rendered(saved, place)).toEqual(masked);
    // What has no kind of its own keeps the words that it was given.
    if (MISPRINTED.test(given) || /--chunk-types|ipv6header/.test(given)) return;
    expect(rendered(given, place)).toEqual(masked);
  });
});
