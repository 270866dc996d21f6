import fc from 'fast-check';
import { expect, test } from 'vitest';
import { conntrackSettings } from '../../../src/simulate/conntrack/timeouts.ts';
import {
  type HeaderConditions,
  NO_CONDITIONS,
} from '../../../src/simulate/fast/header-conditions.ts';
import { PLAIN, STATE } from '../../../src/simulate/fast/plain-layout.ts';
import { PlainMemory } from '../../../src/simulate/fast/plain-memory.ts';
import { PlainProgram } from '../../../src/simulate/fast/plain-program.ts';
import { isInRanges, type Ranges, rangesOf } from '../../../src/simulate/fast/ranges.ts';
import { RuleIndex } from '../../../src/simulate/fast/rule-index.ts';

const ADDRESSES = 30;

/** Said by compiled code where there is no index. */
const NO_INDEX = -2;

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
/** Conditions of which many hold for the same ports, so that their lists are long. */
const alike = conditions.map((one) => ({
  ...one,
  key: one.key ?? [2, 3],
  source: one.source ?? [5, 5],
}));
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
        fc.array(conditions, { minLength: Math.ceil(most * 0.9), maxLength: most }),
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

/** Compiled code on a small memory, where addresses are cut one by one. */
function program(): PlainProgram {
  const memory = new PlainMemory();
  const made = new PlainProgram(memory, conntrackSettings(new Map()));
  const starts = memory.place(Array.from({ length: ADDRESSES }, (_, address) => address));
  memory.words[STATE.cutStarts / 4] = starts * 4;
  memory.words[STATE.cutCount / 4] = ADDRESSES;
  return made;
}

test.each([8, 200, 700])(
  'compiled code finds the same in an index of up to %i conditions',
  (most) => {
    const { code, memory, wordOf } = program();
    const packet = wordOf(0);
    const asked = { found: 0, foundOnceNarrowed: 0 };
    fc.assert(
      fc.property(
        fc.array(most > 200 ? alike : conditions, {
          minLength: Math.ceil(most * 0.9),
          maxLength: most,
        }),
        fc.array(headers, { minLength: 1, maxLength: 10 }),
        fc.nat(most),
        (all, packets, from) => {
          const index = new RuleIndex(all, ADDRESSES);
          const place = index.placeIn({ memory, left: all.length * 20 });
          // What is kept as rows of bits stays with this side.
          if (place === 0) return;
          for (const [serial, { source, destination, sourcePort, key }] of packets.entries()) {
            const { words } = memory;
            words[packet + PLAIN.source] = source;
            words[packet + PLAIN.destination] = destination;
            words[packet + PLAIN.ports] = (sourcePort << 16) | key;
            code.beginWay(packet * 4);
            const before = code.find(place, from);
            const wanted = index.find(from, { source, destination, sourcePort, key, serial });
            const found = code.find(place, from);
            // Until such a packet has come, long lists have no index of their own.
            if (before !== NO_INDEX) expect(before).toBe(wanted);
            if (found === NO_INDEX) continue;
            expect(found).toBe(wanted);
            asked.found++;
            if (before === NO_INDEX) asked.foundOnceNarrowed++;
            // Behind what was found a packet asks again.
            const next = code.find(place, wanted + 1);
            const after = index.find(wanted + 1, {
              source,
              destination,
              sourcePort,
              key,
              serial: -1,
            });
            if (wanted >= 0 && next !== NO_INDEX) expect(next).toBe(after);
          }
        },
      ),
      { numRuns: 60 },
    );
    expect(asked.found).toBeGreaterThan(50);
    if (most > 200) expect(asked.foundOnceNarrowed).toBeGreaterThan(5);
  },
);
