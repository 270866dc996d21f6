import { parse } from 'yaml';
import type { Packet } from '../packet/packet.ts';
import {
  type PacketProblem,
  type ParsedPacket,
  parsePacketFields,
  parsePacketLine,
} from '../packet/packet-text.ts';
import { InputError, UsageError } from '../source/errors.ts';
import type { Problem } from '../source/problem.ts';

/** The packet that the words of a command line describe, as a line or as an object. @throws UsageError */
export function packetFromWords(words: readonly string[]): Packet {
  if (words.includes('-') || words.at(-1)?.endsWith('-') === true) {
    throw new UsageError(
      'the packet has `-` where `->` belongs',
      'The shell takes `>` for itself: put the packet in quotes, or write `to` for the arrow.',
    );
  }
  const text = words.join(' ');
  const parsed = parseText(text.trim());
  if (parsed.kind === 'packet') return parsed.packet;
  const lines = parsed.problems.map(
    ({ message, hint }) => `${message}${hint === undefined ? '' : `\n    hint: ${hint}`}`,
  );
  const { column } = parsed.problems[0] ?? {};
  const picture = column === undefined ? '' : `\n    ${text}\n    ${' '.repeat(column - 1)}^`;
  throw new UsageError(`not a packet: ${lines.join('\n')}${picture}`);
}

/**
 * The packets of a file: one to a line, as JSON or in the one-line form, with `#` comments; or one JSON array.
 *
 * @throws InputError with every packet that is wrong.
 */
export function packetsFromText(file: string, text: string): readonly Packet[] {
  const problems: Problem[] = [];
  const whole = /^[[{]/.test(text.trimStart()) ? parseJson(text) : undefined;
  const packets =
    whole === undefined ? fromLines(file, text, problems) : fromJson(file, whole, problems);
  if (problems.length > 0) throw new InputError(problems);
  if (packets.length === 0) {
    throw new InputError([
      {
        code: 'no-documents',
        severity: 'error',
        message: 'there is no packet in it',
        location: { file, line: 1, column: 1 },
        hint: 'Write one packet a line: `tcp 203.0.113.7:40000 -> 192.0.2.10:80 in=eth0`, or as a JSON object.',
      },
    ]);
  }
  return packets;
}

/** The value of a text that is one JSON value; undefined when it is not, as with an object a line. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fromJson(file: string, value: unknown, problems: Problem[]): readonly Packet[] {
  const packets: Packet[] = [];
  const place = { file, line: 1, column: 1 };
  for (const [index, element] of (Array.isArray(value) ? value : [value]).entries()) {
    const about = Array.isArray(value) ? `packet ${index + 1}: ` : '';
    take(parseJsonValue(element), { place, about, excerpt: undefined }, packets, problems);
  }
  return packets;
}

function fromLines(file: string, text: string, problems: Problem[]): readonly Packet[] {
  const packets: Packet[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/\r$/, '');
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const place = { file, line: index + 1, column: line.length - line.trimStart().length + 1 };
    take(parseText(trimmed), { place, about: '', excerpt: line }, packets, problems);
  }
  return packets;
}

interface PacketPlace {
  readonly place: Problem['location'];
  readonly about: string;
  readonly excerpt: string | undefined;
}

function take(
  parsed: ParsedPacket,
  { place, about, excerpt }: PacketPlace,
  packets: Packet[],
  problems: Problem[],
): void {
  if (parsed.kind === 'packet') {
    packets.push(parsed.packet);
    return;
  }
  for (const { message, hint, column } of parsed.problems) {
    problems.push({
      code: 'invalid-packet',
      severity: 'error',
      message: `${about}${message}`,
      location: { ...place, column: place.column + (column ?? 1) - 1 },
      hint,
      excerpt,
    });
  }
}

/** A packet in either written form; an object in JSON, or as YAML writes it on one line. */
function parseText(text: string): ParsedPacket {
  return text.startsWith('{') ? parseObject(text) : parsePacketLine(text);
}

function parseObject(text: string): ParsedPacket {
  const json = parseJson(text);
  if (json !== undefined) return parseJsonValue(json);
  try {
    return parseJsonValue(parse(text, { logLevel: 'error' }));
  } catch (error) {
    const [message = ''] = (error as Error).message.split(/ at line \d|\n/, 1);
    return wrong({ message: `neither JSON nor YAML: ${message}` });
  }
}

function parseJsonValue(value: unknown): ParsedPacket {
  if (typeof value === 'string') return parsePacketLine(value);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return parsePacketFields(value as Record<string, unknown>);
  }
  return wrong({ message: 'a packet is an object or a line of text' });
}

function wrong(problem: Pick<PacketProblem, 'message'>): ParsedPacket {
  return {
    kind: 'problems',
    problems: [{ ...problem, hint: undefined, column: undefined, field: undefined }],
  };
}
