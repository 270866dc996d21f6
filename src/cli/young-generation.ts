import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the heap for new objects as small as it is. A replay makes few objects while packets pass, and a heap that was grown while
 * documents were read would stay a fifth of its memory.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
