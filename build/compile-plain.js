// Compiles wasm/*.ts, with constants given, to WebAssembly.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const root = join(import.meta.dirname, '..');

/**
 * The bytes of the code that judges plain packets. The same sources, constants and version of the compiler give the same bytes.
 *
 * @param {ReadonlyMap<string, number>} constants by name, for the module `layout`
 * @returns {Promise<Uint8Array>}
 */
export async function compilePlain(constants) {
  const layout = [...constants].map(([name, value]) => `export const ${name}: i32 = ${value};\n`);
  const said = [];
  let made;
  const { error } = await asc.main(
    [
      'wasm/plain.ts',
      ...['-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--memoryBase', '0'],
      ...['--initialMemory', '5', '--outFile', 'plain.wasm'],
    ],
    {
      stderr: { write: (text) => said.push(text) },
      readFile: (name) => {
        if (name === 'wasm/layout.ts') return layout.join('');
        try {
          return readFileSync(join(root, name), 'utf8');
        } catch {
          return null;
        }
      },
      writeFile: (_, contents) => {
        made = contents;
      },
    },
  );
  if (error !== null || made === undefined) throw new Error(said.join('') || String(error));
  return made;
}
