import { isInterfaceName } from '../../address/interface-name.ts';
import type { Definition } from '../definition.ts';
import { isPrintableAscii, not } from '../restore-text.ts';

/** `-i` or `-o`. With `prefix`, every interface whose name starts with `name` (`cali+`). */
export interface InterfaceMatch {
  readonly kind: 'interface';
  readonly direction: 'in' | 'out';
  readonly name: string;
  readonly prefix: boolean;
  readonly negated: boolean;
}

/** Beside these a name is quoted; iptables-save itself never quotes an interface name. */
const PLAIN_NAME = /^[A-Za-z0-9_.@=,%^~:/-]*$/;

/** Checks and writes `-i eth0`, `-o cali+`. */
export const interfaceMatch: Definition<InterfaceMatch> = {
  kind: 'interface',
  validate: ({ name, prefix, negated }) => {
    const isEmptyPrefix = prefix && name === '';
    if (isEmptyPrefix && negated) return 'everything but every interface';
    if (!isEmptyPrefix && (!isInterfaceName(name) || !isPrintableAscii(name))) {
      return 'an interface name that iptables cannot take';
    }
    if (prefix && name.length > 14) return 'an interface prefix of more than 14 bytes';
    // A trailing plus always is a wildcard to iptables, so an interface that is really named so cannot be matched alone.
    return !prefix && name.endsWith('+') ? 'an interface name that ends in a plus' : undefined;
  },
  render: ({ direction, name, prefix, negated }) => {
    // iptables does not store a prefix that every name has.
    if (prefix && name === '') return '';
    const pattern = prefix ? `${name}+` : name;
    const text = PLAIN_NAME.test(name) ? pattern : `"${pattern.replace(/["'\\]/g, '\\$&')}"`;
    return `${not(negated)}${direction === 'in' ? '-i' : '-o'} ${text}`;
  },
};
