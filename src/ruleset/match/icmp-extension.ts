import { IP_PROTOCOL } from '../../address/protocol.ts';
import type { Extension } from '../extension.ts';
import { parseIcmpType } from '../option/icmp-types.ts';
import type { IcmpMatch } from './icmp.ts';
import type { IcmpAnyMatch } from './icmp-any.ts';

/** Reads `-m icmp --icmp-type`. */
export const icmpExtension: Extension<IcmpMatch | IcmpAnyMatch> = extensionOf(4);

/** Reads `-m icmp6 --icmpv6-type`. */
export const icmp6Extension: Extension<IcmpMatch | IcmpAnyMatch> = extensionOf(6);

function extensionOf(family: 4 | 6): Extension<IcmpMatch | IcmpAnyMatch> {
  const flag = family === 4 ? '--icmp-type' : '--icmpv6-type';
  const name = family === 4 ? 'icmp' : 'icmp6';
  return {
    name,
    options: [{ flag, aliases: family === 4 ? [] : ['--icmp-type'], words: 1, negatable: true }],
    parse: (given, context) => {
      const protocol = family === 4 ? IP_PROTOCOL.icmp : IP_PROTOCOL.icmpv6;
      if (context.family !== family)
        throw given.refusal(`there is no -m ${name} for IPv${context.family}`);
      if (context.protocol !== protocol) {
        throw given.refusal(
          `-m ${name} needs \`-p ${family === 4 ? 'icmp' : 'ipv6-icmp'}\` in the rule`,
        );
      }
      const option = given.get(flag);
      const text = option.words[0] ?? '';
      const { negated } = option;
      if (family === 4 && text.toLowerCase() === 'any') return [{ kind: 'icmp-any', negated }];
      const found = parseIcmpType(text, family);
      if (found === undefined) {
        throw given.refusal(`\`${text}\` is not an ICMP type or \`type/code\``, {
          ...option,
          at: option.at + 1,
        });
      }
      // Type 255 of IPv4 is every type, whatever the code.
      if (family === 4 && found.type === 255) return [{ kind: 'icmp-any', negated }];
      return [{ kind: 'icmp', ...found, negated }];
    },
  };
}
