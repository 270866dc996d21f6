import type { Packet } from '../packet/packet.ts';
import { type ParsedPacket, parsePacketFields, parsePacketLine } from '../packet/packet-text.ts';
import type {
  ScenarioCase,
  ScenarioDocument,
  ScenarioReplay,
  ScenarioStep,
  WrittenValue,
} from '../resources/scenario-document.ts';
import type { SourceLocation } from '../source/location.ts';
import { nearestName } from '../source/nearest-name.ts';
import type { Report } from '../source/problem.ts';
import { type Expectation, parseExpectation, toJson } from './expectation.ts';
import { RESULT_FIELDS } from './result-fields.ts';

/** A step with its packet parsed; a reply's packet is known only when the packet before has arrived. */
export interface PreparedStep {
  readonly packet: Packet | undefined;
  /** Fields that a reply overrides. */
  readonly reply: Readonly<Record<string, unknown>>;
  readonly expectation: Expectation;
  readonly location: SourceLocation;
}

export interface PreparedCase {
  readonly name: string;
  readonly location: SourceLocation;
  /** None for a replay. */
  readonly steps: readonly PreparedStep[];
  readonly replay: ScenarioReplay | undefined;
}

/** Parses every packet and expectation of a scenario, and reports all that is wrong with them. */
export function prepareScenario(
  scenario: ScenarioDocument,
  report: Report,
): readonly PreparedCase[] {
  return scenario.cases.map((written: ScenarioCase) => ({
    name: written.name,
    location: written.location,
    steps: written.steps.map((step) => prepareStep(step, report)),
    replay: written.replay,
  }));
}

function prepareStep(step: ScenarioStep, report: Report): PreparedStep {
  return {
    packet: step.packet === undefined ? undefined : parsePacket(step.packet, report),
    reply: step.reply === undefined ? {} : parseReply(step.reply, report),
    expectation: step.expect === undefined ? [] : parseExpectation(step.expect, report),
    location: step.location,
  };
}

function parsePacket(written: WrittenValue, report: Report): Packet | undefined {
  const parsed = parseWritten(written);
  if (parsed === undefined) {
    report({
      code: 'invalid-packet',
      severity: 'error',
      message: 'a packet is a line of text or an object',
      location: written.location,
    });
    return undefined;
  }
  if (parsed.kind === 'packet') return parsed.packet;
  for (const { message, hint, column, field } of parsed.problems) {
    report({
      code: 'invalid-packet',
      severity: 'error',
      message,
      location: placeOf(written, column, field),
      hint,
    });
  }
  return undefined;
}

function parseWritten(written: WrittenValue): ParsedPacket | undefined {
  if (written.kind === 'map') {
    return parsePacketFields(toJson(written) as Readonly<Record<string, unknown>>);
  }
  const isLine = written.kind === 'scalar' && typeof written.value === 'string';
  return isLine ? parsePacketLine(String(written.value)) : undefined;
}

function placeOf(
  written: WrittenValue,
  column: number | undefined,
  field: string | undefined,
): SourceLocation {
  const { location } = written;
  if (written.kind === 'map' && field !== undefined) {
    return written.entries.get(field.split('.')[0] as string)?.location ?? location;
  }
  return column === undefined ? location : { ...location, column: location.column + column - 1 };
}

const PACKET_FIELDS: readonly string[] = RESULT_FIELDS.filter((name) =>
  name.startsWith('packet.'),
).map((name) => name.slice('packet.'.length));

function parseReply(written: WrittenValue, report: Report): Readonly<Record<string, unknown>> {
  if (written.kind === 'scalar' && written.value === null) return {};
  if (written.kind !== 'map') {
    report({
      code: 'invalid-packet',
      severity: 'error',
      message: 'a reply is an object of the packet fields that it overrides',
      location: written.location,
      hint: 'Write `reply: {}` for the answer as it comes.',
    });
    return {};
  }
  for (const [name, { location }] of written.entries) {
    if (PACKET_FIELDS.includes(name)) continue;
    const nearest = nearestName(name, PACKET_FIELDS);
    report({
      code: 'invalid-packet',
      severity: 'error',
      message: `a packet has no field \`${name}\``,
      location,
      hint:
        nearest === undefined
          ? `Known fields: ${PACKET_FIELDS.join(', ')}.`
          : `Did you mean \`${nearest}\`?`,
    });
  }
  return toJson(written) as Readonly<Record<string, unknown>>;
}
