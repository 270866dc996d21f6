import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Build } from '../../src/apply/kernel-tools.ts';
import { ApplyHost, ended, until } from '../support/apply-host.ts';
import { ENDPOINT, onePolicy } from '../support/apply-policies.ts';
import { type FaultCount, tellFaults } from '../support/fault-count.ts';
import { whyNoNamespace } from '../support/namespace.ts';

const BUILDS: readonly Build[] = ['legacy', 'nft'];

/** Every so manieth place is tried; HEPSIM_FAULT_STRIDE=1, as `npm run faults` has it, tries all. */
const STRIDE = Number(process.env.HEPSIM_FAULT_STRIDE ?? 4);

const reason = whyNoNamespace([
  'ipset',
  'flock',
  ...BUILDS.flatMap((build) => [`iptables-${build}-restore`, `ip6tables-${build}-restore`]),
]);
const noStrace = whyNoNamespace(['strace']);

if (process.env.CI !== undefined) {
  test('the kernel takes part in this run, and so does strace', () =>
    expect({ reason, noStrace }).toEqual({ reason: undefined, noStrace: undefined }));
}

const title = reason === undefined ? 'apply' : `apply (skipped: ${reason})`;

/** More calls than an apply makes of the programs that change something. */
const CALLS_MAX = 40;

describe.skipIf(reason !== undefined).each(BUILDS)(`${title}, %s build`, (build) => {
  let host: ApplyHost;
  beforeEach(async () => {
    host = await ApplyHost.start(build);
  });
  afterEach(() => host.close());

  const count: FaultCount = {
    suite: `apply killed at a program or system call, iptables-${build}`,
    injected: 0,
    halfApplied: 0,
  };
  afterAll(() => tellFaults(count));

  const documents = (port: number): readonly string[] => [
    ...['-f', host.write('endpoint.yaml', ENDPOINT)],
    ...['-f', host.write('policy.yaml', onePolicy(port))],
    ...['-n', 'node1'],
  ];

  /** The states that there may be, found once: nothing, and the new rules. */
  const ends = (): readonly [string, string] => {
    const before = host.saved();
    expect(host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    const after = host.saved();
    expect(host.hepsim('remove')).toMatchObject({ status: 0 });
    expect(host.saved()).toBe(before);
    return [before, after];
  };

  /** Waits for the supervisor alone, then holds the kernel against both ends; nothing else is asked of hepsim. */
  const settled = async (before: string, after: string): Promise<void> => {
    const free = (): boolean =>
      host.namespace.run('flock', ['-n', join(host.stateDir, 'lock'), 'true']).status === 0;
    const journal = join(host.stateDir, 'journal.json');
    await until(() => !existsSync(host.stateDir) || (!existsSync(journal) && free()));
    const saved = host.saved();
    if (saved !== before && saved !== after) count.halfApplied++;
    expect([before, after]).toContain(saved);
  };

  test.each([
    ['and the program goes on', ''],
    ['with the program', 'exit 1'],
  ])(
    'killed at a program that it runs, %s: the rules are all old or all new',
    {
      timeout: 900_000,
    },
    async (_, then) => {
      const [before, after] = ends();
      let calls = 1;
      // The first time nothing is killed, and the calls are counted.
      for (let at = 0; at <= calls && at <= CALLS_MAX; at += at === 0 ? 1 : STRIDE) {
        const counter = host.write('calls', '');
        for (const program of ['iptables-restore', 'ip6tables-restore', 'ipset']) {
          host.wrap(
            program,
            `case "$1" in --version|save|list) ;; *)
  echo . >> ${counter}
  if [ "$(wc -l < ${counter})" -eq ${at} ]; then kill -9 $PPID; ${then === '' ? ':' : then}; fi ;;
esac
PATH=${host.plainPath}
exec ${program} "$@"`,
          );
        }
        await ended(host.start('apply', ...documents(8080)));
        if (at > 0) count.injected++;
        calls = Math.max(calls, lines(host, counter));
        await settled(before, after);
        host.environment = {};
        expect(host.hepsim('status').status).toBe(0);
        host.hepsim('remove');
        expect(host.saved()).toBe(before);
      }
      expect(calls).toBeGreaterThan(5);
    },
  );

  test.skipIf(noStrace !== undefined)(
    `killed as it writes to the disk: the rules are all old or all new${noStrace === undefined ? '' : ` (skipped: ${noStrace})`}`,
    { timeout: 900_000 },
    async () => {
      const [before, after] = ends();
      for (const call of ['fsync', 'rename', 'unlink', 'mkdir']) {
        for (let at = 1; at <= CALLS_MAX; at += STRIDE) {
          const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:signal=SIGKILL:when=${at}`];
          const run = host.traced(['-o', '/dev/null', ...inject], 'apply', ...documents(8080));
          if (run.status !== 0) count.injected++;
          await settled(before, after);
          host.hepsim('status');
          expect([before, after]).toContain(host.saved());
          host.hepsim('remove');
          expect(host.saved()).toBe(before);
          // Not killed any more: there are no more such calls.
          if (run.status === 0) break;
        }
      }
    },
  );
});

function lines(host: ApplyHost, path: string): number {
  return Number(host.namespace.run('wc', ['-l', path]).stdout.split(' ')[0]);
}
