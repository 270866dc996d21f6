import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TcpSide, TcpTracking } from '../../../src/simulate/conntrack/tcp-tracking.ts';
import { loadTcp, storeTcp, TCP_WORDS } from '../../../src/simulate/fast/stored-tcp.ts';

/** Fills every field by its type, whichever there are. */
function filled<T extends object>(object: T, number: () => number, flag: () => boolean): T {
  const fields = object as Record<string, unknown>;
  for (const [name, value] of Object.entries(fields)) {
    if (value instanceof TcpSide) filled(value, number, flag);
    else if (typeof value === 'number') fields[name] = number();
    else if (typeof value === 'boolean') fields[name] = flag();
    else throw new Error(`a field that is not stored: ${name}`);
  }
  return object;
}

test('everything that TCP tracking remembers comes back from its words', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 60, maxLength: 60 }), (given) => {
      const numbers = [...given];
      const next = (): number => numbers.pop() ?? 0;
      const tracking = filled(new TcpTracking(), next, () => next() % 2 === 0);
      const words = new Int32Array(TCP_WORDS + 2).fill(7);
      storeTcp(words, 1, tracking);
      const back = new TcpTracking();
      loadTcp(words, 1, back);
      expect(back).toEqual(tracking);
      expect([words[0], words.at(-1)]).toEqual([7, 7]);
    }),
  );
});

test('a tracking that is cleared is a new one', () => {
  const used = filled(
    new TcpTracking(),
    () => 5,
    () => true,
  );
  used.clear();
  expect(used).toEqual(new TcpTracking());
});
