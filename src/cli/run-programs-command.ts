import { serveRequests } from '../machine/program-runner.ts';
import { EXIT } from './terminal.ts';

/** What a command with many documents starts beside itself. Returns the exit code. */
export async function runPrograms(): Promise<number> {
  await serveRequests();
  return EXIT.holds;
}
