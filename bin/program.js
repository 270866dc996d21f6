const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');

/** Where the program is: one function of `exports`, `require`, `module` and `__filename`, in ASCII alone. */
const programPath = join(__dirname, '../dist/program.cjs');

/** Where V8's compiled form of the program is kept. */
const cachePath = `${programPath}.cache`;

/** Modules of Node's that are not there when it starts, and that few commands need: loading them takes longer than loading the program. */
const LOADED_WHEN_USED = new Set([
  'node:child_process',
  'node:crypto',
  'node:dns/promises',
  'node:os',
  'node:timers/promises',
  'node:v8',
  'node:zlib',
]);

/**
 * Loads the command line program, one file that `npm run build` makes of `src/cli`, with V8's compiled form of it when there is one:
 * compiling would take longer than tracing a packet. V8 itself refuses a form that another version of it made, and compiles.
 *
 * Returns what the program exports and the script, whose compiled form can be saved.
 */
function loadProgram() {
  // Text of one byte a character stays outside of the heap and is never copied.
  const source = readFileSync(programPath, 'latin1');
  const script = new Script(source, { filename: programPath, cachedData: readCache() });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, load, module, programPath);
  return { exports: module.exports, script };
}

function readCache() {
  try {
    return readFileSync(cachePath);
  } catch {
    return undefined;
  }
}

function load(name) {
  if (!LOADED_WHEN_USED.has(name)) return require(name);
  return new Proxy({}, { get: (_, key) => require(name)[key] });
}

module.exports = { cachePath, loadProgram };
