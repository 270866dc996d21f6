import type { Definition } from '../definition.ts';
import { type Extension, readValue } from '../extension.ts';
import { DSCP, DSCP_CLASS } from '../option/traffic-class-codecs.ts';
import { isUnsigned } from '../restore-text.ts';

/** `DSCP`: sets the upper six bits of the TOS byte or of the traffic class; evaluation goes on. */
export interface DscpTarget {
  readonly kind: 'dscp';
  readonly value: number;
}

/** Reads, checks and writes `-j DSCP --set-dscp 0x2e`; table mangle only. */
export const dscpTarget: Definition<DscpTarget> & Extension<DscpTarget> = {
  kind: 'dscp',
  validate: ({ value }, { table }) => {
    if (table !== undefined && table !== 'mangle') return `DSCP in table ${table}`;
    return isUnsigned(value, 63) ? undefined : `code point ${value}`;
  },
  render: ({ value }, { family }) => `-j DSCP --set-dscp ${DSCP.render(value, family)}`,
  name: 'DSCP',
  options: [
    { flag: '--set-dscp', words: 1 },
    { flag: '--set-dscp-class', words: 1 },
  ],
  parse: (given, context) => {
    const [option, ...others] = given.all;
    if (option === undefined || others.length > 0) {
      throw given.refusal('DSCP needs exactly one of --set-dscp and --set-dscp-class');
    }
    const codec = option.flag === '--set-dscp' ? DSCP : DSCP_CLASS;
    return [{ kind: 'dscp', value: readValue(given, option, codec, context) }];
  },
};
