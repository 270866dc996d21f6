import { parseIpAddress, renderIpAddress } from '../address/ip-address.ts';
import type { WrittenValue } from '../resources/scenario-document.ts';
import type { PacketResult } from '../simulate/packet-result.ts';
import { type ResultField, resultFieldToJson } from '../simulate/result-json.ts';
import type { SourceLocation } from '../source/location.ts';
import { nearestName } from '../source/nearest-name.ts';
import type { Problem, Report } from '../source/problem.ts';
import { FIELD_WORDS, LIST_FIELDS, RESULT_FIELDS, SHORT_FIELDS } from './result-fields.ts';

/** A value as JSON has it. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };

/** One field of a result and the value that it must have. */
export interface FieldExpectation {
  /** As written: `policy`, `final.dport`. */
  readonly name: string;
  /** From the result's root. */
  readonly path: readonly string[];
  /** `via`: some decision's policy has the value. */
  readonly kind: 'equals' | 'via';
  readonly wanted: Json;
  readonly location: SourceLocation;
}

/** What a result must say; all fields must hold. */
export type Expectation = readonly FieldExpectation[];

/** A field that is not as expected. */
export interface Mismatch {
  readonly field: string;
  readonly expected: Json;
  readonly got: Json;
}

/** A field as it may be written. */
interface KnownField {
  /** From the result's root. */
  readonly path: readonly string[];
  readonly kind: FieldExpectation['kind'];
  /** Whether it holds other fields. */
  readonly isObject: boolean;
  readonly isList: boolean;
  /** All that it can be, where there are but a few. */
  readonly words: readonly (string | null)[] | undefined;
}

const FIELDS: ReadonlyMap<string, KnownField> = new Map([
  ...SHORT_FIELDS.map((name) => [name, knownField(`decision.${name}`)] as const),
  ...RESULT_FIELDS.map((name) => [name, knownField(name)] as const),
  // One name or a list of names, of any of the decisions.
  ['via', { ...knownField('decisions'), kind: 'via', isList: false }] as const,
]);

function knownField(name: string): KnownField {
  return {
    path: name.split('.'),
    kind: 'equals',
    isObject: RESULT_FIELDS.some((field) => field.startsWith(`${name}.`)),
    isList: LIST_FIELDS.includes(name),
    words: FIELD_WORDS.get(name),
  };
}

/** Reads a verdict word or an object of result fields; reports what is no field or cannot ever be its value. */
export function parseExpectation(written: WrittenValue, report: Report): Expectation {
  const fields: FieldExpectation[] = [];
  if (written.kind === 'scalar') readField('verdict', written, fields, report);
  else if (written.kind === 'map') {
    for (const [name, value] of written.entries) readField(name, value, fields, report);
  } else {
    report(problem(written.location, 'an expectation is a verdict or an object of result fields'));
  }
  return fields;
}

function readField(
  name: string,
  written: WrittenValue,
  fields: FieldExpectation[],
  report: Report,
): void {
  const field = FIELDS.get(name);
  if (field === undefined) {
    const nearest = nearestName(name, [...RESULT_FIELDS, ...SHORT_FIELDS, 'via']);
    report(
      problem(
        written.location,
        `a result has no field \`${name}\``,
        nearest === undefined
          ? `Fields: ${[...RESULT_FIELDS, 'via'].join(', ')}.`
          : `Did you mean \`${nearest}\`?`,
      ),
    );
    return;
  }
  if (written.kind === 'map' && field.isObject) {
    const object = field.path.join('.');
    for (const [key, value] of written.entries) {
      readField(`${object}.${key}`, value, fields, report);
    }
    return;
  }
  const wanted = toJson(written);
  const fault = faultOf(field, wanted);
  if (fault !== undefined) {
    report(problem(written.location, `\`${name}\` cannot be ${JSON.stringify(wanted)}`, fault));
    return;
  }
  const { path, kind } = field;
  fields.push({ name, path, kind, wanted, location: written.location });
}

/** Why the field can never have the value; undefined when it can. */
function faultOf({ words, isList }: KnownField, wanted: Json): string | undefined {
  if (words !== undefined && !words.includes(wanted as string | null)) {
    const nearest =
      typeof wanted === 'string' ? nearestName(wanted, words.filter(isText)) : undefined;
    const list = `It is one of ${words.map((word) => word ?? 'null').join(', ')}.`;
    return nearest === undefined ? list : `Did you mean \`${nearest}\`? ${list}`;
  }
  return isList && !Array.isArray(wanted) ? 'It is a list.' : undefined;
}

function isText(word: string | null): word is string {
  return word !== null;
}

/** The value as JSON has it, without the places. */
export function toJson(written: WrittenValue): Json {
  if (written.kind === 'scalar') return written.value;
  if (written.kind === 'list') return written.items.map(toJson);
  return Object.fromEntries([...written.entries].map(([key, value]) => [key, toJson(value)]));
}

/**
 * The fields of a result, as `resultToJson` prints them, that are not as expected; empty when all hold. An undetermined result holds
 * nothing that does not expect just that.
 */
export function compare(expectation: Expectation, result: PacketResult): Mismatch[] {
  const mismatches: Mismatch[] = [];
  const { verdict } = result;
  const expectsVerdict = expectation.some(({ path }) => path[0] === 'verdict');
  if (verdict === 'undetermined' && !expectsVerdict && expectation.length > 0) {
    mismatches.push({ field: 'verdict', expected: 'accept, drop or reject', got: verdict });
  }
  for (const { name, path, kind, wanted } of expectation) {
    const [field, ...rest] = path;
    // One field of a decision needs no copy of all of them.
    const got =
      field === 'decision' && rest.length > 0
        ? valueAt(result.decision, rest)
        : valueAt(resultFieldToJson(result, field as ResultField), rest);
    const holds = kind === 'via' ? isVia(got, wanted) : covers(wanted, got);
    if (!holds) mismatches.push({ field: name, expected: wanted, got: gotOf(kind, got) });
  }
  return mismatches;
}

function valueAt(result: unknown, path: readonly string[]): Json {
  let value = result;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return null;
    value = (value as Record<string, unknown>)[key];
  }
  return (value ?? null) as Json;
}

function gotOf(kind: FieldExpectation['kind'], got: Json): Json {
  if (kind === 'equals' || !Array.isArray(got)) return got;
  return policiesOf(got as readonly Json[]);
}

function policiesOf(decisions: readonly Json[]): readonly Json[] {
  return decisions.map((decision) => valueAt(decision, ['policy'])).filter((name) => name !== null);
}

function isVia(decisions: Json, wanted: Json): boolean {
  const policies = Array.isArray(decisions) ? policiesOf(decisions as readonly Json[]) : [];
  const names = Array.isArray(wanted) ? (wanted as readonly Json[]) : [wanted];
  return names.every((name) => policies.includes(name));
}

/** Whether `got` has everything that `wanted` names: objects may have more fields, lists are of equal length. */
function covers(wanted: Json, got: Json): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(got) &&
      got.length === wanted.length &&
      wanted.every((element, i) => covers(element as Json, got[i] as Json))
    );
  }
  if (typeof wanted === 'object' && wanted !== null) {
    return Object.entries(wanted).every(([key, value]) => covers(value, valueAt(got, [key])));
  }
  if (wanted === got) return true;
  return typeof wanted === 'string' && typeof got === 'string' && sameAddressText(wanted, got);
}

function sameAddressText(a: string, b: string): boolean {
  const [left, right] = [parseIpAddress(a), parseIpAddress(b)];
  return (
    left !== undefined && right !== undefined && renderIpAddress(left) === renderIpAddress(right)
  );
}

function problem(location: SourceLocation, message: string, hint?: string): Problem {
  return { code: 'invalid-expectation', severity: 'error', message, location, hint };
}
