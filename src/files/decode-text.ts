import { InputError } from '../source/errors.ts';

const UTF8_BOM = [0xef, 0xbb, 0xbf];

/**
 * The text of a file in UTF-8, without a byte order mark.
 *
 * @throws InputError that points at the first byte which is not UTF-8, in a file without a name.
 */
export function decodeText(bytes: Uint8Array): string {
  const wide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (wide) throw notText('the file is UTF-16', { line: 1, column: 1 });
  const start = UTF8_BOM.every((byte, i) => bytes[i] === byte) ? UTF8_BOM.length : 0;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(start));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw notText('the file is not UTF-8 text', placeOfInvalid(bytes.subarray(start)));
  }
}

function notText(message: string, place: { line: number; column: number }): InputError {
  return new InputError([
    {
      code: 'yaml-syntax',
      severity: 'error',
      message,
      location: { file: '', ...place },
      hint: 'Save it as UTF-8.',
    },
  ]);
}

/** Where decoding first puts a replacement character that the bytes do not have. */
function placeOfInvalid(bytes: Uint8Array): { line: number; column: number } {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const encoder = new TextEncoder();
  let line = 1;
  let offset = 0;
  for (const lineText of text.split('\n')) {
    const encoded = encoder.encode(lineText);
    const differs = encoded.findIndex((byte, i) => byte !== bytes[offset + i]);
    if (differs >= 0) {
      const before = new TextDecoder().decode(encoded.subarray(0, differs));
      return { line, column: before.length + 1 };
    }
    offset += encoded.length + 1;
    line++;
  }
  return { line: 1, column: 1 };
}
