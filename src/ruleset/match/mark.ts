/** `-m mark --mark value/mask`: `(mark & mask) == value`; the value is not masked. */
export interface MarkMatch {
  readonly kind: 'mark';
  readonly value: number;
  readonly mask: number;
  readonly negated: boolean;
}
