import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'rolldown';

const project = resolve(import.meta.dirname, '../..');

let program: Promise<string> | undefined;

/** The path of the command line program, made of the sources as they are: Node cannot run TypeScript by itself. */
export function cliProgram(): Promise<string> {
  program ??= bundle();
  return program;
}

async function bundle(): Promise<string> {
  const { output } = await build({
    cwd: project,
    input: 'src/cli/run.ts',
    platform: 'node',
    external: ['koffi'],
    write: false,
    output: { format: 'esm', codeSplitting: false },
  });
  const code = `${output[0].code}\nawait run();\n`;
  const folder = join(project, 'node_modules/.cache/hepsim');
  const name = `cli-${createHash('sha256').update(code).digest('hex').slice(0, 16)}.mjs`;
  const path = join(folder, name);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  // Other test files may be at it as well.
  writeFileSync(`${path}.${process.pid}`, code);
  renameSync(`${path}.${process.pid}`, path);
  return path;
}
