import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const project = resolve(import.meta.dirname, '../../..');
const text = readFileSync(resolve(project, 'docs/fidelity.md'), 'utf8');
const named = [...text.matchAll(/`([\w/-]+\.test\.ts)`/g)].map(([, path = '']) =>
  path.includes('/') ? path : `test/kernel/facts/${path}`,
);

test('docs/fidelity.md names tests that exist, and every fact test', () => {
  expect(named.filter((path) => !existsSync(resolve(project, path)))).toEqual([]);
  const files = readdirSync(import.meta.dirname).map((file) => `test/kernel/facts/${file}`);
  const tables = files.filter((file) => !file.endsWith('fidelity.test.ts'));
  expect(tables.filter((file) => !named.includes(file))).toEqual([]);
});
