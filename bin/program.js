import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

const programPath = fileURLToPath(new URL('../dist/program.cjs', import.meta.url));

/** Where V8's compiled form of the program is kept. */
export const cachePath = `${programPath}.cache`;

/**
 * Loads the command line program, one file that `npm run build` makes of `src/cli`, with V8's compiled form of it when there is one:
 * compiling would take longer than tracing a packet. V8 itself refuses a form that another version of it made, and compiles.
 *
 * Returns what the program exports and the script, whose compiled form can be saved.
 */
export function loadProgram() {
  const source = readFileSync(programPath, 'utf8');
  const script = new Script(`(function (exports, require, module, __filename) {${source}\n})`, {
    filename: programPath,
    cachedData: readCache(),
  });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(programPath), module, programPath);
  return { exports: module.exports, script };
}

function readCache() {
  try {
    return readFileSync(cachePath);
  } catch {
    return undefined;
  }
}
