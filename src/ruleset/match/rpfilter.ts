/** `-m rpfilter`, with `--invert` when negated: whether the route back to the source leaves by the input interface. */
export interface RpfilterMatch {
  readonly kind: 'rpfilter';
  readonly validMark: boolean;
  readonly negated: boolean;
}
