import fc from 'fast-check';
import type { Labels, Selector } from '../../../src/resources/selector/selector.ts';

const LABELS = ['a', 'b', 'in', 'has', 'k8s.io/role', 'x-y_z'];
const VALUES = ['', 'x', 'y', 'xy', 'prod "1"', "o'clock", 'in', '\u{1f600}', '\uffee'];

const label = fc.constantFrom(...LABELS);
const value = fc.constantFrom(...VALUES);
const values = fc
  .uniqueArray(fc.constantFrom('', 'x', 'xy', 'y', 'yy'), { maxLength: 3 })
  .map((found) => found.sort());

/** Selectors over a few labels and values, so that they often match `labelsArbitrary`. Never `not` within `not`. */
export const selectorArbitrary: fc.Arbitrary<Selector> = fc.letrec<{
  selector: Selector;
  leaf: Selector;
}>((tie) => ({
  selector: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.record({ kind: fc.constant('not' as const), operand: tie('leaf') }),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      operands: fc.array(tie('selector'), { minLength: 2, maxLength: 4 }),
    }),
  ),
  leaf: fc.oneof(
    fc.record({ kind: fc.constantFrom('all' as const, 'global' as const) }),
    fc.record({ kind: fc.constant('has' as const), label }),
    fc.record({
      kind: fc.constantFrom(
        'equals' as const,
        'not-equals' as const,
        'contains' as const,
        'starts-with' as const,
        'ends-with' as const,
      ),
      label,
      value,
    }),
    fc.record({ kind: fc.constantFrom('in' as const, 'not-in' as const), label, values }),
  ),
})).selector;

/** Label sets over the same names and values. */
export const labelsArbitrary: fc.Arbitrary<Labels> = fc
  .array(fc.tuple(label, value), { maxLength: 5 })
  .map((entries) => new Map(entries));
