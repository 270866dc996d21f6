/** Characters that xtables prints without quotes around them. Source: xtables_save_string, iptables 1.8.9. */
const PLAIN_WORD = /^[A-Za-z0-9_-]+$/;

const PRINTABLE_ASCII = /^[ -~]*$/;

/** A value as iptables-save prints a string option: quoted unless it is a plain word. */
export function quoteValue(text: string): string {
  return PLAIN_WORD.test(text) ? text : `"${text.replace(/["'\\]/g, '\\$&')}"`;
}

/** Whether every character is printable ASCII, so that bytes and characters are the same and no line can end early. */
export function isPrintableAscii(text: string): boolean {
  return PRINTABLE_ASCII.test(text);
}

/** `! ` before a negated option. */
export function not(negated: boolean): string {
  return negated ? '! ' : '';
}

/** A mark or mask as iptables-save prints it. */
export function renderHex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** Whether the number is an integer from 0 to `last`. */
export function isUnsigned(value: number, last: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= last;
}

/** Whether the text is not empty and has no character that could end a line or move a terminal's cursor. */
export function isOneLine(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  return text !== '' && !/[\u0000-\u001f\u007f\u2028\u2029]/.test(text);
}
