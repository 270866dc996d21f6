import type { Definition, RuleContext } from '../definition.ts';
import { type Extension, readValue } from '../extension.ts';
import type { GivenOptions } from '../option/given-options.ts';
import { numberUpTo } from '../option/number-codecs.ts';
import { isUnsigned } from '../restore-text.ts';

/** `TTL` of IPv4, `HL` of IPv6: sets the field, or adds to it or takes from it; never beyond 0 and 255. Evaluation goes on. */
export interface HopLimitTarget {
  readonly kind: 'hop-limit';
  readonly operation: 'set' | 'inc' | 'dec';
  readonly value: number;
}

/** Checks and writes `-j TTL --ttl-set 64`, `-j HL --hl-dec 1`; table mangle only. */
export const hopLimitTarget: Definition<HopLimitTarget> = {
  kind: 'hop-limit',
  validate: ({ operation, value }, { table }) => {
    if (table !== undefined && table !== 'mangle') return `a change of TTL in table ${table}`;
    if (operation !== 'set' && value === 0) return `TTL changed by 0`;
    return isUnsigned(value, 255) ? undefined : `TTL ${value}`;
  },
  render: ({ operation, value }, { family }) =>
    family === 4 ? `-j TTL --ttl-${operation} ${value}` : `-j HL --hl-${operation} ${value}`,
};

/** Reads `-j TTL`. */
export const ttlTargetExtension: Extension<HopLimitTarget> = extensionOf('ttl');

/** Reads `-j HL`. */
export const hlTargetExtension: Extension<HopLimitTarget> = extensionOf('hl');

function extensionOf(name: 'ttl' | 'hl'): Extension<HopLimitTarget> {
  return {
    name: name.toUpperCase(),
    options: ['set', 'inc', 'dec'].map((operation) => ({
      flag: `--${name}-${operation}`,
      words: 1,
    })),
    parse: (given, context) => [readHopLimit(name, given, context)],
  };
}

function readHopLimit(
  name: 'ttl' | 'hl',
  given: GivenOptions,
  context: RuleContext,
): HopLimitTarget {
  if ((name === 'ttl') !== (context.family === 4)) {
    throw given.refusal(`there is no target ${name.toUpperCase()} for IPv${context.family}`);
  }
  const [option, ...others] = given.all;
  if (option === undefined || others.length > 0) {
    throw given.refusal(`${name.toUpperCase()} needs exactly one of --${name}-set, -inc and -dec`);
  }
  const target: HopLimitTarget = {
    kind: 'hop-limit',
    operation: option.flag.slice(-3) as HopLimitTarget['operation'],
    value: readValue(given, option, numberUpTo(255), context),
  };
  const problem = hopLimitTarget.validate(target, context);
  if (problem !== undefined) throw given.refusal(problem, option);
  return target;
}
