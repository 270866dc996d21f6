/** `-m recent`: depends on packets seen before, so `rcheck` is followed both ways; `set` always matches. */
export interface RecentMatch {
  readonly kind: 'recent';
  readonly mode: 'rcheck' | 'set';
  readonly name: string;
  readonly seconds: number | undefined;
}
