import type { Codec } from '../option/codec.ts';
import { optionTable, type TableDefinition } from '../option/option-table.ts';

/** `CLASSIFY`: the class of traffic control, major number in the upper 16 bits; evaluation goes on. */
export interface ClassifyTarget {
  readonly kind: 'classify';
  readonly trafficClass: number;
}

const CLASS: Codec<number> = {
  parse: (text) => {
    const parts = /^([\da-f]{1,4}):([\da-f]{1,4})$/i.exec(text);
    if (parts === null) return undefined;
    const half = (i: 1 | 2): number => Number.parseInt(parts[i] as string, 16);
    return half(1) * 0x10000 + half(2);
  },
  render: (value) => {
    const half = (number: number): string => number.toString(16).padStart(4, '0');
    return `${half(value >>> 16)}:${half(value & 0xffff)}`;
  },
  wanted: 'two hexadecimal numbers such as 1:ff',
};

/** Reads, checks and writes `-j CLASSIFY --set-class 0001:00ff`. */
export const classifyTarget: TableDefinition<ClassifyTarget> = optionTable(
  { kind: 'classify', name: 'CLASSIFY', load: '-j' },
  ({ value }) => [value('--set-class', 'trafficClass', CLASS, { required: true })],
);
