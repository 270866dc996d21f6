import { supervise } from '../apply/supervisor.ts';
import { type KernelOptions, sessionOptions } from './apply/kernel-options.ts';
import { EXIT } from './terminal.ts';

/** What `hepsim apply` starts beside itself. Returns the exit code. @throws UsageError */
export async function runSupervise(options: KernelOptions): Promise<number> {
  await supervise(sessionOptions(options, false));
  return EXIT.holds;
}
