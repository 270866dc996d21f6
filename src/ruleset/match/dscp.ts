import type { Definition } from '../definition.ts';
import { type Extension, readValue } from '../extension.ts';
import { DSCP, DSCP_CLASS } from '../option/traffic-class-codecs.ts';
import { isUnsigned, not } from '../restore-text.ts';

/** `-m dscp`: the upper six bits of the TOS byte or of the traffic class. */
export interface DscpMatch {
  readonly kind: 'dscp';
  readonly value: number;
  readonly negated: boolean;
}

/** Reads, checks and writes `-m dscp --dscp 0x2e`. */
export const dscpMatch: Definition<DscpMatch> & Extension<DscpMatch> = {
  kind: 'dscp',
  validate: ({ value }) => (isUnsigned(value, 63) ? undefined : `code point ${value}`),
  render: ({ value, negated }, { family }) =>
    `-m dscp ${not(negated)}--dscp ${DSCP.render(value, family)}`,
  name: 'dscp',
  options: [
    { flag: '--dscp', words: 1, negatable: true },
    { flag: '--dscp-class', words: 1, negatable: true },
  ],
  parse: (given, context) => {
    const [option, ...others] = given.all;
    if (option === undefined || others.length > 0) {
      throw given.refusal('dscp needs exactly one of --dscp and --dscp-class');
    }
    const codec = option.flag === '--dscp' ? DSCP : DSCP_CLASS;
    const value = readValue(given, option, codec, context);
    return [{ kind: 'dscp', value, negated: option.negated }];
  },
};
