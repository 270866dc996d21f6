import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { applyMutation, type Mutation } from './mutation.ts';
import { POLICY_SIDE_MUTATIONS, SIMULATOR_MUTATIONS } from './mutations.ts';

const project = resolve(import.meta.dirname, '../..');
const all = [...SIMULATOR_MUTATIONS, ...POLICY_SIDE_MUTATIONS];

test.each(all.map((one) => [one.name, one] as const))(
  '%s still fits the sources',
  (_, mutation) => {
    const text = readFileSync(join(project, mutation.file), 'utf8');
    expect(applyMutation(text, mutation)).not.toBe(text);
  },
);

test('no two mutations have one name', () => {
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
});

const MUTATION: Mutation = { name: 'm', file: 'f', find: 'a', replace: '$&b', fault: '' };

test.each(['', 'b', 'aa', 'a b a'])('a mutation of %o is stale', (text) => {
  expect(() => applyMutation(text, MUTATION)).toThrow('stale');
});

test('a replacement is taken literally', () => {
  expect(applyMutation('xay', MUTATION)).toBe('x$&by');
});
