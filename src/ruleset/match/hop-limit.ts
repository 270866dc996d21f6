import type { Definition, RuleContext } from '../definition.ts';
import { type Extension, readValue } from '../extension.ts';
import type { GivenOptions } from '../option/given-options.ts';
import { numberUpTo } from '../option/number-codecs.ts';
import { isUnsigned, not } from '../restore-text.ts';

/** `-m ttl` of IPv4, `-m hl` of IPv6: the field equals, is below or is above the value. Only `eq` can be negated. */
export interface HopLimitMatch {
  readonly kind: 'hop-limit';
  readonly comparison: 'eq' | 'lt' | 'gt';
  readonly value: number;
  readonly negated: boolean;
}

/** Checks and writes `-m ttl --ttl-lt 2`, `-m hl --hl-eq 255`. */
export const hopLimitMatch: Definition<HopLimitMatch> = {
  kind: 'hop-limit',
  validate: ({ value, negated, comparison }) => {
    if (negated && comparison !== 'eq') return `a negated --ttl-${comparison}`;
    return isUnsigned(value, 255) ? undefined : `TTL ${value}`;
  },
  render: ({ comparison, value, negated }, { family }) => {
    const name = family === 4 ? 'ttl' : 'hl';
    return `-m ${name} ${not(negated)}--${name}-${comparison} ${value}`;
  },
};

/** Reads `-m ttl`. */
export const ttlExtension: Extension<HopLimitMatch> = extensionOf('ttl');

/** Reads `-m hl`. */
export const hlExtension: Extension<HopLimitMatch> = extensionOf('hl');

function extensionOf(name: 'ttl' | 'hl'): Extension<HopLimitMatch> {
  return {
    name,
    options: [
      { flag: `--${name}-eq`, aliases: [`--${name}`], words: 1, negatable: true },
      { flag: `--${name}-lt`, words: 1 },
      { flag: `--${name}-gt`, words: 1 },
    ],
    parse: (given, context) => [readHopLimit(name, given, context)],
  };
}

function readHopLimit(
  name: 'ttl' | 'hl',
  given: GivenOptions,
  context: RuleContext,
): HopLimitMatch {
  if ((name === 'ttl') !== (context.family === 4)) {
    throw given.refusal(`there is no -m ${name} for IPv${context.family}`);
  }
  const [option, ...others] = given.all;
  if (option === undefined || others.length > 0) {
    throw given.refusal(
      `-m ${name} needs exactly one of --${name}-eq, --${name}-lt and --${name}-gt`,
    );
  }
  const comparison = option.flag.slice(-2) as HopLimitMatch['comparison'];
  const value = readValue(given, option, numberUpTo(255), context);
  return { kind: 'hop-limit', comparison, value, negated: option.negated };
}
