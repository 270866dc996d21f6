import { expect, test } from 'vitest';
import { Progress } from '../../../src/cli/print/progress.ts';
import type { Terminal } from '../../../src/cli/terminal.ts';

/** What is written on standard error while 100 cases take 100 ms each by a clock of our own. */
function written(errorIsTerminal: boolean): string {
  let text = '';
  let nowMs = 0;
  const terminal: Terminal = {
    readStdin: () => '',
    stdinBytes: async function* () {},
    writeOut: () => {},
    writeError: (part) => {
      text += part;
    },
    outIsTerminal: false,
    errorIsTerminal,
    columns: 80,
    environment: {},
    hostName: () => 'host',
  };
  const progress = new Progress(terminal, () => nowMs);
  for (let done = 1; done <= 100; done++) {
    nowMs += 100;
    progress.update(done, 100, 'cases');
  }
  progress.end();
  return text;
}

test('a long command says how far it has come, how fast, and how long it still takes', () => {
  const lines = written(true).split('\r');
  expect(lines[1]).toBe('10 of 100 cases, 10/s, 9 s left');
  expect(lines[2]?.trimEnd()).toBe('12 of 100 cases, 10/s, 9 s left');
});

test('the line is wiped in the end', () => {
  expect(written(true)).toMatch(/\r {20,}\r$/);
});

test('nothing is said where nobody looks', () => {
  expect(written(false)).toBe('');
});
