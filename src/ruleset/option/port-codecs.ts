import type { PortRange } from '../../address/port-range.ts';
import type { Codec } from './codec.ts';
import { parseUnsigned } from './number-codecs.ts';
import { findServicePort } from './service-ports.ts';

/** A port by its number, or by the name that IANA gave it; undefined for anything else. */
export function parsePortWord(text: string): number | undefined {
  return parseUnsigned(text, 65535) ?? findServicePort(text);
}

/** A port, printed in decimal. */
export const PORT: Codec<number> = {
  parse: parsePortWord,
  render: (port) => String(port),
  wanted: 'a port',
};

/** `80`, `80:90`, `:80`, `80:`, or names of services. */
export const PORT_RANGE: Codec<PortRange> = portRangeBy(':');

/** The same with a dash, as targets have it; both ends must be there. */
export const DASHED_PORT_RANGE: Codec<PortRange> = portRangeBy('-');

function portRangeBy(separator: string): Codec<PortRange> {
  return {
    parse: (text) => {
      // Names of services have dashes too.
      const whole = text === '' ? undefined : parsePortWord(text);
      if (whole !== undefined) return { first: whole, last: whole };
      const at = text.indexOf(separator);
      if (at < 0) return undefined;
      const [from, to] = [text.slice(0, at), text.slice(at + 1)];
      const open = separator === ':';
      const first = from === '' && open ? 0 : parsePortWord(from);
      const last = to === '' && open ? 65535 : parsePortWord(to);
      if (first === undefined || last === undefined || first > last) return undefined;
      return { first, last };
    },
    render: ({ first, last }) => (first === last ? `${first}` : `${first}${separator}${last}`),
    wanted: 'a port or a range of ports from 0 to 65535',
  };
}
