import type { Missing } from './host-spec.ts';
import { noteFailure } from './read-firewall.ts';
import { attemptProgram } from './run-program.ts';

/** Room for a full table of the largest hosts. */
const OUTPUT_BYTES_MAX = 1024 * 1024 * 1024;

/** The connection table of both families, as `conntrack -L -o extended,id` prints it; empty where it cannot be read. */
export function readConnectionTable(missing: Missing[]): string {
  const parts = ['ipv4', 'ipv6'].map((family) => {
    const outcome = attemptProgram('conntrack', ['-L', '-f', family, '-o', 'extended,id'], {
      outputBytesMax: OUTPUT_BYTES_MAX,
    });
    noteFailure(outcome, 'the connection table', missing);
    return outcome.kind === 'ran' ? outcome.stdout : '';
  });
  return parts.join('');
}
