import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const source = resolve(import.meta.dirname, '../src');

/** The folders of src, lowest first, each with the folders it may import. */
const mayImport: Record<string, readonly string[]> = {
  source: [],
  address: ['source'],
  packet: ['source', 'address'],
  resources: ['source', 'address'],
  policy: ['source', 'address', 'packet', 'resources'],
  ruleset: ['source', 'address'],
  compile: ['source', 'address', 'resources', 'policy', 'ruleset'],
  host: ['source', 'address', 'resources', 'ruleset'],
  simulate: ['source', 'address', 'packet', 'ruleset', 'host'],
  lab: ['source', 'address', 'packet', 'ruleset', 'host', 'machine'],
  files: ['source', 'resources'],
  machine: ['source', 'address', 'packet', 'resources', 'ruleset', 'host', 'simulate'],
  capture: ['source', 'address', 'packet'],
  scenario: [
    'source',
    'address',
    'packet',
    'resources',
    'policy',
    'ruleset',
    'compile',
    'simulate',
    'host',
  ],
  selftest: [
    'source',
    'address',
    'packet',
    'resources',
    'policy',
    'ruleset',
    'compile',
    'simulate',
    'host',
    'scenario',
    'lab',
  ],
  replay: [
    'source',
    'address',
    'packet',
    'resources',
    'policy',
    'ruleset',
    'compile',
    'simulate',
    'host',
    'scenario',
    'capture',
  ],
  apply: [
    'source',
    'address',
    'packet',
    'resources',
    'policy',
    'ruleset',
    'compile',
    'simulate',
    'host',
    'scenario',
    'machine',
  ],
  cli: [
    'lab',
    'selftest',
    'machine',
    'capture',
    'replay',
    'apply',
    'source',
    'address',
    'packet',
    'resources',
    'policy',
    'ruleset',
    'compile',
    'simulate',
    'host',
    'scenario',
    'files',
  ],
};

/** Only these folders touch the machine: files, terminal, processes, threads. The rest also runs in a browser page. */
const mayUseNode = new Set([
  'cli',
  'files',
  'lab',
  'selftest',
  'machine',
  'capture',
  'replay',
  'apply',
]);

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);

test('every folder of src is in the table', () => {
  const folders = new Set(files.filter((f) => f.includes('/')).map((f) => f.split('/')[0]));
  expect(Object.keys(mayImport)).toEqual(expect.arrayContaining([...folders]));
});

test.each(files.filter((file) => file.includes('/')))(
  '%s imports only what its folder may',
  (file) => {
    const folder = file.split('/')[0] as string;
    const text = readFileSync(join(source, file), 'utf8');
    const specifiers = [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(
      ([, path]) => path as string,
    );
    const imported = specifiers
      .filter((path) => path.startsWith('.'))
      .map((path) => relative(source, resolve(source, dirname(file), path)).split('/')[0])
      .filter((target) => target !== folder);
    expect(mayImport[folder]).toEqual(expect.arrayContaining([...new Set(imported)]));
    if (!mayUseNode.has(folder)) {
      expect(specifiers.filter((path) => path.startsWith('node:'))).toEqual([]);
    }
  },
);
