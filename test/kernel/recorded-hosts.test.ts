import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { IpFamily } from '../../src/address/ip-address.ts';
import type { IptablesBuild } from '../../src/lab/kernel-lab.ts';
import { PacketSession } from '../../src/scenario/packet-session.ts';
import { type AskedSequence, checkSequences } from '../../src/selftest/check-sequence.ts';
import { LabPool } from '../../src/selftest/lab-pool.ts';
import { Random } from '../../src/selftest/random.ts';
import { canBeSent, isOpenEnd, runFlow } from '../../src/selftest/run-flow.ts';
import type { PacketResult } from '../../src/simulate/packet-result.ts';
import { Simulator } from '../../src/simulate/simulator.ts';
import { aimedPacket, targetsOf } from '../support/aimed-packets.ts';
import { describeWithKernel } from '../support/facts.ts';
import { foreignRules } from '../support/foreign-rules.ts';
import { testHost } from '../support/hosts.ts';
import { startTestLab } from '../support/kernel-lab.ts';
import { TEST_SEED } from '../support/seed.ts';
import { way } from '../support/simulations.ts';

const BUILDS: readonly IptablesBuild[] = ['legacy', 'nft'];
const SEED = TEST_SEED ?? Math.floor(Math.random() * 2 ** 32);
const FLOWS = 150;
const TIMEOUT_MS = 300_000;

const folder = resolve(import.meta.dirname, '../fixtures/recorded');
const recorder = join(folder, 'record.sh');

/** What each tool made of a host, recorded with `record.sh`, and the interfaces that it has beside those of the test host. */
const TOOLS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  ufw: {},
  firewalld: {},
  fail2ban: {},
  shorewall: {},
  'kube-proxy': {},
  docker: {
    'br-app': ['172.20.0.1/16'],
    'br-hidden': ['172.21.0.1/16'],
    docker0: ['172.17.0.1/16', '2001:db8:d::1/64'],
  },
  libvirt: {
    virbr0: ['192.168.122.1/24', '2001:db8:b::1/64'],
    virbr1: ['203.0.113.1/25'],
    virbr2: ['192.168.200.1/24'],
  },
};

/** Small packages whose programs run in a moment: their rules are made anew in every run where they are installed. */
const FRESH = {
  ufw: 'ufw',
  fail2ban: 'fail2ban-server',
  shorewall: 'shorewall',
  firewalld: 'firewalld',
} as const;

const BASE = {
  eth0: ['192.0.2.1/24', '2001:db8:0:2::1/64'],
  eth1: ['198.51.100.1/24', '2001:db8:0:100::1/64'],
};
const ROUTES = ['default via 198.51.100.254 dev eth1', 'default via 2001:db8:0:100::fe dev eth1'];

function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined;
}

/** Whether the kernel was free to choose another port or address. */
function isByChance({ steps }: PacketResult): boolean {
  return steps.some((step) => step.kind === 'nat' && step.byChance);
}

describeWithKernel('hosts as real tools dress them', () => {
  const pool = new LabPool(startTestLab);
  afterAll(() => pool.stop());

  /** Holds kernel and simulation together for the rules of a family. */
  async function hold(tool: string, family: IpFamily, from: string): Promise<void> {
    const host = testHost({ interfaces: { ...BASE, ...TOOLS[tool] }, routes: ROUTES });
    const text = readFileSync(join(from, `${tool}.v${family}`), 'utf8');
    const sets = readFileSync(join(from, `${tool}.sets`), 'utf8');
    const ruleset = foreignRules(text, family, sets);
    const simulator = new Simulator({ host, rulesets: [ruleset], notModelled: [] });
    const targets = targetsOf(`${text}${sets}`, family);
    const random = new Random(`${SEED} ${tool} ${family}`);
    // Which of two ways a rate takes decides nothing here but whether a rule that logs is hit; and where no rule asks for connections, the lab does.
    const isCertain =
      !/-m (?:limit|recent|statistic) /.test(text) && /-m (?:conntrack|state) /.test(text);
    const asked: AskedSequence[] = [];
    let undetermined = 0;
    for (let i = 0; i < FLOWS; i++) {
      const start = aimedPacket(targets, host, random);
      if (!canBeSent(start)) continue;
      const ran = runFlow(start, new PacketSession(() => simulator), random);
      const open = ran.findIndex(({ result }) => isOpenEnd(result) || isByChance(result));
      const known = open < 0 ? ran : ran.slice(0, open);
      undetermined += ran.length - known.length;
      if (known.length > 0) asked.push({ packets: known, trace: isCertain && i % 4 === 0 });
    }
    const packets = asked.reduce((sum, sequence) => sum + sequence.packets.length, 0);
    for (const build of BUILDS) {
      const lab = await pool.take(host, { build, lane: 0 });
      await lab.load([ruleset]);
      const check = await checkSequences(lab, asked);
      const { difference } = check;
      const shown = difference?.sequence.packets[difference.at]?.result;
      expect(
        difference?.differences,
        `${build}, seed ${SEED}\n${shown === undefined ? '' : way(shown)}`,
      ).toBeUndefined();
      expect(check).toMatchObject({ lost: 0, compared: packets });
    }
    // Rates and lists leave some open, and nothing else does.
    expect(undetermined).toBeLessThan(packets / 2);
  }

  const families = [4, 6] as const;
  const recorded = Object.keys(TOOLS).flatMap((tool) =>
    families.map((family) => [tool, family] as const),
  );
  test.each(recorded)('%s, IPv%d, as recorded', { timeout: TIMEOUT_MS }, (tool, family) =>
    hold(tool, family, folder),
  );

  describe.each(Object.entries(FRESH))('%s as it is installed here', (tool, program) => {
    if (process.env.CI !== undefined) {
      test(`${program} takes part in this run`, () => expect(isInstalled(program)).toBe(true));
    }

    test.skipIf(!isInstalled(program))(
      'dresses a host like any other',
      {
        timeout: TIMEOUT_MS,
      },
      async () => {
        const made = mkdtempSync(join(tmpdir(), 'hepsim-'));
        try {
          const run = spawnSync(recorder, [tool, made], { encoding: 'utf8', timeout: 120_000 });
          expect(run.status, `${run.stdout}${run.stderr}`).toBe(0);
          for (const family of families) await hold(tool, family, made);
        } finally {
          rmSync(made, { recursive: true });
        }
      },
    );
  });
});
