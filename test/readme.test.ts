import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as hepsim from '../src/index.ts';

const readme = readFileSync('README.md', 'utf8');

/** The code of the block that follows a marker. */
function codeAfter(marker: string): string {
  const block = readme.slice(readme.indexOf(`<!-- ${marker} -->`));
  return /```\w+\n([\s\S]*?)```/.exec(block)?.[1] ?? '';
}

test('the library example of the README prints what it says', () => {
  const code = codeAfter('library-example');
  const imported = /^import \{ (.*) \} from 'hepsim';$/m.exec(code)?.[1]?.split(', ') ?? [];
  const available: Record<string, unknown> = { ...hepsim };
  const printed: unknown[] = [];
  const body = code.replace(/^import .*$/m, '');
  const run = new Function(...imported, 'console', body);
  run(...imported.map((name) => available[name]), {
    log: (...values: unknown[]) => printed.push(...values),
  });
  const [verdict, policy, source] = printed;
  const { file, line } = source as { file: string; line: number };
  const said = /^\/\/ (.*)$/m.exec(code)?.[1];
  expect(`${verdict} ${policy} { file: '${file}', line: ${line} }`).toBe(said);
});

test('continuous integration runs the test command of the README', () => {
  const ci = readFileSync('.ci/run', 'utf8');
  expect(ci).toContain(`\n${codeAfter('test-command').trim()}\n`);
});
