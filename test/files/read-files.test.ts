import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readDataText, readDocumentTexts } from '../../src/files/read-files.ts';
import { InputError, UsageError } from '../../src/source/errors.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hepsim-files-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, content: string | Uint8Array = 'a: b\n'): string => {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
};

const problems = (...paths: readonly string[]): readonly string[] => {
  try {
    readDocumentTexts(paths);
    return [];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.problems.map(
      ({ location, code }) =>
        `${location.file.slice(folder.length)}:${location.line}:${location.column} ${code}`,
    );
  }
};

test('a directory is read with all below it, by name, other files left out', () => {
  for (const name of ['b.yaml', 'a/z.yml', 'a/c.JSON', 'notes.txt', 'a/b/d.yaml']) write(name);
  const names = readDocumentTexts([folder]).map(({ file }) => file.slice(folder.length + 1));
  expect(names).toEqual(['a/b/d.yaml', 'a/c.JSON', 'a/z.yml', 'b.yaml']);
});

test('a file that is named itself may be called anything, and is read once', () => {
  const path = write('notes.txt', 'x: 1\n');
  expect(readDocumentTexts([path, path])).toEqual([{ file: path, text: 'x: 1\n' }]);
});

test('a file is one however its path is written', () => {
  const path = write('a.yaml', 'x: 1\n');
  const others = [relative('.', path), `${folder}/./a.yaml`, `${folder}/../${basename(folder)}`];
  expect(readDocumentTexts([path, ...others])).toEqual([{ file: path, text: 'x: 1\n' }]);
});

test('a directory that links to itself ends', () => {
  write('a.yaml');
  symlinkSync(folder, join(folder, 'loop'));
  expect(readDocumentTexts([folder])).toHaveLength(1);
});

test('a byte order mark is not text', () => {
  const path = write('a.yaml', new Uint8Array([0xef, 0xbb, 0xbf, 0x61]));
  expect(readDocumentTexts([path])[0]?.text).toBe('a');
});

test('everything that cannot be read is said at once', () => {
  mkdirSync(join(folder, 'empty'));
  symlinkSync(join(folder, 'gone'), join(folder, 'dangling.yaml'));
  const latin = write('latin.yaml', new Uint8Array([0x61, 0x0a, 0x62, 0xe9, 0x0a]));
  const wide = write('wide.yaml', new Uint8Array([0xff, 0xfe, 0x61, 0x00]));
  const large = write('large.yaml', new Uint8Array(64 * 1024 * 1024 + 1));
  const paths = [join(folder, 'nothing.yaml'), join(folder, 'empty'), latin, wide, large];
  expect(problems(...paths, join(folder, 'dangling.yaml')).toSorted()).toEqual([
    '/dangling.yaml:1:1 file-unreadable',
    '/empty:1:1 no-documents',
    '/large.yaml:1:1 yaml-limit',
    '/latin.yaml:2:2 yaml-syntax',
    '/nothing.yaml:1:1 file-unreadable',
    '/wide.yaml:1:1 yaml-syntax',
  ]);
});

test('standard input can be read once only', () => {
  expect(() => readDocumentTexts(['-', '-'])).toThrow(UsageError);
});

test('a file of data may be longer than documents are', () => {
  const path = write('connections.txt', '#'.repeat(65 * 1024 * 1024));
  expect(readDataText(path).text).toHaveLength(65 * 1024 * 1024);
  expect(() => readDocumentTexts([path])).toThrow(/64 MiB/);
  expect(() => readDataText(folder)).toThrow(/directory/);
  expect(() => readDataText(join(folder, 'nothing'))).toThrow(/no such file/);
});

test('standard input is no text either where it is not UTF-8', () => {
  const hepsim = fileURLToPath(new URL('../../bin/hepsim.js', import.meta.url));
  const args = [hepsim, 'trace', '-f', '-', 'tcp 203.0.113.7:1 -> 192.0.2.10:80'];
  const { status, stderr } = spawnSync(process.execPath, args, {
    input: Buffer.from('# caf\xe9', 'latin1'),
  });
  expect(status).toBe(2);
  expect(String(stderr)).toContain('-:1:6: error: the file is not UTF-8 text');
});
