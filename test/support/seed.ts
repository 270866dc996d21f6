import fc from 'fast-check';

/**
 * The seed of everything random in the tests: HEPSIM_TEST_SEED, or in CI one that stays the same, so that a change is judged by its own
 * faults and a red run can be repeated. Undefined elsewhere: every run looks at something new, and prints its seed when it fails.
 */
export const TEST_SEED: number | undefined =
  process.env.HEPSIM_TEST_SEED !== undefined
    ? Number(process.env.HEPSIM_TEST_SEED)
    : process.env.CI !== undefined
      ? 20_261_121
      : undefined;

if (TEST_SEED !== undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: TEST_SEED });
