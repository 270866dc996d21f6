import type { KernelOptions } from '../apply/kernel-options.ts';
import { outputForm, type PrintOptions } from '../common-options.ts';
import type { Terminal } from '../terminal.ts';

/** Options of a command that does one thing with what is in force. */
export interface OutcomeOptions extends KernelOptions, PrintOptions {
  readonly output: string;
}

/** What was done, in a line for people, where there is something to say, and as one value for programs. */
export interface Outcome {
  readonly text?: string;
  readonly value: Readonly<Record<string, unknown>>;
}

const FORMS = ['text', 'json'] as const;

/** Where a command writes its outcome; with `-q` the line is left out. @throws UsageError for a form that there is not */
export function outcomePrinter(
  { output, quiet }: OutcomeOptions,
  terminal: Terminal,
): (outcome: Outcome) => void {
  const form = outputForm(output, FORMS);
  return ({ text, value }) => {
    if (form === 'json') terminal.writeOut(`${JSON.stringify(value, null, 2)}\n`);
    else if (text !== undefined && quiet !== true) terminal.writeOut(`${text}\n`);
  };
}
