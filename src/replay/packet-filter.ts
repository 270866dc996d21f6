import { RESULT_FIELDS } from '../scenario/result-fields.ts';
import { type ResultField, resultFieldToJson } from '../simulate/result-json.ts';
import { nearestName } from '../source/nearest-name.ts';
import { type FilterValue, isFilterValue, parseFilterValue } from './filter-value.ts';
import type { Outcome, Outcomes } from './outcomes.ts';
import type { PacketFilter, ReplayedPacket } from './replayed-packet.ts';

/** One demand on a packet: a field has one of some values, or none of them. */
export interface FilterTerm {
  /** A result's field by its dotted name, `frame`, or `via`. */
  readonly field: string;
  readonly values: readonly FilterValue[];
  readonly negated: boolean;
}

/** A term, or what is wrong with it. */
export type ParsedTerm =
  | { readonly kind: 'term'; readonly term: FilterTerm }
  | { readonly kind: 'problem'; readonly message: string; readonly hint: string | undefined };

/** The record's number in its capture. */
const FRAME = 'frame';

/** The policies of all decisions: one of them has the value. */
const VIA = 'via';

/** Fields that are lists or objects cannot be compared with a value. */
const NOT_COMPARED = new Set(['decisions', 'hops', 'packet.quoted', 'decision.source']);

const FIELDS: readonly string[] = [
  FRAME,
  VIA,
  ...RESULT_FIELDS.filter((field) => !NOT_COMPARED.has(field)),
];

/** Where a name without a dot is looked for, after the result's own fields. */
const PREFIXES = ['', 'decision.', 'packet.'] as const;

/**
 * Parses `field=value`, `field!=value`; several values with `|` between. A value is a word, a number, a range (`1000-2000`), an address or a
 * block. A name without a dot is a field of the result, of its decision, or of the packet, whichever there is first.
 */
export function parseTerm(text: string): ParsedTerm {
  const parts = /^\s*([\w.]+)\s*(!?=)\s*(.*?)\s*$/.exec(text);
  if (parts === null) {
    return problem(
      `\`${text}\` is not \`field=value\``,
      'Write `src=203.0.113.0/24`, `policy=NAME`, `dport!=80|443`.',
    );
  }
  const [, name, operator, values] = parts as unknown as [string, string, string, string];
  return makeTerm(name, values.split('|'), operator === '!=');
}

/** A term of a field's name and its values as text. */
export function makeTerm(name: string, values: readonly string[], negated: boolean): ParsedTerm {
  const field = PREFIXES.map((prefix) => `${prefix}${name}`).find((full) => FIELDS.includes(full));
  if (field === undefined) {
    const shorts = FIELDS.map((full) => full.replace(/^(decision|packet)\./, ''));
    const near = nearestName(name, [...new Set([...FIELDS, ...shorts])]);
    return problem(
      `a packet has no field \`${name}\``,
      near === undefined
        ? 'Use a field of a trace, such as src, dport or policy.'
        : `Did you mean \`${near}\`?`,
    );
  }
  const wanted: FilterValue[] = [];
  for (const text of values) {
    const value = parseFilterValue(field, text);
    if (value.kind === 'impossible') return problem(value.message, value.hint);
    wanted.push(value);
  }
  return { kind: 'term', term: { field, values: wanted, negated } };
}

function problem(message: string, hint: string | undefined): ParsedTerm {
  return { kind: 'problem', message, hint };
}

/** Whether packets satisfy all of the terms. */
export function packetFilter(terms: readonly FilterTerm[], outcomes: Outcomes): PacketFilter {
  return (packet) => terms.every((term) => satisfies(packet, term, outcomes));
}

function satisfies(packet: ReplayedPacket, term: FilterTerm, outcomes: Outcomes): boolean {
  const value = termValue(packet, term.field, outcomes);
  const all = Array.isArray(value) ? value : [value];
  const found = all.some((one) => term.values.some((wanted) => isFilterValue(one, wanted)));
  return found !== term.negated;
}

function termValue(packet: ReplayedPacket, field: string, outcomes: Outcomes): unknown {
  if (field === FRAME) return packet.frame;
  if (field === VIA) return packet.result?.decisions.map(({ policy }) => policy);
  return fieldOf(packet, field, outcomes);
}

function fieldOf(packet: ReplayedPacket, field: string, outcomes: Outcomes): unknown {
  const [top, ...rest] = field.split('.') as [string, ...string[]];
  const { result } = packet;
  let value: unknown =
    result === undefined
      ? outcomes.at(packet.outcome)[top as keyof Outcome]
      : resultFieldToJson(result, top as ResultField);
  // What an undetermined packet came to is counted by its outcome, also where a result says otherwise.
  if (top === 'verdict' || top === 'because') value = outcomes.at(packet.outcome)[top];
  for (const name of rest) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}
