import type { Terminal } from '../terminal.ts';

/** One thing that happened, for programs that read logs. */
export interface LogEvent {
  readonly level: 'info' | 'warning' | 'error';
  /** A fixed word. */
  readonly event:
    | 'applied'
    | 'in-agreement'
    | 'refused'
    | 'documents-broken'
    | 'documents-whole'
    | 'failed'
    | 'note'
    | 'not-watched'
    | 'not-notified'
    | 'stopped';
  readonly [field: string]: unknown;
}

/** Writes events as JSON objects, one a line, with the time. */
export function watchLog(terminal: Terminal): (event: LogEvent) => void {
  return (event) => {
    terminal.writeOut(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`);
  };
}
