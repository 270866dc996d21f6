import { mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileCache } from '../../src/files/file-cache.ts';
import { readDocumentTexts } from '../../src/files/read-files.ts';

let folder = '';
let path = '';
let cache: FileCache;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hepsim-cache-'));
  path = join(folder, 'a.yaml');
  cache = new FileCache();
});
afterEach(() => rmSync(folder, { recursive: true }));

const LATER_MS = 3_600_000;
const document = (): { readonly file: string; readonly text: string } => ({
  file: path,
  text: 'a: 1\n',
});
const stats = () => statSync(path, { bigint: true });

test('a file that has not changed is known', () => {
  writeFileSync(path, 'a: 1\n');
  const one = document();
  cache.add(one, stats(), Date.now() + LATER_MS);
  expect(cache.find(path, stats())).toBe(one);
  expect(readDocumentTexts([path], cache)[0]).toBe(one);
});

test.each([
  ['grew', () => writeFileSync(path, 'a: 12\n')],
  ['has other text of the same length', () => writeFileSync(path, 'a: 2\n')],
  [
    'has other text and its old times',
    () => {
      const { atime, mtime } = statSync(path);
      writeFileSync(path, 'a: 2\n');
      utimesSync(path, atime, mtime);
    },
  ],
  [
    'is another file by the same name',
    () => {
      writeFileSync(`${path}.new`, 'a: 2\n');
      renameSync(`${path}.new`, path);
    },
  ],
])('a file that %s is read again', (_what, change) => {
  writeFileSync(path, 'a: 1\n');
  const before = stats();
  cache.add(document(), before, Date.now() + LATER_MS);
  // The clock that stamps files stands still for a moment.
  do change();
  while (stats().ctimeNs === before.ctimeNs);
  expect(cache.find(path, stats())).toBeUndefined();
  expect(readDocumentTexts([path], cache)[0]?.text).not.toBe('a: 1\n');
});

test('a file that was changed as it was read is read again, for its stamp may stay', () => {
  writeFileSync(path, 'a: 1\n');
  cache.add(document(), stats(), Number(stats().ctimeMs) + 1);
  expect(cache.find(path, stats())).toBeUndefined();
});

test('a file that is not asked for any more is forgotten', () => {
  writeFileSync(path, 'a: 1\n');
  cache.add(document(), stats(), Date.now() + LATER_MS);
  cache.keepOnly(new Set());
  expect(cache.find(path, stats())).toBeUndefined();
});
