import type { ConnectionSnapshot } from '../host/connections/connection-record.ts';
import { parseConnections } from '../host/connections/parse-connections.ts';
import { UsageError } from '../source/errors.ts';
import { readData } from './read-documents.ts';
import type { Terminal } from './terminal.ts';

/** The option of commands that begin with a connection table. */
export interface ConnectionsOption {
  readonly connections?: string;
}

/**
 * The connection table that the option names, undefined without one; `others` are what other options read, where `-` may stand once.
 *
 * @throws InputError, UsageError
 */
export function readConnections(
  { connections }: ConnectionsOption,
  others: readonly string[],
  terminal: Terminal,
): ConnectionSnapshot | undefined {
  if (connections === undefined) return undefined;
  if (connections === '-' && others.includes('-')) {
    throw new UsageError('--connections - and another - cannot both read standard input');
  }
  const { file, text } = readData(connections, terminal);
  const snapshot = parseConnections(text, { file, line: 1, column: 1 });
  for (const note of snapshot.notes) terminal.writeError(`warning: ${connections}: ${note}\n`);
  return snapshot;
}
