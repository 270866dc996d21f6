// Bundles the benchmarks, so that they measure code in the form in which the program has it, and runs them.
import { spawnSync } from 'node:child_process';
import { build } from 'rolldown';

const file = 'node_modules/.cache/hepsim/bench.mjs';
await build({
  input: 'test/bench/main.ts',
  platform: 'node',
  output: { file, format: 'esm', codeSplitting: false },
});
const { status } = spawnSync(process.execPath, [file, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
