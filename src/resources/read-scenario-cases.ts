import { isMap, isScalar, type Node } from 'yaml';
import type { SourceLocation } from '../source/location.ts';
import { nearestName } from '../source/nearest-name.ts';
import { readScenarioReplay } from './read-scenario-replay.ts';
import type { Fields } from './reading/fields.ts';
import { describeNode, orList, shorten } from './reading/wording.ts';
import type {
  ScenarioCase,
  ScenarioReplay,
  ScenarioStep,
  WrittenValue,
} from './scenario-document.ts';
import { writtenValueOf } from './written-value.ts';

const VERDICTS = ['accept', 'drop', 'reject', 'undetermined'] as const;

/** Reads a scenario's cases. A case that cannot be run is reported and left out. */
export function readScenarioCases(spec: Fields): readonly ScenarioCase[] {
  const cases: ScenarioCase[] = [];
  const names = new Map<string, SourceLocation>();
  for (const fields of spec.fieldsList('cases')) {
    const name = fields.requiredString('name');
    const isReplay = fields.has('replay');
    const replay = isReplay ? readReplayCase(fields) : undefined;
    const steps = isReplay ? [] : readSteps(fields);
    fields.finish();
    if (name === undefined || steps === undefined || isReplay !== (replay !== undefined)) continue;
    const before = names.get(name.value);
    if (before !== undefined) {
      fields.context.problemWith(
        'duplicate-name',
        name.location,
        `two cases are called \`${shorten(name.value)}\``,
        {
          related: [before],
          severity: 'warning',
          hint: 'Reports and --filter tell them apart by name.',
        },
      );
    }
    names.set(name.value, name.location);
    cases.push({ name: name.value, steps, replay, location: fields.location });
  }
  return cases;
}

function readReplayCase(fields: Fields): ScenarioReplay | undefined {
  for (const other of ['packet', 'flow']) {
    fields.refuse(
      other,
      'invalid-combination',
      `the case has both \`replay\` and \`${other}\``,
      'A case is packets or captures.',
    );
  }
  return readScenarioReplay(fields);
}

function readSteps(fields: Fields): readonly ScenarioStep[] | undefined {
  if (fields.has('packet') === fields.has('flow')) {
    const both = fields.has('flow');
    fields.problem(
      both ? 'invalid-combination' : 'missing-field',
      both ? fields.keyLocation('flow') : fields.location,
      both ? 'the case has both `packet` and `flow`' : 'the case has no `packet` and no `flow`',
      'Write `packet` for one packet, `flow` for a list of packets and replies, or `replay` for captures.',
    );
    fields.ignore('expect');
    return undefined;
  }
  return fields.has('flow') ? readFlow(fields) : readSingle(fields);
}

function readSingle(fields: Fields): readonly ScenarioStep[] | undefined {
  const packet = readPacket(fields);
  const expect = readExpect(fields, 'expect');
  if (!fields.has('expect')) reportNothingExpected(fields);
  return packet === undefined
    ? undefined
    : [{ packet, reply: undefined, expect, location: fields.location }];
}

function readFlow(fields: Fields): readonly ScenarioStep[] | undefined {
  fields.refuse(
    'expect',
    'invalid-combination',
    'a flow has no `expect` of its own',
    'Write what is expected next to each `packet` and `reply`.',
  );
  const elements = fields.fieldsList('flow');
  const steps = elements.map((element, index) => readStep(element, index));
  if (elements.length > 0 && !elements.some((element) => element.has('expect'))) {
    reportNothingExpected(fields);
  } else if (elements.length === 0 && fields.list('flow').length === 0) {
    fields.problem(
      'missing-field',
      fields.locationOf('flow'),
      'the flow is empty',
      'Write a list of packets and replies.',
    );
  }
  return steps.length > 0 && steps.every((step) => step !== undefined) ? steps : undefined;
}

function readStep(fields: Fields, index: number): ScenarioStep | undefined {
  const isReply = fields.names().includes('reply');
  const packet = readPacket(fields);
  const reply = isReply ? readReply(fields) : undefined;
  const expect = readExpect(fields, 'expect');
  fields.finish();
  if (isReply === fields.has('packet')) {
    fields.problem(
      isReply ? 'invalid-combination' : 'missing-field',
      isReply ? fields.keyLocation('reply') : fields.location,
      isReply
        ? 'the step has both `packet` and `reply`'
        : 'the step has no `packet` and no `reply`',
      'A step is one packet, or the reply to the packet before.',
    );
    return undefined;
  }
  if (isReply && index === 0) {
    fields.problem(
      'invalid-combination',
      fields.keyLocation('reply'),
      'a flow cannot begin with a reply',
      'Write the `packet` that it answers first.',
    );
    return undefined;
  }
  if (packet === undefined && reply === undefined) return undefined;
  return { packet, reply, expect, location: fields.location };
}

function reportNothingExpected(fields: Fields): void {
  fields.problem(
    'missing-field',
    fields.location,
    'the case expects nothing',
    'Add `expect` with a verdict or an object of result fields.',
  );
}

function readPacket(fields: Fields): WrittenValue | undefined {
  const node = fields.node('packet');
  if (node === undefined) return undefined;
  const text = isScalar(node) && typeof node.value === 'string';
  if (text || isMap(node)) return writtenValueOf(fields.context, node);
  wrongType(fields, node, '`packet` must be a line or a mapping');
  return undefined;
}

/** A reply without fields of its own may also be written as nothing. */
function readReply(fields: Fields): WrittenValue | undefined {
  const node = fields.node('reply');
  if (node === undefined) {
    return { kind: 'map', entries: new Map(), location: fields.keyLocation('reply') };
  }
  if (isMap(node)) return writtenValueOf(fields.context, node);
  wrongType(fields, node, '`reply` must be a mapping of packet fields');
  return undefined;
}

/** Reads what is expected: a verdict word, or a mapping of result fields, which are judged where they are compared. */
export function readExpect(fields: Fields, name: string): WrittenValue | undefined {
  const node = fields.node(name);
  if (node === undefined) return undefined;
  if (isMap(node)) return writtenValueOf(fields.context, node);
  if (!isScalar(node) || typeof node.value !== 'string') {
    wrongType(fields, node, `\`${name}\` must be a verdict or a mapping of result fields`);
    return undefined;
  }
  if (VERDICTS.some((verdict) => verdict === node.value)) {
    return writtenValueOf(fields.context, node);
  }
  const nearest = nearestName(node.value, VERDICTS);
  fields.problem(
    'invalid-expectation',
    fields.context.locateNode(node),
    `\`${shorten(node.value)}\` is no verdict`,
    nearest === undefined ? `Use ${orList(VERDICTS)}.` : `Did you mean \`${nearest}\`?`,
  );
  return undefined;
}

function wrongType(fields: Fields, node: Node, wanted: string): void {
  fields.problem(
    'wrong-type',
    fields.context.locateNode(node),
    `${wanted}, but is ${describeNode(node)}`,
  );
}
