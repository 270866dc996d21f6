import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { IpFamily } from '../../src/address/ip-address.ts';
import { compilePolicy } from '../../src/compile/compile.ts';
import { parseIpsetSave } from '../../src/ruleset/read/read-ipset-save.ts';
import { parseIptablesSave } from '../../src/ruleset/read/read-iptables-save.ts';
import { renderIpSet } from '../../src/ruleset/render-ip-set.ts';
import { renderIptablesSave } from '../../src/ruleset/render-iptables-save.ts';
import { renderIpsets, renderIptables, renderRule } from '../../src/ruleset/render-ruleset.ts';
import type { Chain, Ruleset } from '../../src/ruleset/ruleset.ts';
import { NetworkNamespace, whyNoNamespace } from '../support/namespace.ts';
import { randomDocuments, resolveTestNode } from '../support/random-documents.ts';

const BUILDS = ['legacy', 'nft'] as const;
const folder = resolve(import.meta.dirname, '../fixtures/iptables-save');
/** What we wrote ourselves after real hosts, and what tools made of a namespace. */
const CORPUS = [folder, resolve(folder, '../recorded')].flatMap((place) =>
  readdirSync(place)
    .filter((name) => /\.v[46]$/.test(name))
    .map((name) => relative(folder, join(place, name))),
);

const program = (family: IpFamily, build: string, tool: 'restore' | 'save'): string =>
  `${family === 4 ? 'iptables' : 'ip6tables'}-${build}-${tool}`;

const reason = whyNoNamespace(['ipset', ...BUILDS.map((build) => program(4, build, 'restore'))]);

if (process.env.CI !== undefined) {
  test('the kernel takes part in this run', () => expect(reason).toBeUndefined());
}

const title = reason === undefined ? 'rules read' : `rules read (skipped: ${reason})`;

describe.skipIf(reason !== undefined)(title, () => {
  let namespace: NetworkNamespace;
  beforeEach(async () => {
    namespace = await NetworkNamespace.open();
  });
  afterEach(() => namespace.close());

  describe.each(BUILDS)('with the %s build', (build) => {
    test.each(CORPUS)(
      '%s: what we read and print is the same to the kernel',
      { timeout: 60_000 },
      (name) => {
        const family: IpFamily = name.endsWith('.v6') ? 6 : 4;
        loadSets(name);
        restore(family, build, textOf(name));
        const saved = save(family, build);
        const ours = renderIptablesSave(read(saved, family));
        restore(family, build, ours, ['--test']);
        // Nothing of the first loading may be left to hide what ours lacks.
        restore(family, build, saved.replace(/^(?!\*|COMMIT$|:[A-Z]+ [AD]).*\n/gm, ''));
        restore(family, build, ours);
        expect(rulesOf(save(family, build))).toEqual(rulesOf(saved));
        // And once more: what was printed is printed again.
        expect(renderIptablesSave(read(save(family, build), family))).toBe(ours);
      },
    );

    test('of compiled policy the kernel gives back what was compiled', {
      timeout: 120_000,
    }, async () => {
      await fc.assert(
        fc.asyncProperty(randomDocuments('3.32'), async (documents) => {
          await namespace.close();
          namespace = await NetworkNamespace.open();
          const policy = resolveTestNode(documents);
          const rulesets = ([4, 6] as const).map((family) => compilePolicy(policy, family));
          expect(namespace.run('ipset', ['restore'], renderIpsets(rulesets)).stderr).toBe('');
          for (const ruleset of rulesets) {
            const text = renderIptables(ruleset);
            restore(ruleset.family, build, text, ['--noflush']);
            const back = read(save(ruleset.family, build), ruleset.family);
            for (const { name, chains } of ruleset.tables) {
              for (const chain of chains) {
                const same = chainOf(back, name, chain.name);
                expect(texts(same, ruleset.family)).toEqual(texts(chain, ruleset.family));
              }
            }
          }
        }),
        {
          numRuns: Number(process.env.HEPSIM_RESTORE_RUNS ?? 4),
          endOnFailure: process.env.CI !== undefined,
        },
      );
    });
  });

  test('sets are the same to the kernel once we have read and printed them', () => {
    for (const name of readdirSync(folder).filter((one) => one.endsWith('.sets'))) loadSets(name);
    const saved = namespace.run('ipset', ['save']).stdout;
    const lines: string[] = [];
    for (const set of parseIpsetSave(saved, { file: 'sets', line: 1 })) renderIpSet(set, lines);
    expect(namespace.run('ipset', ['destroy']).status).toBe(0);
    const { status, stderr } = namespace.run('ipset', ['restore'], `${lines.join('\n')}\n`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const again = namespace.run('ipset', ['save']).stdout;
    expect(again.split('\n').sort()).toEqual(saved.split('\n').sort());
  });

  test.each([
    '4 filter INPUT',
    '4 nat PREROUTING',
    '4 mangle POSTROUTING',
    '6 filter INPUT',
    '6 nat PREROUTING',
  ])(
    'the spellings that the readers are tested with are what the real tool makes of them: %s',
    (place) => {
      const [family, table, chain] = place.split(' ') as [string, string, string];
      const spellings = readFileSync(join(folder, 'spellings.tsv'), 'utf8')
        .split('\n')
        .map((line) => line.split('\t'))
        .filter(([at, given]) => at === place && given !== '-j TRACE');
      namespace.run('ip', ['link', 'add', 'eth0', 'type', 'dummy']);
      const sets = [
        'create s4 hash:net',
        'create s42 hash:ip,port',
        'create s6 hash:net family inet6',
        '',
      ];
      namespace.run('ipset', ['restore'], sets.join('\n'));
      const rules = spellings.map(([, given]) => `-A ${chain} ${given}`);
      const file = [`*${table}`, ':foo - [0:0]', ...rules, 'COMMIT', ''].join('\n');
      const version = Number(family) as IpFamily;
      restore(version, 'legacy', file);
      const wanted = spellings.flatMap(([, , saved]) => saved?.split('~') ?? []);
      const found = rulesOf(save(version, 'legacy'))
        .filter((line) => line.startsWith(`${table} -A`))
        .map((line) => line.replace(`${table} -A ${chain}`, '').trim());
      expect(found).toEqual(wanted);
    },
  );

  /** Rules that count with an object of the kernel's are taken only where there is one (`test/kernel/recorded-hosts.test.ts` makes it). */
  function textOf(name: string): string {
    return readFileSync(join(folder, name), 'utf8').replace(/-m nfacct --nfacct-name +\S+ /g, '');
  }

  function loadSets(name: string): void {
    const path = join(folder, name.replace(/\.\w+$/, '.sets'));
    if (!existsSync(path)) return;
    expect(namespace.run('ipset', ['restore'], readFileSync(path, 'utf8')).stderr).toBe('');
  }

  function restore(
    family: IpFamily,
    build: string,
    text: string,
    args: readonly string[] = [],
  ): void {
    const { status, stderr } = namespace.run(program(family, build, 'restore'), args, text);
    expect({ status, stderr: status === 0 ? '' : `${stderr}\n${text}` }).toEqual({
      status: 0,
      stderr: '',
    });
  }

  function save(family: IpFamily, build: string): string {
    return namespace.run(program(family, build, 'save'), []).stdout;
  }
});

function read(text: string, family: IpFamily): Ruleset {
  return parseIptablesSave(text, family, { file: 'saved', line: 1 }).ruleset;
}

/** Chains and rules with their tables, without comments and counters. */
function rulesOf(text: string): readonly string[] {
  let table = '';
  return text.split('\n').flatMap((line) => {
    if (line.startsWith('*')) table = line.slice(1);
    if (line.startsWith('#') || line === '') return [];
    return [`${table} ${line.replace(/ \[\d+:\d+\]$/, '')}`];
  });
}

function chainOf(ruleset: Ruleset, table: string, name: string): Chain | undefined {
  return ruleset.tables
    .find((one) => one.name === table)
    ?.chains.find((chain) => chain.name === name);
}

function texts(chain: Chain | undefined, family: IpFamily): readonly string[] | undefined {
  return chain?.rules.map((rule) => renderRule(rule, family));
}
