import type { Definition, RuleContext } from '../definition.ts';
import { type Extension, readValue } from '../extension.ts';
import { MASKED_ADDRESS, type MaskedAddress } from '../option/address-codecs.ts';
import type { Codec, Negatable } from '../option/codec.ts';
import type { GivenOption, GivenOptions } from '../option/given-options.ts';
import { hexUpTo, numberUpTo } from '../option/number-codecs.ts';
import { oneOf } from '../option/text-codecs.ts';
import { not } from '../restore-text.ts';

/** One transformation of an IPsec policy; a field that is undefined does not matter. */
export interface PolicyElement {
  readonly requestId: Negatable<number> | undefined;
  readonly spi: Negatable<number> | undefined;
  readonly protocol: Negatable<'esp' | 'ah' | 'ipcomp'> | undefined;
  readonly mode: Negatable<'transport' | 'tunnel'> | undefined;
  readonly tunnelDestination: Negatable<MaskedAddress> | undefined;
  readonly tunnelSource: Negatable<MaskedAddress> | undefined;
}

/** `-m policy`: whether an IPsec policy was used for the packet, or will be. `strict`: the elements are all there are, in their order. */
export interface PolicyMatch {
  readonly kind: 'policy';
  readonly direction: 'in' | 'out';
  readonly policy: 'none' | 'ipsec';
  readonly strict: boolean;
  readonly elements: readonly PolicyElement[];
}

type ElementField = keyof PolicyElement;
const MOST_ELEMENTS = 4;

/** In the order in which iptables-save prints them. */
const FIELDS: readonly { flag: string; field: ElementField; codec: Codec<unknown> }[] = [
  { flag: '--reqid', field: 'requestId', codec: numberUpTo(0xffffffff) as Codec<unknown> },
  { flag: '--spi', field: 'spi', codec: hexUpTo(0xffffffff) as Codec<unknown> },
  { flag: '--proto', field: 'protocol', codec: oneOf(['esp', 'ah', 'ipcomp']) as Codec<unknown> },
  { flag: '--mode', field: 'mode', codec: oneOf(['transport', 'tunnel']) as Codec<unknown> },
  { flag: '--tunnel-dst', field: 'tunnelDestination', codec: wholeOrBlock() as Codec<unknown> },
  { flag: '--tunnel-src', field: 'tunnelSource', codec: wholeOrBlock() as Codec<unknown> },
];

/** Reads, checks and writes `-m policy --dir in --pol ipsec --proto esp`. */
export const policyMatch: Definition<PolicyMatch> & Extension<PolicyMatch> = {
  kind: 'policy',
  validate: (match) => checkPolicy(match),
  render: ({ direction, policy, strict, elements }, context) =>
    [
      `-m policy --dir ${direction} --pol ${policy}`,
      ...(strict ? ['--strict'] : []),
      elements.map((element) => renderElement(element, context)).join(' --next '),
    ]
      .filter((part) => part !== '')
      .join(' '),
  name: 'policy',
  options: [
    { flag: '--dir', words: 1 },
    { flag: '--pol', words: 1 },
    { flag: '--strict', words: 0 },
    ...FIELDS.map(({ flag }) => ({ flag, words: 1 as const, negatable: true, repeatable: true })),
    { flag: '--next', words: 0, repeatable: true },
  ],
  parse: (given, context) => {
    const match: PolicyMatch = {
      kind: 'policy',
      direction: readValue(given, given.get('--dir'), oneOf(['in', 'out']), context),
      policy: readValue(given, given.get('--pol'), oneOf(['none', 'ipsec']), context),
      strict: given.has('--strict'),
      elements: readElements(given, context),
    };
    const problem = checkPolicy(match);
    if (problem !== undefined) throw given.refusal(problem);
    return [match];
  },
};

function readElements(given: GivenOptions, context: RuleContext): readonly PolicyElement[] {
  const groups: GivenOption[][] = [[]];
  for (const option of given.all) {
    if (option.flag === '--next') groups.push([]);
    else if (FIELDS.some(({ flag }) => flag === option.flag)) groups.at(-1)?.push(option);
  }
  if (groups.length === 1 && groups[0]?.length === 0) return [];
  return groups.map((options) => readElement(given, options, context));
}

function readElement(
  given: GivenOptions,
  options: readonly GivenOption[],
  context: RuleContext,
): PolicyElement {
  const element: Record<string, unknown> = {};
  for (const { flag, field, codec } of FIELDS) {
    const [option, twice] = options.filter((one) => one.flag === flag);
    if (twice !== undefined) throw given.refusal(`${flag} twice in one element`, twice);
    element[field] =
      option === undefined
        ? undefined
        : { value: readValue(given, option, codec, context), negated: option.negated };
  }
  // The table above ties each field to its codec.
  return element as unknown as PolicyElement;
}

function renderElement(element: PolicyElement, { family }: RuleContext): string {
  const parts: string[] = [];
  for (const { flag, field, codec } of FIELDS) {
    const held = element[field];
    if (held !== undefined) {
      parts.push(`${not(held.negated)}${flag} ${codec.render(held.value, family)}`);
    }
  }
  return parts.join(' ');
}

/** Source: policy_check, libxt_policy.c, iptables 1.8.9. */
function checkPolicy({ policy, strict, elements }: PolicyMatch): string | undefined {
  if (policy === 'none') {
    return strict || elements.length > 0
      ? 'policy none takes neither --strict nor what an element is like'
      : undefined;
  }
  if (elements.length > MOST_ELEMENTS) return `policy takes at most ${MOST_ELEMENTS} elements`;
  if (!strict) return elements.length > 1 ? 'policy takes --next only with --strict' : undefined;
  if (elements.length === 0) return 'policy --strict needs what an element is like';
  for (const element of elements) {
    if (FIELDS.every(({ field }) => element[field] === undefined)) return 'an empty policy element';
    const tunnel = element.mode?.value === 'tunnel' && !element.mode.negated;
    if ((element.tunnelSource ?? element.tunnelDestination) !== undefined && !tunnel) {
      return '--tunnel-src and --tunnel-dst need --mode tunnel';
    }
  }
  return undefined;
}

/** Printed without its length where it is a whole address. */
function wholeOrBlock(): Codec<MaskedAddress> {
  return {
    ...MASKED_ADDRESS,
    render: (value, family) =>
      MASKED_ADDRESS.render(value, family).replace(family === 4 ? /\/32$/ : /\/128$/, ''),
  };
}
