import type { Missing } from './host-spec.ts';
import { noteFailure } from './read-firewall.ts';
import { attemptPrograms } from './run-program.ts';

/** Room for a full table of the largest hosts. */
const OUTPUT_BYTES_MAX = 1024 * 1024 * 1024;

/** The connection table of both families, as `conntrack -L -o extended,id` prints it; empty where it cannot be read. */
export function readConnectionTable(missing: Missing[]): string {
  const outcomes = attemptPrograms(
    ['ipv4', 'ipv6'].map((family) => ({
      program: 'conntrack',
      args: ['-L', '-f', family, '-o', 'extended,id'],
      options: { outputBytesMax: OUTPUT_BYTES_MAX },
    })),
  );
  for (const outcome of outcomes) noteFailure(outcome, 'the connection table', missing);
  return outcomes.map((outcome) => (outcome.kind === 'ran' ? outcome.stdout : '')).join('');
}
