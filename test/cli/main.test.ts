import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { VERSION } from '../../src/cli/version.ts';
import { filesIn, runCli, TO_WEB, WEB_POLICY } from './run-cli.ts';

test('--version prints the version of package.json', async () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(VERSION).toBe(manifest.version);
  expect(await runCli(['--version'])).toEqual({ code: 0, out: `${VERSION}\n`, error: '' });
});

test.each([[['--help']], [['trace', '--help']], [['test', '--help']], [['compile', '--help']]])(
  '%j is an answer, on standard output',
  async (args) => {
    const { code, out, error } = await runCli(args);
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(out).toContain('Usage: hepsim');
  },
);

test.each(['trace', 'test', 'compile'])('the help of %s has examples', async (command) => {
  expect((await runCli([command, '--help'])).out).toContain(`  hepsim ${command} `);
});

test.each([
  ...['trace', 'test', 'replay', 'compile', 'selftest', 'inspect', 'flows'],
  ...['apply', 'status', 'confirm', 'rollback', 'remove'],
])('%s takes the options that all commands have', async (command) => {
  const { out } = await runCli([command, '--help']);
  expect(out).toMatch(new RegExp(`^  (sudo )?hepsim ${command}\\b`, 'm'));
  for (const option of ['--color', '--no-color', '-q, --quiet', '-v, --verbose']) {
    expect(out).toContain(option);
  }
});

test('where the machine refuses somebody who is not root, that is said', async () => {
  const user = vi.spyOn(process, 'getuid').mockReturnValue(1000);
  const refused = await runCli(['remove', '--state-dir', '/dev/null/state']);
  user.mockRestore();
  expect(refused).toMatchObject({ code: 3, out: '' });
  expect(refused.error).toContain('hint: remove needs root: sudo hepsim remove');
});

test('an unknown command is refused with the nearest name', async () => {
  const { code, out, error } = await runCli(['trcae']);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(error).toContain('trace');
  expect(await runCli(['trcae', '--help'])).toMatchObject({ code: 2, out: '' });
});

test('an unknown option is refused', async () => {
  const { code, out, error } = await runCli(['trace', '--exepct', 'drop', TO_WEB]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(error).toContain('--expect');
});

test.each(['trace', 'test', 'compile'])('%s refuses an unknown output form', async (command) => {
  const { code, out, error } = await runCli([command, '-o', 'xml', 'x']);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(error).not.toBe('');
});

test('no command at all shows the help and exits with 2', async () => {
  const { code, out, error } = await runCli([]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(error).toContain('Usage: hepsim');
});

test('all problems of all files are printed, with their places, and nothing on standard output', async () => {
  const directory = filesIn({
    'a.yaml': WEB_POLICY.replace('protocol: TCP', 'protcol: TCP'),
    'b.yaml':
      'apiVersion: projectcalico.org/v3\nkind: HostEndpoint\nmetadata: {name: x}\nspec: {}\n',
  });
  const { code, out, error } = await runCli(['trace', '-f', directory, TO_WEB]);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(error).toMatch(/a\.yaml:\d+:\d+: error: /);
  expect(error).toMatch(/b\.yaml:\d+:\d+: error: /);
});

test('--lenient turns an unknown field into a warning on standard error', async () => {
  const directory = filesIn({ 'a.yaml': WEB_POLICY.replace('  types:', '  tpyes: []\n  types:') });
  expect((await runCli(['trace', '-f', directory, '-q', TO_WEB])).code).toBe(2);
  const lenient = await runCli(['trace', '-f', directory, '--lenient', '-q', TO_WEB]);
  expect({ code: lenient.code, out: lenient.out }).toEqual({ code: 0, out: 'accept\n' });
  expect(lenient.error).toMatch(/a\.yaml:\d+:\d+: warning: /);
});

test('a file that does not exist is said so', async () => {
  const { code, error } = await runCli(['trace', '-f', 'no/such/file.yaml', TO_WEB]);
  expect(code).toBe(2);
  expect(error).toContain('no/such/file.yaml');
});

test('documents and packets are asked for where they are missing', async () => {
  const noDocuments = await runCli(['trace', TO_WEB]);
  expect(noDocuments.code).toBe(2);
  expect(noDocuments.error).toContain('-f');
  const noPacket = await runCli(['trace', '-f', filesIn({ 'a.yaml': WEB_POLICY })]);
  expect(noPacket.code).toBe(2);
  expect(noPacket.error).toContain('no packet');
});
