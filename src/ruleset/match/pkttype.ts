import type { Negatable } from '../option/codec.ts';
import { optionTable, type TableDefinition } from '../option/option-table.ts';
import { oneOf } from '../option/text-codecs.ts';

/** Whom the link layer's frame was for. */
export type PacketType =
  | 'unicast'
  | 'broadcast'
  | 'multicast'
  | 'otherhost'
  | 'outgoing'
  | 'loopback'
  | 'fastroute';

/** `-m pkttype`. */
export interface PkttypeMatch {
  readonly kind: 'pkttype';
  readonly type: Negatable<PacketType>;
}

const TYPES: readonly PacketType[] = [
  'unicast',
  'broadcast',
  'multicast',
  'otherhost',
  'outgoing',
  'loopback',
  'fastroute',
];

/** Reads, checks and writes `-m pkttype --pkt-type broadcast`. */
export const pkttypeMatch: TableDefinition<PkttypeMatch> = optionTable(
  { kind: 'pkttype', name: 'pkttype', load: '-m' },
  ({ negatable }) => [
    negatable(
      '--pkt-type',
      'type',
      oneOf(TYPES, { bcast: 'broadcast', mcast: 'multicast', host: 'unicast' }),
      { required: true },
    ),
  ],
);
