import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { IpFamily } from '../../src/address/ip-address.ts';
import { compilePolicy } from '../../src/compile/compile.ts';
import type { CalicoVersion } from '../../src/resources/calico-version.ts';
import { renderIpsets, renderIptables, renderRule } from '../../src/ruleset/render-ruleset.ts';
import type { Ruleset } from '../../src/ruleset/ruleset.ts';
import { NetworkNamespace, whyNoNamespace } from '../support/namespace.ts';
import { randomDocuments, resolveTestNode } from '../support/random-documents.ts';

const BUILDS = ['legacy', 'nft'] as const;
const VERSIONS: readonly CalicoVersion[] = ['2.6', '3.9', '3.32'];
const FAMILIES: readonly IpFamily[] = [4, 6];

/** Random node policies for each version; each is restored four times. */
const RUNS = Number(process.env.HEPSIM_RESTORE_RUNS ?? 8);

const program = (family: IpFamily, build: string, tool: 'restore' | 'save'): string =>
  `${family === 4 ? 'iptables' : 'ip6tables'}-${build}-${tool}`;

const reason = whyNoNamespace([
  'ipset',
  ...FAMILIES.flatMap((family) => BUILDS.map((build) => program(family, build, 'restore'))),
]);

if (process.env.CI !== undefined) {
  test('the kernel takes part in this run', () => expect(reason).toBeUndefined());
}

const title = reason === undefined ? 'the kernel' : `the kernel (skipped: ${reason})`;

describe.skipIf(reason !== undefined)(title, () => {
  let namespace: NetworkNamespace;
  beforeEach(async () => {
    namespace = await NetworkNamespace.open();
  });
  afterEach(() => namespace.close());

  describe.each(VERSIONS)('with Calico %s', (version) => {
    test('takes whatever is compiled, and saves it as it was written', {
      timeout: 120_000,
    }, async () => {
      await fc.assert(
        fc.asyncProperty(randomDocuments(version), async (documents) => {
          await namespace.close();
          namespace = await NetworkNamespace.open();
          const policy = resolveTestNode(documents);
          const rulesets = FAMILIES.map((family) => compilePolicy(policy, family));
          restoreSets(namespace, rulesets);
          for (const ruleset of rulesets) {
            for (const build of BUILDS) restoreAndCompare(namespace, ruleset, build);
          }
        }),
        { numRuns: RUNS, endOnFailure: process.env.CI !== undefined },
      );
    });
  });
});

function restoreSets(namespace: NetworkNamespace, rulesets: readonly Ruleset[]): void {
  const text = renderIpsets(rulesets);
  const { status, stderr } = namespace.run('ipset', ['restore'], text);
  expect({ status, stderr, text: status === 0 ? '' : text }).toEqual({
    status: 0,
    stderr: '',
    text: '',
  });
}

function restoreAndCompare(namespace: NetworkNamespace, ruleset: Ruleset, build: string): void {
  const text = renderIptables(ruleset);
  const restore = program(ruleset.family, build, 'restore');
  for (const args of [['--noflush', '--test'], ['--noflush']]) {
    const { status, stderr } = namespace.run(restore, args, text);
    expect({ restore, args, status, stderr: status === 0 ? '' : `${stderr}\n${text}` }).toEqual({
      restore,
      args,
      status: 0,
      stderr: '',
    });
  }
  const saved = namespace.run(program(ruleset.family, build, 'save'), []);
  expect(savedRules(saved.stdout)).toEqual(expectedRules(ruleset));
  // The other build would see the same packets; an empty ruleset is no obstacle to it.
  namespace.run(restore, [], ruleset.tables.map(({ name }) => `*${name}\nCOMMIT\n`).join(''));
}

/** Protocols that the save tools print by the name that the machine's /etc/protocols gives them. */
const NAMED: Readonly<Record<string, string>> = {
  ipencap: '4',
  gre: '47',
  ospf: '89',
  vrrp: '112',
};

function savedRules(text: string): string[] {
  const rules: string[] = [];
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    if (!line.startsWith('-A ')) continue;
    rules.push(
      `${table} ${line}`.replace(/-p (ipencap|gre|ospf|vrrp)\b/, (_, name) => `-p ${NAMED[name]}`),
    );
  }
  return rules.sort();
}

function expectedRules(ruleset: Ruleset): string[] {
  return ruleset.tables
    .flatMap(({ name, chains }) =>
      chains.flatMap((chain) =>
        chain.rules.map((rule) => `${name} -A ${chain.name} ${renderRule(rule, ruleset.family)}`),
      ),
    )
    .sort();
}
