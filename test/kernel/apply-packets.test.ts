import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IptablesBuild, KernelLab } from '../../src/lab/kernel-lab.ts';
import { renderIpsets, renderIptables } from '../../src/ruleset/render-ruleset.ts';
import type { NodeModel } from '../../src/scenario/node-model.ts';
import { checkSequences } from '../../src/selftest/check-sequence.ts';
import { Random } from '../../src/selftest/random.ts';
import { randomSource } from '../../src/selftest/random-source.ts';
import { modelOf, type RulesetCase } from '../../src/selftest/ruleset-case.ts';
import { simulateSequences } from '../../src/selftest/simulate-sequences.ts';
import { cliProgram } from '../support/cli-program.ts';
import { startTestLab, whyNoLab } from '../support/kernel-lab.ts';
import { TEST_SEED } from '../support/seed.ts';

const BUILDS: readonly IptablesBuild[] = ['legacy', 'nft'];

/** Rulesets, each applied, changed and rolled back in both builds; HEPSIM_APPLIED_RULESETS for a longer run. */
const RULESETS = Number(process.env.HEPSIM_APPLIED_RULESETS ?? 6);
const PACKETS = 165;
const SEED =
  process.env.HEPSIM_DIFFERENTIAL_SEED ?? TEST_SEED?.toString(16) ?? randomBytes(4).toString('hex');

const reason = whyNoLab();

if (process.env.CI !== undefined) {
  test('the kernel takes part in this run', () => expect(reason).toBeUndefined());
}

const title = reason === undefined ? 'applied rules' : `applied rules (skipped: ${reason})`;

describe.skipIf(reason !== undefined).each(BUILDS)(`${title}, %s build`, (build) => {
  let folder = '';
  let program = '';
  beforeAll(async () => {
    program = await cliProgram();
    folder = mkdtempSync(join(tmpdir(), 'hepsim-applied-'));
    mkdirSync(join(folder, 'bin'));
    for (const family of ['iptables', 'ip6tables']) {
      for (const tool of ['', '-restore', '-save']) {
        symlinkSync(`/usr/sbin/xtables-${build}-multi`, join(folder, `bin/${family}${tool}`));
      }
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(Array.from({ length: RULESETS }, (_, index) => index))(
    `do to packets what the simulation says, also when changed and rolled back (seed ${SEED}, ruleset %i)`,
    { timeout: 240_000 },
    async (index) => {
      const source = randomSource(SEED);
      const first = source.caseOf(index);
      const second = turned(first);
      const models = { first: modelOf(first), second: modelOf(second) };
      const random = new Random(`${SEED}/applied/${index}`);
      const lab = await startTestLab({ host: models.first.host, build });
      const state = join(folder, `state-${index}`);
      const hepsim = (command: string, one: RulesetCase, ...args: readonly string[]): void => {
        const environment = [...one.environment].map(([name, value]) => `${name}=${value}`);
        const path = `PATH=${folder}/bin:${process.env.PATH}`;
        const inside = ['netns', 'exec', lab.namespace, 'env', '-i', path, ...environment];
        const all = [process.execPath, program, command, `--state-dir=${state}`, ...args];
        const run = spawnSync('ip', [...inside, ...all], { encoding: 'utf8', timeout: 60_000 });
        expect({ status: run.status, said: run.stderr }).toMatchObject({ status: 0 });
      };
      const apply = (one: RulesetCase): void => {
        const documents = join(folder, 'documents.json');
        writeFileSync(documents, JSON.stringify(one.documents));
        // The lab's own observation is a table that nobody knows, which is what the guard is overruled for.
        const about = ['-n', one.node, `--calico-version=${one.version}`, '--lenient', '--force'];
        hepsim('apply', one, '-f', documents, ...about);
      };
      const asSimulated = async (one: RulesetCase, model: NodeModel): Promise<void> => {
        const starts = source.startsOf(one, model, random);
        const nextStart = (): ReturnType<typeof starts.next> => starts.next();
        const { sequences } = simulateSequences(model, { packets: PACKETS, random, nextStart });
        const asked = sequences.map(({ packets }) => ({ packets, trace: false }));
        const { difference, lost, compared } = await checkSequences(lab, asked);
        expect({ lost, differences: difference?.differences }).toEqual({
          lost: 0,
          differences: undefined,
        });
        expect(compared).toBeGreaterThan(PACKETS / 4);
      };
      try {
        // What the host has of its own, kube-proxy's rules for the Services, is there before.
        await loadHostRules(lab, models.first);
        apply(first);
        await asSimulated(first, models.first);
        // What changes nothing is no apply that could be rolled back.
        if (compiledText(models.first) === compiledText(models.second)) return;
        apply(second);
        await asSimulated(second, models.second);
        hepsim('rollback', first);
        await asSimulated(first, models.first);
      } finally {
        await lab.stop();
      }
    },
  );
});

function compiledText(model: NodeModel): string {
  const rulesets = ([4, 6] as const).map((family) => model.compiledRules(family));
  return [renderIpsets(rulesets), ...rulesets.map(renderIptables)].join('\n');
}

async function loadHostRules(lab: KernelLab, model: NodeModel): Promise<void> {
  await lab.load([model.hostRules(4), model.hostRules(6)]);
}

/** The same documents with Allow for Deny in every rule, and Deny for Allow. */
function turned(one: RulesetCase): RulesetCase {
  const other: Readonly<Record<string, string>> = {
    Allow: 'Deny',
    Deny: 'Allow',
    allow: 'deny',
    deny: 'allow',
  };
  const documents = JSON.parse(JSON.stringify(one.documents), (key, value) =>
    key === 'action' && typeof value === 'string' ? (other[value] ?? value) : value,
  );
  return { ...one, documents };
}
