import type { Extension } from '../extension.ts';
import type { Codec } from '../option/codec.ts';
import { numberUpTo } from '../option/number-codecs.ts';
import { optionTable, type TableDefinition } from '../option/option-table.ts';
import { listOf, nameUpTo } from '../option/text-codecs.ts';
import type { NotrackTarget } from './notrack.ts';

/** A zone of connection tracking; `mark`: the packet's mark is its number. */
export type ConntrackZone = number | 'mark';

/** An event of connection tracking that user space is told of. */
export type ConntrackEvent =
  | 'new'
  | 'related'
  | 'destroy'
  | 'reply'
  | 'assured'
  | 'protoinfo'
  | 'helper'
  | 'mark'
  | 'natseqinfo'
  | 'secmark';

/** `CT` with anything but `--notrack` alone; table raw only. Evaluation goes on. */
export interface CtTarget {
  readonly kind: 'ct';
  readonly notrack: boolean;
  readonly helper: string | undefined;
  readonly timeoutPolicy: string | undefined;
  readonly events: readonly ConntrackEvent[] | undefined;
  readonly expectationEvents: readonly 'new'[] | undefined;
  readonly zone: ConntrackZone | undefined;
  /** Only for packets in the original direction. */
  readonly originalZone: ConntrackZone | undefined;
  readonly replyZone: ConntrackZone | undefined;
}

const EVENTS: readonly ConntrackEvent[] = [
  'new',
  'related',
  'destroy',
  'reply',
  'assured',
  'protoinfo',
  'helper',
  'mark',
  'natseqinfo',
  'secmark',
];

const ZONE: Codec<ConntrackZone> = {
  parse: (text, family) => (text === 'mark' ? 'mark' : numberUpTo(65535).parse(text, family)),
  render: (zone) => String(zone),
  wanted: 'a zone from 0 to 65535, or `mark`',
};

/** Checks and writes `-j CT --zone 5`. */
export const ctTarget: TableDefinition<CtTarget> = optionTable(
  {
    kind: 'ct',
    name: 'CT',
    load: '-j',
    check: (_target, { table }) =>
      table === undefined || table === 'raw' ? undefined : `CT in table ${table}`,
  },
  ({ flag, value }) => [
    flag('--notrack', 'notrack'),
    value('--helper', 'helper', nameUpTo(15)),
    value('--timeout', 'timeoutPolicy', nameUpTo(31)),
    value('--ctevents', 'events', listOf(EVENTS)),
    value('--expevents', 'expectationEvents', listOf(['new'])),
    value('--zone', 'zone', ZONE),
    value('--zone-orig', 'originalZone', ZONE),
    value('--zone-reply', 'replyZone', ZONE),
  ],
);

/** Reads `-j CT`; `--notrack` alone as the kind that rules have most. */
export const ctExtension: Extension<CtTarget | NotrackTarget> = {
  name: 'CT',
  options: ctTarget.options,
  parse: (given, context) => {
    const isPlain = given.all.length === 1 && given.has('--notrack');
    const read = ctTarget.parse(given, context);
    return isPlain ? [{ kind: 'notrack' }] : read;
  },
};
