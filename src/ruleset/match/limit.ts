import type { Definition } from '../definition.ts';
import { isUnsigned } from '../restore-text.ts';

/** `-m limit`: a rate that the simulation does not measure, so it is followed both ways. */
export interface LimitMatch {
  readonly kind: 'limit';
  /** As iptables takes it, such as `10/min`. */
  readonly rate: string;
  readonly burst: number | undefined;
}

/** The burst that iptables assumes, and does not print. */
const DEFAULT_BURST = 5;

/** Checks and writes `-m limit --limit 10/sec --limit-burst 5`. */
export const limitMatch: Definition<LimitMatch> = {
  kind: 'limit',
  validate: ({ rate, burst }) => {
    if (!/^\d{1,5}\/(sec|min|hour|day)$/.test(rate)) return `limit rate ${rate}`;
    if (burst !== undefined && !isUnsigned(burst, 10000)) return `limit burst ${burst}`;
    return undefined;
  },
  render: ({ rate, burst }) =>
    burst === undefined || burst === DEFAULT_BURST
      ? `-m limit --limit ${rate}`
      : `-m limit --limit ${rate} --limit-burst ${burst}`,
};
