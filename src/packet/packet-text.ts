import type { PacketProblem, ParsedPacket, WrittenField } from './packet-problem.ts';
import { readPacket } from './read-packet.ts';
import { splitPacketLine } from './split-packet-line.ts';

export type { PacketProblem, ParsedPacket } from './packet-problem.ts';
export { packetToFields, renderPacketLine } from './render-packet.ts';

/** A packet in the object form: field names of the outside contract, values as JSON has them. */
export type PacketFields = Readonly<Record<string, unknown>>;

/** How many packets may quote each other. An ICMP error about an ICMP error exists only as something forged. */
const MAX_QUOTES = 3;

/**
 * Parses the one-line form: `tcp 203.0.113.7:40000 -> 192.0.2.10:31852 in=eth0 flags=S`.
 *
 * `quoted=` takes the rest of the line: the packet that an ICMP error is about. Never throws.
 */
export function parsePacketLine(text: string): ParsedPacket {
  return parseLine(text, 0);
}

/** Parses the object form; `quoted` is a line or an object. Never throws. */
export function parsePacketFields(fields: PacketFields): ParsedPacket {
  return parseObject(fields, 0);
}

function parseLine(text: string, depth: number): ParsedPacket {
  const split = splitPacketLine(text);
  if (split.problems.length > 0) return { kind: 'problems', problems: split.problems };
  return readPacket({
    fields: split.fields,
    whole: { column: text.length + 1, field: undefined },
    parseQuoted: (field) => {
      const start = (field.place.column ?? 1) - 1;
      return moved(parseQuoted(field, depth), (problem) => ({
        ...problem,
        column: start + (problem.column ?? 1),
      }));
    },
  });
}

function parseObject(fields: PacketFields, depth: number): ParsedPacket {
  const written = Object.entries(fields).map(([name, value]): [string, WrittenField] => [
    name,
    { value, place: { column: undefined, field: name } },
  ]);
  return readPacket({
    fields: new Map(written),
    whole: { column: undefined, field: undefined },
    parseQuoted: (field) =>
      moved(parseQuoted(field, depth), (problem) => ({
        ...problem,
        field: problem.field === undefined ? 'quoted' : `quoted.${problem.field}`,
      })),
  });
}

function parseQuoted({ value }: WrittenField, depth: number): ParsedPacket {
  if (depth >= MAX_QUOTES) {
    return problem(`more than ${MAX_QUOTES} packets quote each other`, 'Leave the innermost out.');
  }
  if (typeof value === 'string') return parseLine(value, depth + 1);
  if (isObject(value)) return parseObject(value, depth + 1);
  return problem(
    '`quoted` must be a packet',
    'Write the packet that the ICMP error is about, as a line or an object.',
  );
}

function isObject(value: unknown): value is PacketFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function problem(message: string, hint: string): ParsedPacket {
  return { kind: 'problems', problems: [{ message, hint, column: undefined, field: undefined }] };
}

function moved(
  parsed: ParsedPacket,
  move: (problem: PacketProblem) => PacketProblem,
): ParsedPacket {
  return parsed.kind === 'packet' ? parsed : { ...parsed, problems: parsed.problems.map(move) };
}
