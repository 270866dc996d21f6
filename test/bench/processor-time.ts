/**
 * Seconds that processors have worked for this process since `start`, its collector's and compiler's threads included. On a machine
 * that others use too, it says what the clock would say on one that is quiet, or more.
 */
export function processorSeconds(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}
