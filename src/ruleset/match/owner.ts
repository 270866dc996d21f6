import type { Codec, Negatable } from '../option/codec.ts';
import { type NumberRange, rangeUpTo } from '../option/number-codecs.ts';
import { optionTable, type TableDefinition } from '../option/option-table.ts';
import { nameUpTo } from '../option/text-codecs.ts';

/** A user or group: numbers, or a name that only the machine can tell the number of. */
export type Owner = NumberRange | string;

/** `-m owner`: who owns the socket that sends the packet. A packet without a socket has no owner. */
export interface OwnerMatch {
  readonly kind: 'owner';
  readonly socketExists: boolean | undefined;
  readonly user: Negatable<Owner> | undefined;
  readonly group: Negatable<Owner> | undefined;
  readonly supplementaryGroups: boolean;
}

const NUMBERS = rangeUpTo(0xffffffff, '-');
const NAME = nameUpTo(32);

const OWNER: Codec<Owner> = {
  parse: (text, family) =>
    text === 'root'
      ? { first: 0, last: 0 }
      : (NUMBERS.parse(text, family) ?? NAME.parse(text, family)),
  render: (owner, family) =>
    typeof owner === 'string' ? NAME.render(owner, family) : NUMBERS.render(owner, family),
  wanted: 'a user or group, by number, range of numbers or name',
};

/** Reads, checks and writes `-m owner --uid-owner 1000`. */
export const ownerMatch: TableDefinition<OwnerMatch> = optionTable(
  { kind: 'owner', name: 'owner', load: '-m' },
  ({ negatable, toggle, flag }) => [
    toggle('--socket-exists', 'socketExists'),
    negatable('--uid-owner', 'user', OWNER),
    negatable('--gid-owner', 'group', OWNER),
    flag('--suppl-groups', 'supplementaryGroups'),
  ],
);
