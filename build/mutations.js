// Bundles the mutation runner, because Node cannot run TypeScript by itself, and runs it.
import { spawnSync } from 'node:child_process';
import { build } from 'rolldown';

const file = 'node_modules/.cache/hepsim/mutations.mjs';
await build({
  input: 'test/mutations/main.ts',
  platform: 'node',
  // Neither is asked for anything here: the suites bundle for themselves.
  external: ['koffi', 'rolldown'],
  output: { file, format: 'esm', codeSplitting: false },
});
const { status } = spawnSync(process.execPath, [file, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
