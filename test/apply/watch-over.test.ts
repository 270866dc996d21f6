import { describe, expect, test } from 'vitest';
import { pauseAfter, type Surroundings, TRIES, watchOver } from '../../src/apply/watch-over.ts';
import { EnvironmentError } from '../../src/source/errors.ts';

/** Surroundings whose time is a sum, in which something unfinished can be ended from `possibleAt` ms on. */
function surroundings(possibleAt: number, more: Partial<Surroundings> = {}) {
  const seen = { now: 0, ends: 0, word: [] as string[] };
  let over = false;
  const all: Surroundings = {
    look: () => (over ? 'over' : 'unfinished'),
    end: () => {
      seen.ends++;
      if (seen.now < possibleAt) throw new EnvironmentError('the disk is full');
      over = true;
    },
    pause: async (milliseconds) => {
      seen.now += milliseconds;
    },
    giveUp: (reason) => seen.word.push(reason),
    ...more,
  };
  return { seen, all };
}

describe('a supervisor', () => {
  test('ends what is unfinished at once when it can', async () => {
    const { seen, all } = surroundings(0);
    await watchOver(all);
    expect(seen).toEqual({ now: 0, ends: 1, word: [] });
  });

  test('tries again, after pauses that grow to a minute, until it can', async () => {
    const { seen, all } = surroundings(10 * 60_000);
    await watchOver(all);
    expect(seen.word).toEqual([]);
    // 1 + 2 + 4 + 8 + 16 + 32 s, then each minute: nine of them pass ten minutes.
    expect(seen).toMatchObject({ now: 603_000, ends: 1 + 6 + 9 });
    expect([1, 2, 6, 7, 60].map(pauseAfter)).toEqual([1000, 2000, 32_000, 60_000, 60_000]);
  });

  test('gives up after about an hour and leaves word of why', async () => {
    const { seen, all } = surroundings(Number.POSITIVE_INFINITY);
    await watchOver(all);
    expect(seen.ends).toBe(TRIES);
    expect(Math.round(seen.now / 60_000)).toBeGreaterThanOrEqual(55);
    expect(Math.round(seen.now / 60_000)).toBeLessThanOrEqual(65);
    expect(seen.word).toEqual([expect.stringContaining('the disk is full')]);
  });

  test('gives up also when ending never fails and never helps', async () => {
    let ends = 0;
    const { seen, all } = surroundings(0, {
      end: () => {
        ends++;
      },
    });
    await watchOver(all);
    expect(ends).toBe(TRIES);
    expect(seen.word).toHaveLength(1);
  });

  test('stops at once when the state directory goes, without a word', async () => {
    let looks = 0;
    const { seen, all } = surroundings(Number.POSITIVE_INFINITY, {
      look: () => (++looks > 3 ? 'over' : 'unfinished'),
    });
    await watchOver(all);
    expect(seen.ends).toBe(3);
    expect(seen.word).toEqual([]);
  });

  test('waits for a confirmation for as long as there is time', async () => {
    let left = 10_000;
    const { seen, all } = surroundings(0, {
      look: () => (left-- > 0 ? 'waiting' : 'over'),
    });
    await watchOver(all);
    expect(seen).toEqual({ now: 10_000 * 200, ends: 0, word: [] });
  });

  test('leaves word of an error of its own, and fails', async () => {
    const { seen, all } = surroundings(0, {
      end: () => {
        throw new TypeError('a bug');
      },
    });
    await expect(watchOver(all)).rejects.toThrow('a bug');
    expect(seen.word).toEqual([expect.stringContaining('a bug')]);
  });
});
