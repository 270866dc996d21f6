import type { ProgramOutcome } from './run-program.ts';

/** One object of a program's JSON output, before anything is known of it. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The array of objects that `ip -j` and its like have printed; nothing printed is an empty array.
 *
 * @throws KernelError when the program failed, Error when it printed something else.
 */
export function printedObjects(outcome: ProgramOutcome, program: string): readonly JsonObject[] {
  if (outcome.kind === 'failed') throw outcome.error;
  if (outcome.stdout.trim() === '') return [];
  const value: unknown = JSON.parse(outcome.stdout);
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
