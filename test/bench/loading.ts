import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Figure, thousands } from './figure.ts';
import { interleave, medianSeconds, runNode } from './processes.ts';
import { makeWorkload } from './workload.ts';

const ROUNDS = 5;
const SIZE = { policies: 200, rules: 3, otherPolicies: 9800, endpoints: 10_000 };
const MEBIBYTES = 1024;

/** What the yaml library alone takes for files: read, and every document parsed. */
const PARSE_ALONE = `import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
let documents = 0;
for (const file of process.argv.slice(1)) {
  documents += parseAllDocuments(readFileSync(file, 'utf8')).length;
}
console.log(documents);`;

/** Reading, resolving and compiling very many documents, against parsing them. */
export function measureLoading(): readonly Figure[] {
  const folder = mkdtempSync(join(tmpdir(), 'hepsim-bench-'));
  try {
    const files = [...makeWorkload(SIZE).files].map(([name, text]) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    });
    return measureFiles(files);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function measureFiles(files: readonly string[]): readonly Figure[] {
  const named = files.flatMap((file) => ['-f', file]);
  const { parse, compile } = interleave(
    {
      parse: () => runNode(['--input-type=module', '-e', PARSE_ALONE, ...files]),
      compile: () =>
        runNode(['bin/hepsim.js', 'compile', '-n', 'bench', ...named], { tellPeak: true }),
    },
    ROUNDS,
  );
  const chains = compile[0]?.output.match(/^:hep-/gm)?.length ?? 0;
  if (chains < SIZE.policies) throw new Error(`only ${chains} chains were compiled`);
  const alone = medianSeconds(parse);
  const whole = medianSeconds(compile);
  const peak = Math.max(...compile.map(({ peakMebibytes }) => peakMebibytes));
  const size = `${thousands(SIZE.policies + SIZE.otherPolicies)} policies and ${thousands(SIZE.endpoints)} host endpoints`;
  return [
    {
      measured: `whole \`hepsim compile\` of ${size} against \`yaml\` alone parsing the same files; median of ${ROUNDS} runs each, in turn`,
      figure: `${(whole / alone).toFixed(2)} x (${whole.toFixed(1)} s against ${alone.toFixed(1)} s)`,
      bar: '<= 1.5 x',
      holds: whole <= 1.5 * alone,
    },
    {
      measured: 'peak memory of the same',
      figure: `${thousands(peak)} MiB`,
      bar: '<= 1 GiB',
      holds: peak <= MEBIBYTES,
    },
  ];
}
