/** `-m limit`: a rate that the simulation does not measure, so it is followed both ways. */
export interface LimitMatch {
  readonly kind: 'limit';
  /** As iptables takes it, such as `10/min`. */
  readonly rate: string;
  readonly burst: number | undefined;
}
