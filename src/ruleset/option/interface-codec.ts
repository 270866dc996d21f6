import { isPrintableAscii } from '../restore-text.ts';
import type { Codec } from './codec.ts';

/** Whether iptables takes the text as an interface or, with `+` at its end, as the beginning of one: at most 15 bytes. */
export function isInterfacePattern(text: string): boolean {
  return text !== '' && text.length <= 15 && isPrintableAscii(text);
}

/** Beside these a name is quoted; iptables-save itself never quotes one. */
const PLAIN_NAME = /^[A-Za-z0-9_.@=,%^~+:-]+$/;

/** `eth0` or `eth+`. */
export const INTERFACE_PATTERN: Codec<string> = {
  parse: (text) => (isInterfacePattern(text) ? text : undefined),
  render: (name) => (PLAIN_NAME.test(name) ? name : `"${name.replace(/["'\\]/g, '\\$&')}"`),
  wanted: 'the name of an interface, of at most 15 bytes',
  accepts: isInterfacePattern,
};
