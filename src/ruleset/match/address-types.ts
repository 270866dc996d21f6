import type { Extension } from '../extension.ts';
import type { Negatable } from '../option/codec.ts';
import { optionTable, type TableDefinition } from '../option/option-table.ts';
import { listOf } from '../option/text-codecs.ts';
import type { AddressTypeMatch } from './address-type.ts';

/** A type of address as the routing tables see it. */
export type AddressTypeName =
  | 'UNSPEC'
  | 'UNICAST'
  | 'LOCAL'
  | 'BROADCAST'
  | 'ANYCAST'
  | 'MULTICAST'
  | 'BLACKHOLE'
  | 'UNREACHABLE'
  | 'PROHIBIT'
  | 'THROW'
  | 'NAT'
  | 'XRESOLVE';

/** `-m addrtype` beyond `LOCAL` of one side: any of the types on each side that is named, on the limiting interface alone where one is. */
export interface AddressTypesMatch {
  readonly kind: 'address-types';
  readonly source: Negatable<readonly AddressTypeName[]> | undefined;
  readonly destination: Negatable<readonly AddressTypeName[]> | undefined;
  readonly limitIn: boolean;
  readonly limitOut: boolean;
}

const TYPES: readonly AddressTypeName[] = [
  'UNSPEC',
  'UNICAST',
  'LOCAL',
  'BROADCAST',
  'ANYCAST',
  'MULTICAST',
  'BLACKHOLE',
  'UNREACHABLE',
  'PROHIBIT',
  'THROW',
  'NAT',
  'XRESOLVE',
];

/** Reads, checks and writes `-m addrtype --src-type UNICAST,LOCAL --limit-iface-in`. */
export const addressTypesMatch: TableDefinition<AddressTypesMatch> = optionTable(
  {
    kind: 'address-types',
    name: 'addrtype',
    load: '-m',
    check: ({ source, destination, limitIn, limitOut }) => {
      if (source === undefined && destination === undefined) {
        return 'addrtype needs --src-type or --dst-type';
      }
      return limitIn && limitOut
        ? 'addrtype takes only one of --limit-iface-in and --limit-iface-out'
        : undefined;
    },
  },
  ({ negatable, flag }) => [
    negatable('--src-type', 'source', listOf(TYPES)),
    negatable('--dst-type', 'destination', listOf(TYPES)),
    flag('--limit-iface-in', 'limitIn'),
    flag('--limit-iface-out', 'limitOut'),
  ],
);

/** Reads `-m addrtype`; `LOCAL` of one side as the kind that rules have most. */
export const addressTypeExtension: Extension<AddressTypesMatch | AddressTypeMatch> = {
  name: 'addrtype',
  options: addressTypesMatch.options,
  parse: (given, context) => {
    const [option, ...others] = given.all;
    const isPlain = option?.words[0]?.toUpperCase() === 'LOCAL' && others.length === 0;
    if (!isPlain) return addressTypesMatch.parse(given, context);
    const side = option.flag === '--src-type' ? 'source' : 'destination';
    return [{ kind: 'address-type', side, type: 'LOCAL', negated: option.negated }];
  },
};
