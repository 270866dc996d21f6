import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { build } from 'rolldown';

const project = resolve(import.meta.dirname, '../..');

/**
 * The path of a source file with all that it imports, as a program that Node runs: it cannot run TypeScript by itself. Below
 * node_modules, so that what stays outside the bundle is found.
 */
export async function bundle(input: string): Promise<string> {
  const { output } = await build({
    cwd: project,
    input,
    platform: 'node',
    external: ['koffi'],
    write: false,
    output: { format: 'esm', codeSplitting: false },
  });
  const { code } = output[0];
  const folder = join(project, 'node_modules/.cache/hepsim');
  const digest = createHash('sha256').update(code).digest('hex').slice(0, 16);
  const path = join(folder, `${basename(input, '.ts')}-${digest}.mjs`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  // Other test files may be at it as well.
  writeFileSync(`${path}.${process.pid}`, code);
  renameSync(`${path}.${process.pid}`, path);
  return path;
}
