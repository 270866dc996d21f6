import { setFlagsFromString } from 'node:v8';

/**
 * How much bytecode runs before V8 looks whether to optimize a function. Six times the default of Node 20: most of what documents and the first packets run through is run a few
 * hundred times, and to optimize it keeps a second processor busy for longer than it saves the first.
 */
const INTERRUPT_BUDGET = 400_000;

/**
 * Suits V8 to a replay. The heap for new objects stays as small as it is: a replay makes few objects while packets pass, and one that was grown while
 * documents were read would stay a fifth of its memory.
 */
export function suitReplay(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGET}`);
}
