// Writes src/simulate/fast/plain-code.ts, from what `tsc` made of the layout: run after wasm/ or the layout has changed.
import { writeFileSync } from 'node:fs';
import { layoutConstants } from '../dist/simulate/fast/plain-layout.js';
import { compilePlain } from './compile-plain.js';

const code = Buffer.from(await compilePlain(layoutConstants())).toString('base64');
const lines = code.match(/.{1,76}/g).map((line) => `\n  '${line}'`);
writeFileSync(
  'src/simulate/fast/plain-code.ts',
  `/** WebAssembly in base64, compiled from wasm/ by \`npm run wasm\`. */
export const PLAIN_CODE: string =${lines.join(' +')};
`,
);
