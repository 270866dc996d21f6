import { attemptProgram, attemptPrograms, type ProgramOutcome, runProgram } from './run-program.ts';

/** One object of a program's JSON output, before anything is known of it. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The array of objects that `ip -j` and its like print; nothing printed is an empty array.
 *
 * @throws KernelError when the program fails, Error when it prints something else.
 */
export function runForObjects(program: string, args: readonly string[]): readonly JsonObject[] {
  return parseObjects(runProgram(program, args).stdout, program);
}

/** As {@link runForObjects}, for calls of one program with several lists of arguments. */
export function runForObjectLists(
  program: string,
  calls: readonly (readonly string[])[],
): readonly (readonly JsonObject[])[] {
  return attemptPrograms(calls.map((args) => ({ program, args }))).map((outcome) => {
    if (outcome.kind === 'failed') throw outcome.error;
    return parseObjects(outcome.stdout, program);
  });
}

/** As {@link runForObjects}, for what the machine may not have. */
export function attemptForObjects(
  program: string,
  args: readonly string[],
): readonly JsonObject[] | Extract<ProgramOutcome, { kind: 'failed' }> {
  const outcome = attemptProgram(program, args);
  return outcome.kind === 'failed' ? outcome : parseObjects(outcome.stdout, program);
}

function parseObjects(text: string, program: string): readonly JsonObject[] {
  if (text.trim() === '') return [];
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value)) throw new Error(`${program} printed JSON that is no list`);
  return value.filter(isJsonObject);
}

/** Whether a value of JSON is an object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field as text, numbers included; undefined when it is absent or something else. */
export function textOf(object: JsonObject, name: string): string | undefined {
  const value = object[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** A field that is a number. */
export function numberOf(object: JsonObject, name: string): number | undefined {
  const value = object[name];
  return typeof value === 'number' ? value : undefined;
}

/** A field that is a list of objects; empty when it is absent. */
export function objectsOf(object: JsonObject, name: string): readonly JsonObject[] {
  const value = object[name];
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** A field that is a list of words; empty when it is absent. */
export function wordsOf(object: JsonObject, name: string): readonly string[] {
  const value = object[name];
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}
