// Makes every step of an apply fail or kills it there, in the kernel (root), and says how many faults that were and what came of them.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How many faults there must be for "none left a state half applied" to say something. */
const LEAST = 500;

const folder = mkdtempSync(join(tmpdir(), 'hepsim-faults-'));
try {
  const counts = join(folder, 'counts');
  writeFileSync(counts, '');
  const suites = ['test/kernel/apply-faults.test.ts', 'test/kernel/apply-killed.test.ts'];
  const { status } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', ...suites],
    {
      stdio: 'inherit',
      env: { ...process.env, HEPSIM_FAULT_STRIDE: '1', HEPSIM_FAULT_COUNTS: counts },
    },
  );
  const told = readFileSync(counts, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  const sum = (name) => told.reduce((total, count) => total + count[name], 0);
  process.stdout.write('\n');
  for (const { suite, injected, halfApplied } of told) {
    process.stdout.write(`${suite}: ${injected} faults, ${halfApplied} states half applied\n`);
  }
  const injected = sum('injected');
  const halfApplied = sum('halfApplied');
  process.stdout.write(`all: ${injected} faults, ${halfApplied} states half applied\n`);
  const isEnough = injected >= LEAST;
  if (!isEnough) process.stderr.write(`fewer than ${LEAST} faults: were suites skipped?\n`);
  process.exitCode = status === 0 && halfApplied === 0 && isEnough ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
