import { isMap, isScalar, isSeq, type Node } from 'yaml';
import { nearestName } from '../source/nearest-name.ts';
import type { Fields, Written } from './reading/fields.ts';
import { describeNode, orList, shorten } from './reading/wording.ts';
import type { ScenarioReplay } from './scenario-document.ts';

/** What can be expected of a replay. Source: the outside contract, `Result of a replay`. */
const COUNTS = [
  ...['packets', 'bytes', 'flows', 'accept', 'drop', 'reject', 'undetermined'],
  ...['unattributed', 'ignored', 'leftOut', 'problems'],
] as const;

type Value = ScenarioReplay['filter'][number];

/** Reads the `replay` of a case: which captures, and what is expected of them. Undefined when it cannot be run. */
export function readScenarioReplay(fields: Fields): ScenarioReplay | undefined {
  const replay = fields.fields('replay');
  const outside = readCounts(fields);
  if (replay === undefined) return undefined;
  const captures = readCaptures(replay);
  const from = replay.string('in')?.value;
  const ignoreChecksums = replay.boolean('ignoreChecksums')?.value === true;
  const assumeEstablished = replay.boolean('assumeEstablished')?.value === true;
  const filter = readFilter(replay);
  const inside = readCounts(replay);
  replay.finish();
  if (outside.length > 0 && inside.length > 0) {
    replay.problem(
      'invalid-combination',
      replay.keyLocation('expect'),
      'the case has two `expect`',
      'Write it in the case or in its `replay`.',
    );
  }
  const expect = [...outside, ...inside];
  if (!fields.has('expect') && !replay.has('expect')) {
    fields.problem(
      'missing-field',
      fields.location,
      'the case expects nothing',
      `Add \`expect\` with counts: ${COUNTS.join(', ')}.`,
    );
  }
  if (captures.length === 0) return undefined;
  const { location } = replay;
  return { captures, in: from, ignoreChecksums, assumeEstablished, filter, expect, location };
}

/** One path, or a list of them. */
function readCaptures(replay: Fields): readonly Written<string>[] {
  const node = replay.node('capture');
  if (node === undefined) {
    replay.problem('missing-field', replay.location, 'the replay has no `capture`');
    return [];
  }
  if (isSeq(node)) return replay.strings('capture');
  const one = replay.string('capture');
  return one === undefined ? [] : [one];
}

function readFilter(replay: Fields): readonly Value[] {
  const filter = replay.fields('filter');
  if (filter === undefined) return [];
  const values: Value[] = [];
  for (const field of filter.names()) {
    const node = filter.node(field);
    const location = filter.keyLocation(field);
    const negated = isMap(node) && node.items.length === 1 && node.has('not');
    const wanted = negated ? filter.fields(field)?.node('not') : node;
    const texts = textsOf(wanted);
    if (texts === undefined) {
      replay.problem(
        'wrong-type',
        location,
        `\`${field}\` is ${wanted === undefined ? 'nothing' : describeNode(wanted)}`,
        'Use a value, a list of values, or {not: ...}.',
      );
    } else values.push({ field, values: texts, negated, location });
  }
  return values;
}

function textsOf(node: Node | undefined): readonly string[] | undefined {
  if (node === undefined) return undefined;
  if (isScalar(node)) return [String(node.value)];
  if (!isSeq(node) || !node.items.every(isScalar)) return undefined;
  return node.items.map((item) => String(isScalar(item) ? item.value : ''));
}

function readCounts(fields: Fields): ScenarioReplay['expect'] {
  const node = fields.node('expect');
  if (node === undefined) return [];
  if (!isMap(node)) {
    fields.problem(
      'wrong-type',
      fields.locationOf('expect'),
      `\`expect\` of a replay must be a mapping of counts, but is ${describeNode(node)}`,
      `Counts are ${orList(COUNTS)}.`,
    );
    return [];
  }
  const expect = fields.fields('expect');
  const counts: { count: string; wanted: number; location: Value['location'] }[] = [];
  for (const count of expect?.names() ?? []) {
    if (!COUNTS.some((known) => known === count)) {
      const near = nearestName(count, COUNTS);
      fields.problem(
        'invalid-expectation',
        expect?.keyLocation(count) ?? fields.location,
        `a replay has no count \`${shorten(count)}\``,
        near === undefined ? `Counts are ${orList(COUNTS)}.` : `Did you mean \`${near}\`?`,
      );
    }
    const wanted = expect?.integer(count, { min: 0, max: Number.MAX_SAFE_INTEGER });
    if (wanted !== undefined) {
      counts.push({ count, wanted: wanted.value, location: wanted.location });
    }
  }
  return counts;
}
