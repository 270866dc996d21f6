import type { WrittenValue } from '../resources/scenario-document.ts';
import { type Expectation, parseExpectation } from '../scenario/expectation.ts';
import { UsageError } from '../source/errors.ts';
import type { Problem } from '../source/problem.ts';

const LOCATION = { file: '--expect', line: 1, column: 1 };

/**
 * What `--expect` asks for: a verdict word, `field=value` pairs with commas between, or a JSON object.
 *
 * @throws UsageError for a field that results do not have.
 */
export function parseExpectOption(text: string): Expectation {
  const problems: Problem[] = [];
  const expectation = parseExpectation(writtenValue(text.trim()), (p) => problems.push(p));
  const [first] = problems;
  if (first !== undefined) throw new UsageError(`--expect: ${first.message}`, first.hint);
  return expectation;
}

function writtenValue(text: string): WrittenValue {
  if (text.startsWith('{')) return fromJson(parseJson(text));
  if (!text.includes('=')) return fromJson(text);
  const entries = new Map<string, WrittenValue>();
  for (const pair of text.split(',')) {
    const equals = pair.indexOf('=');
    if (equals < 0 && !entries.has('verdict')) {
      entries.set('verdict', fromJson(pair.trim()));
      continue;
    }
    if (equals < 1) {
      throw new UsageError(
        `--expect: \`${pair}\` is not \`field=value\``,
        'Write a verdict (`drop`), pairs (`drop,policy=NAME`) or a JSON object.',
      );
    }
    entries.set(pair.slice(0, equals).trim(), fromJson(scalar(pair.slice(equals + 1).trim())));
  }
  return { kind: 'map', entries, location: LOCATION };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`--expect: not JSON: ${(error as Error).message}`);
  }
}

/** Numbers, true, false and null as YAML would read them; anything else is a string. */
function scalar(text: string): string | number | boolean | null {
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  if (text === 'null' || text === '') return null;
  if (text === 'true' || text === 'false') return text === 'true';
  return text;
}

function fromJson(value: unknown): WrittenValue {
  if (Array.isArray(value)) {
    return { kind: 'list', items: value.map(fromJson), location: LOCATION };
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, v]) => [key, fromJson(v)] as const);
    return { kind: 'map', entries: new Map(entries), location: LOCATION };
  }
  return { kind: 'scalar', value: value as string | number | boolean | null, location: LOCATION };
}
