import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type ApplyHost, ended, until } from '../support/apply-host.ts';
import { type FaultCount, tellFaults } from '../support/fault-count.ts';
import { hostSuite } from '../support/kernel-suite.ts';

/** Every so manieth place is tried; HEPSIM_FAULT_STRIDE=1, as `npm run faults` has it, tries all. */
const STRIDE = Number(process.env.HEPSIM_FAULT_STRIDE ?? 4);

/** More calls than an apply makes of the programs that change something. */
const CALLS_MAX = 40;

hostSuite('apply', { programs: ['strace'] }, (at) => {
  const { documents, build } = at;
  const count: FaultCount = {
    suite: `apply killed at a program or system call, iptables-${build}`,
    injected: 0,
    halfApplied: 0,
  };
  afterAll(() => tellFaults(count));

  /** The states that there may be, found once: nothing, and the new rules. */
  const ends = (): readonly [string, string] => {
    const before = at.host.saved();
    expect(at.host.hepsim('apply', ...documents(8080))).toMatchObject({ status: 0 });
    const after = at.host.saved();
    expect(at.host.hepsim('remove')).toMatchObject({ status: 0 });
    expect(at.host.saved()).toBe(before);
    return [before, after];
  };

  /** Waits for the supervisor alone, then holds the kernel against both ends; nothing else is asked of hepsim. */
  const settled = async (before: string, after: string): Promise<void> => {
    const free = (): boolean =>
      at.host.namespace.run('flock', ['-n', join(at.host.stateDir, 'lock'), 'true']).status === 0;
    const journal = join(at.host.stateDir, 'journal.json');
    await until(() => !existsSync(at.host.stateDir) || (!existsSync(journal) && free()));
    const saved = at.host.saved();
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
      for (
        let number = 0;
        number <= calls && number <= CALLS_MAX;
        number += number === 0 ? 1 : STRIDE
      ) {
        const counter = at.host.write('calls', '');
        for (const program of ['iptables-restore', 'ip6tables-restore', 'ipset']) {
          at.host.wrap(
            program,
            `case "$1" in --version|save|list) ;; *)
  echo . >> ${counter}
  if [ "$(wc -l < ${counter})" -eq ${number} ]; then kill -9 $PPID; ${then === '' ? ':' : then}; fi ;;
esac
PATH=${at.host.plainPath}
exec ${program} "$@"`,
          );
        }
        await ended(at.host.start('apply', ...documents(8080)));
        if (number > 0) count.injected++;
        calls = Math.max(calls, lines(at.host, counter));
        await settled(before, after);
        at.host.environment = {};
        expect(at.host.hepsim('status').status).toBe(0);
        at.host.hepsim('remove');
        expect(at.host.saved()).toBe(before);
      }
      expect(calls).toBeGreaterThan(5);
    },
  );

  test('killed as it writes to the disk: the rules are all old or all new', {
    timeout: 900_000,
  }, async () => {
    const [before, after] = ends();
    for (const call of ['fsync', 'rename', 'unlink', 'mkdir']) {
      for (let number = 1; number <= CALLS_MAX; number += STRIDE) {
        const inject = [
          '-e',
          `trace=${call}`,
          '-e',
          `inject=${call}:signal=SIGKILL:when=${number}`,
        ];
        const run = at.host.traced(['-o', '/dev/null', ...inject], 'apply', ...documents(8080));
        if (run.status !== 0) count.injected++;
        await settled(before, after);
        at.host.hepsim('status');
        expect([before, after]).toContain(at.host.saved());
        at.host.hepsim('remove');
        expect(at.host.saved()).toBe(before);
        // Not killed any more: there are no more such calls.
        if (run.status === 0) break;
      }
    }
  });
});

function lines(host: ApplyHost, path: string): number {
  return Number(host.namespace.run('wc', ['-l', path]).stdout.split(' ')[0]);
}
