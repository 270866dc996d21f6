import { expect, test } from 'vitest';
import { compilePlain } from '../../../build/compile-plain.js';
import { PLAIN_CODE } from '../../../src/simulate/fast/plain-code.ts';
import { layoutConstants } from '../../../src/simulate/fast/plain-layout.ts';

test('the compiled code is what wasm/ and the layout say; `npm run wasm` makes it anew', {
  timeout: 60_000,
}, async () => {
  const made = await compilePlain(layoutConstants());
  expect(Buffer.from(made).toString('base64')).toBe(PLAIN_CODE);
});
