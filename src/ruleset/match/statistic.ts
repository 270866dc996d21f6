/** `-m statistic --mode random`: chance decides, so the simulation follows both ways. */
export interface StatisticMatch {
  readonly kind: 'statistic';
  readonly probability: number;
}
