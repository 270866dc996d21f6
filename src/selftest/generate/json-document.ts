/** A document as JSON has it. */
export type JsonDocument = Readonly<Record<string, unknown>>;

/** The record without the fields that are undefined, as a document would have it. */
export function withoutUndefined(record: Readonly<Record<string, unknown>>): JsonDocument {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}
