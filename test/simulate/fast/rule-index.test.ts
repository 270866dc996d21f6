import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type HeaderConditions,
  NO_CONDITIONS,
} from '../../../src/simulate/fast/header-conditions.ts';
import { isInRanges, type Ranges, rangesOf } from '../../../src/simulate/fast/ranges.ts';
import { RuleIndex } from '../../../src/simulate/fast/rule-index.ts';

const ADDRESSES = 30;
const ranges = (below: number): fc.Arbitrary<Ranges | undefined> =>
  fc.option(
    fc
      .array(fc.tuple(fc.nat(below - 1), fc.nat(3)), { minLength: 1, maxLength: 3 })
      .map((pairs) =>
        rangesOf(pairs.map(([first, more]) => [first, Math.min(below - 1, first + more)])),
      ),
    { nil: undefined, freq: 2 },
  );
const conditions: fc.Arbitrary<HeaderConditions> = fc
  .record({
    source: ranges(ADDRESSES),
    destination: ranges(ADDRESSES),
    sourcePort: ranges(8),
    key: ranges(8),
  })
  .map((asked) => ({ ...NO_CONDITIONS, ...asked }));
const headers = fc.record({
  source: fc.nat(ADDRESSES - 1),
  destination: fc.nat(ADDRESSES - 1),
  sourcePort: fc.nat(9),
  key: fc.nat(9),
});

// Few enough to be asked one by one, more than that, and so many that lists are searched by indexes of their own.
test.each([8, 200, 700])(
  'an index of up to %i conditions finds the first that headers meet',
  (most) => {
    fc.assert(
      fc.property(
        fc.array(conditions, { minLength: most / 2, maxLength: most }),
        fc.array(headers, { minLength: 1, maxLength: 10 }),
        (all, packets) => {
          const index = new RuleIndex(all, ADDRESSES);
          for (const [serial, packet] of packets.entries()) {
            const asked = { ...packet, serial };
            const met = all.flatMap((one, place) => (meets(one, packet) ? [place] : []));
            // As a walk asks that goes on behind what it has found.
            for (let from = 0; from <= all.length; from += 1 + (from % 7)) {
              const first = met.find((place) => place >= from) ?? -1;
              expect(index.find(from, asked)).toBe(first);
            }
          }
        },
      ),
      { numRuns: most > 200 ? 15 : 60 },
    );
  },
);

// Ranges that hold in more rows than lists are made for, among some that hold in few.
test('an index of conditions that ask for much finds the first that headers meet', () => {
  const wide = (below: number): fc.Arbitrary<Ranges> =>
    fc
      .tuple(fc.nat(below - 1), fc.nat(below - 1))
      .map(([a, b]) => rangesOf([[Math.min(a, b), Math.max(a, b)]]));
  const one = fc.record({
    source: fc.option(wide(3000), { nil: undefined }),
    destination: fc.constant(undefined),
    sourcePort: fc.option(wide(65_536), { nil: undefined, freq: 1 }),
    key: fc.oneof(
      wide(65_536),
      fc.nat(65_535).map((port) => rangesOf([[port, port]])),
    ),
  });
  const packet = fc.record({
    source: fc.nat(2999),
    destination: fc.nat(2999),
    sourcePort: fc.nat(65_535),
    key: fc.nat(65_535),
  });
  fc.assert(
    fc.property(
      fc.array(
        one.map((asked) => ({ ...NO_CONDITIONS, ...asked })),
        { minLength: 400, maxLength: 600 },
      ),
      fc.array(packet, { minLength: 20, maxLength: 40 }),
      (all, packets) => {
        const index = new RuleIndex(all, 3000);
        for (const [serial, asked] of packets.entries()) {
          const first = all.findIndex((condition) => meets(condition, asked));
          expect(index.find(0, { ...asked, serial })).toBe(first);
          const next = all.findIndex((condition, at) => at > first && meets(condition, asked));
          expect(index.find(first + 1, { ...asked, serial })).toBe(next);
        }
      },
    ),
    { numRuns: 15 },
  );
});

function meets(
  one: HeaderConditions,
  packet: Readonly<Record<'source' | 'destination' | 'sourcePort' | 'key', number>>,
): boolean {
  return (['source', 'destination', 'sourcePort', 'key'] as const).every(
    (dimension) => one[dimension] === undefined || isInRanges(one[dimension], packet[dimension]),
  );
}
