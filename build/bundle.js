// Bundles the command line program into one file and keeps V8's compiled form beside it. Loading hundreds of modules, and then
// compiling them, takes longer than what the program does.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'rolldown';
import { cachePath, loadProgram } from '../bin/program.js';
import { trialReplay } from './trial-replay.js';

const PROGRAM = 'dist/program.cjs';

// V8 tells by its length alone whether a compiled form belongs to a source: the old one must be gone before there is a new program.
rmSync(cachePath, { force: true });

const { output } = await build({
  input: 'src/cli/run.ts',
  platform: 'node',
  write: false,
  output: {
    file: PROGRAM,
    format: 'cjs',
    codeSplitting: false,
    // Names stay, so that the stack of a bug can be read.
    minify: { mangle: false, compress: true, codegen: { removeWhitespace: true } },
    comments: { legal: false, annotation: false, jsdoc: false },
  },
});
mkdirSync('dist', { recursive: true });
writeFileSync(PROGRAM, asFunction(output[0].code));

// The process inside a kernel lab, which starts once for every host.
await build({
  input: 'src/lab/lab-worker.ts',
  platform: 'node',
  external: ['koffi'],
  output: { file: 'dist/lab-worker.js', format: 'esm', codeSplitting: false },
});

// Functions are compiled when they are first called, so that the compiled form is worth most after typical runs.
const { exports: program, script } = loadProgram();
const nodePort = ['cluster', 'v3-policy', 'v3-workload', 'v3-pinhole'].flatMap((name) => [
  '-f',
  `scenarios/nodeport/${name}.yaml`,
]);
await tryOut('trace', ...nodePort, 'tcp 203.0.113.7:40000 -> 192.0.2.10:31852 in=eth0');
await tryOut(
  'replay',
  ...['-f', 'scenarios/replayed-capture/resources.yaml', 'scenarios/replayed-capture/packets.pcap'],
);
const trial = mkdtempSync(join(tmpdir(), 'hepsim-'));
try {
  await tryOut(...trialReplay(trial));
} finally {
  rmSync(trial, { recursive: true });
}
writeFileSync(cachePath, script.createCachedData());

async function tryOut(...args) {
  const output = [];
  const code = await program.main(args, {
    readStdin: () => '',
    stdinBytes: async function* () {},
    writeOut: (text) => output.push(text),
    writeError: (text) => output.push(text),
    outIsTerminal: false,
    errorIsTerminal: false,
    columns: undefined,
    environment: {},
    hostName: () => 'build',
  });
  if (code !== 0) throw new Error(`the trial run failed:\n${output.join('')}`);
}

/** The program as `bin/program.js` loads it. Letters beyond ASCII stand in literals alone, where an escape means the same. */
function asFunction(code) {
  const ascii = code.replace(
    /[^\0-\x7f]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `(function (exports, require, module, __filename) {${ascii}\n})`;
}
