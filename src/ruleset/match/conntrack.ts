import type { Extension } from '../extension.ts';
import { ADDRESS_OR_BLOCK, type MaskedAddress } from '../option/address-codecs.ts';
import type { Negatable } from '../option/codec.ts';
import { type NumberRange, rangeUpTo } from '../option/number-codecs.ts';
import { optionTable, type TableDefinition } from '../option/option-table.ts';
import { PORT_RANGE } from '../option/port-codecs.ts';
import { PROTOCOL_NUMBER } from '../option/protocol-codec.ts';
import { listOf, oneOf } from '../option/text-codecs.ts';
import {
  type ConntrackState,
  type ConntrackStateMatch,
  readConntrackState,
  STATES,
} from './conntrack-state.ts';

/** What `--ctstatus` can name. NONE: no bit of the status is set. */
export type ConntrackStatus = 'NONE' | 'EXPECTED' | 'SEEN_REPLY' | 'ASSURED' | 'CONFIRMED';

/**
 * `-m conntrack` with more than `--ctstate`. A packet without a connection fails everything but the state; where the state is asked for and holds,
 * the rest is not looked at. Source: xt_conntrack.c, conntrack_mt.
 */
export interface ConntrackMatch {
  readonly kind: 'conntrack';
  readonly states: Negatable<readonly ConntrackState[]> | undefined;
  readonly protocol: Negatable<number> | undefined;
  readonly originalSource: Negatable<MaskedAddress> | undefined;
  readonly originalDestination: Negatable<MaskedAddress> | undefined;
  readonly replySource: Negatable<MaskedAddress> | undefined;
  readonly replyDestination: Negatable<MaskedAddress> | undefined;
  readonly originalSourcePorts: Negatable<NumberRange> | undefined;
  readonly originalDestinationPorts: Negatable<NumberRange> | undefined;
  readonly replySourcePorts: Negatable<NumberRange> | undefined;
  readonly replyDestinationPorts: Negatable<NumberRange> | undefined;
  readonly statuses: Negatable<readonly ConntrackStatus[]> | undefined;
  /** Seconds until the entry expires. */
  readonly expires: Negatable<NumberRange> | undefined;
  readonly direction: 'ORIGINAL' | 'REPLY' | undefined;
}

const STATUSES: readonly ConntrackStatus[] = [
  'EXPECTED',
  'SEEN_REPLY',
  'ASSURED',
  'CONFIRMED',
  'NONE',
];

/** Reads, checks and writes `-m conntrack`. */
export const conntrackMatch: TableDefinition<ConntrackMatch> = optionTable(
  { kind: 'conntrack', name: 'conntrack', load: '-m', check: hasAnyOption },
  ({ negatable, value }) => [
    negatable('--ctstate', 'states', listOf(STATES)),
    negatable('--ctproto', 'protocol', PROTOCOL_NUMBER),
    negatable('--ctorigsrc', 'originalSource', ADDRESS_OR_BLOCK),
    negatable('--ctorigdst', 'originalDestination', ADDRESS_OR_BLOCK),
    negatable('--ctreplsrc', 'replySource', ADDRESS_OR_BLOCK),
    negatable('--ctrepldst', 'replyDestination', ADDRESS_OR_BLOCK),
    negatable('--ctorigsrcport', 'originalSourcePorts', PORT_RANGE),
    negatable('--ctorigdstport', 'originalDestinationPorts', PORT_RANGE),
    negatable('--ctreplsrcport', 'replySourcePorts', PORT_RANGE),
    negatable('--ctrepldstport', 'replyDestinationPorts', PORT_RANGE),
    negatable('--ctstatus', 'statuses', listOf(STATUSES)),
    negatable('--ctexpire', 'expires', rangeUpTo(0xffffffff)),
    value('--ctdir', 'direction', oneOf(['ORIGINAL', 'REPLY'])),
  ],
);

function hasAnyOption(match: ConntrackMatch): string | undefined {
  const held = Object.values(match).filter((field) => field !== undefined);
  return held.length > 1 ? undefined : 'conntrack needs an option';
}

/** Reads `-m conntrack`; with `--ctstate` alone as the kind that rules have most. */
export const conntrackExtension: Extension<ConntrackMatch | ConntrackStateMatch> = {
  name: 'conntrack',
  options: conntrackMatch.options,
  parse: (given, context) => {
    const plain = readConntrackState(given, context);
    return plain === undefined ? conntrackMatch.parse(given, context) : [plain];
  },
};
