import { appendFileSync } from 'node:fs';

/** What one suite has injected. */
export interface FaultCount {
  readonly suite: string;
  /** Faults of an own kind or at an own place. */
  injected: number;
  /** Those after which the kernel held neither exactly the old nor exactly the new rules, or others than were said. */
  halfApplied: number;
}

/** Says the count, also to `npm run faults`, which adds up those of all suites. */
export function tellFaults(count: FaultCount): void {
  const { suite, injected, halfApplied } = count;
  process.stderr.write(`${suite}: ${injected} faults, ${halfApplied} states half applied\n`);
  const file = process.env.HEPSIM_FAULT_COUNTS;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(count)}\n`);
}
