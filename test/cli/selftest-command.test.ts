import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runSelftestCommand, type SelftestMachine } from '../../src/cli/selftest-command.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { LabError } from '../../src/lab/lab-error.ts';
import { findKernelFacts } from '../../src/selftest/kernel-facts.ts';
import { fakeLabs } from '../selftest/fake-lab.ts';
import { filesIn, runCli, WEB_HOST, WEB_POLICY } from './run-cli.ts';

const machine = (more: Partial<SelftestMachine> = {}): SelftestMachine => ({
  isRoot: () => true,
  findFacts: () => ({
    kind: 'facts',
    facts: { kernel: '6.18.0', tools: new Map([['ip', 'ip utility']]), builds: ['legacy'] },
  }),
  startLab: fakeLabs().start,
  nowMs: () => 0,
  ...more,
});

async function selftest(
  given: Readonly<Record<string, unknown>>,
  on: SelftestMachine = machine(),
): Promise<{ readonly code: number; readonly out: string; readonly error: string }> {
  let out = '';
  let error = '';
  const terminal: Terminal = {
    readStdin: () => '',
    stdinBytes: async function* () {},
    writeOut: (text) => {
      out += text;
    },
    writeError: (text) => {
      error += text;
    },
    outIsTerminal: false,
    errorIsTerminal: given.terminal === true,
    columns: undefined,
    environment: {},
    hostName: () => 'this-machine',
  };
  const options = { filename: [], build: 'both', output: 'text', outputDir: '.', packets: '100' };
  const code = await runSelftestCommand({ ...options, ...given }, terminal, on);
  return { code, out, error };
}

describe('hepsim selftest', { timeout: 60_000 }, () => {
  test('exits with 0 where the kernel agrees, and says the seed', async () => {
    const { code, out, error } = await selftest({ seed: 'abc', output: 'json' });
    expect(code).toBe(0);
    expect(error).toBe('seed: abc\n');
    expect(JSON.parse(out)).toMatchObject({ seed: 'abc', agree: true, disagreements: [] });
  });

  test('chooses another seed each time when there is none', async () => {
    const seeds = [await selftest({}), await selftest({})].map(({ error }) => error);
    expect(seeds[0]).not.toBe(seeds[1]);
  });

  test('exits with 1 where it does not, and writes a scenario that shows it', async () => {
    const directory = filesIn({});
    const { start } = fakeLabs((observed) =>
      observed.delivered === 'local' ? { ...observed, delivered: null, verdict: 'drop' } : observed,
    );
    const { code, out } = await selftest(
      { seed: 'abc', packets: '400', outputDir: directory },
      machine({ startLab: start }),
    );
    expect(code).toBe(1);
    const [name] = readdirSync(directory);
    expect(name).toMatch(/^selftest-abc-\d+\.yaml$/);
    const file = join(directory, String(name));
    expect(out).toContain(`again: hepsim test ${file}`);
    // The simulation still says otherwise than that kernel.
    const again = await runCli(['test', file]);
    expect({ code: again.code, error: again.error }).toEqual({ code: 1, error: '' });
    expect(again.out).toContain('verdict');
  });

  test('aims at the edges of the user’s own rules', async () => {
    const directory = filesIn({ 'policy.yaml': WEB_POLICY, 'host.yaml': WEB_HOST });
    const ports = new Set<number>();
    const { start } = fakeLabs((observed, { packet }) => {
      ports.add(packet.destinationPort);
      return observed;
    });
    const { code, out } = await selftest(
      { filename: [directory], packets: '1500', output: 'json' },
      machine({ startLab: start }),
    );
    expect(code).toBe(0);
    const report = JSON.parse(out);
    expect(report).toMatchObject({ hosts: 1, agree: true });
    expect(report.edges.asked).toBe(report.edges.of);
    expect([...ports]).toEqual(expect.arrayContaining([79, 80, 81]));
  });

  test('goes on until every edge has had its turn where nothing else is asked for', async () => {
    const nets = Array.from({ length: 500 }, (_, i) => `10.${i >> 8}.${i & 255}.0/25`);
    const directory = filesIn({
      'host.yaml': WEB_HOST,
      'policy.yaml': `${WEB_POLICY}
---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: many}
spec:
  selector: all()
  ingress:
${nets.map((net) => `    - {action: Allow, source: {nets: [${net}]}}`).join('\n')}
`,
    });
    const given = { filename: [directory], packets: undefined, output: 'json', seed: 'many' };
    const report = JSON.parse((await selftest(given)).out);
    expect(report.edges.of).toBeGreaterThan(2000);
    expect(report.edges.asked).toBe(report.edges.of);
    expect(report.packets + report.undetermined).toBeGreaterThanOrEqual(5_000);
  });

  test('sends packets to a host that has no rules', async () => {
    const directory = filesIn({ 'host.yaml': WEB_HOST });
    const { code, out } = await selftest({ filename: [directory], node: 'node1', output: 'json' });
    expect(code).toBe(0);
    expect(JSON.parse(out).packets).toBeGreaterThan(0);
  });

  test('shows how far it is on a terminal only', async () => {
    expect((await selftest({ terminal: true })).error).toContain('\r');
    expect((await selftest({})).error).not.toContain('\r');
  });

  test.each([
    [{ build: 'bsd' }, '--build'],
    [{ packets: '0' }, '--packets'],
    [{ minutes: 'ten' }, '--minutes'],
    [{ minutes: '0' }, '--minutes'],
    [{ seed: '../x' }, '--seed'],
    [{ output: 'xml' }, '-o'],
    [{ node: 'node1' }, 'are about documents'],
    [{ ruleset: '1', filename: ['x'] }, '--ruleset'],
  ])('refuses %j', async (given, named) => {
    await expect(selftest(given)).rejects.toThrow(named);
  });

  test.each([
    ['without root', { isRoot: () => false }, 'root'],
    [
      'without programs',
      { findFacts: (wanted) => findKernelFacts(wanted, () => undefined) },
      'apt-get install iproute2 ipset nftables',
    ],
    [
      'without namespaces',
      { startLab: () => Promise.reject(new LabError('not-permitted', 'no network namespace')) },
      'no network namespace',
    ],
  ] satisfies [string, Partial<SelftestMachine>, string][])(
    'says what is missing %s',
    async (_, less, message) => {
      const failed = await selftest({}, machine(less)).catch((error: unknown) => error);
      expect(failed).toMatchObject({ name: 'EnvironmentError' });
      expect((failed as Error).message).toContain(message);
    },
  );

  test('ends after the minutes that it may take', async () => {
    let now = 0;
    const clock = (): number => {
      now += 30_000;
      return now;
    };
    const { code, out } = await selftest(
      { minutes: '2', packets: undefined, output: 'json' },
      machine({ nowMs: clock }),
    );
    expect(code).toBe(0);
    expect(JSON.parse(out).rulesets).toBeLessThan(6);
  });

  test('is told apart from the other commands by its help', async () => {
    const { code, out } = await runCli(['selftest', '--help']);
    expect(code).toBe(0);
    expect(out).toContain('--minutes');
  });
});
