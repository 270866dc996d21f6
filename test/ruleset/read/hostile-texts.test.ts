import { expect, test } from 'vitest';
import { parseIpsetSave } from '../../../src/ruleset/read/read-ipset-save.ts';
import { parseIptablesSave } from '../../../src/ruleset/read/read-iptables-save.ts';
import { InputError } from '../../../src/source/errors.ts';

const ORIGIN = { file: 'host.yaml', line: 1 };

function problemsOf(read: () => unknown): number {
  try {
    read();
    return 0;
  } catch (error) {
    if (error instanceof InputError) return error.problems.length;
    throw error;
  }
}

test('a long text of something else is given up after so many errors', { timeout: 60_000 }, () => {
  const lines = 'x\n'.repeat(3_000_000);
  expect(problemsOf(() => parseIptablesSave(lines, 4, ORIGIN))).toBe(1000);
  const words = lines.replaceAll('x', 'frob');
  expect(problemsOf(() => parseIpsetSave(words, ORIGIN))).toBe(1000);
});

test('comments without end are not kept', { timeout: 60_000 }, () => {
  const { remarks } = parseIptablesSave('#x\n'.repeat(3_000_000), 4, ORIGIN);
  expect(remarks).toHaveLength(10_000);
});
