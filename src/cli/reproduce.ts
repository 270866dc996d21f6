import { renderPacketLine } from '../packet/packet-text.ts';
import type { StepResult } from '../scenario/run-scenario.ts';
import { shellQuote } from './shell-quote.ts';

/**
 * The one-line command that runs a case's packets again, up to its last step: with `--scenario`, so that documents, node, version
 * and environment are the scenario's.
 */
export function reproducingCommand(
  steps: readonly StepResult[],
  about: {
    readonly file: string;
    readonly scenario: string;
    readonly version: string | undefined;
    readonly assume?: readonly string[] | undefined;
  },
): string {
  const packets = steps.flatMap(({ packet, result }) =>
    packet === undefined || result === undefined
      ? []
      : [renderPacketLine({ ...packet, in: result.packet.in })],
  );
  const scenario = shellQuote(`${about.file}#${about.scenario}`);
  const version = about.version === undefined ? '' : ` --calico-version ${about.version}`;
  const assume = (about.assume ?? []).map((one) => ` --assume ${shellQuote(one)}`).join('');
  const trace = `hepsim trace --scenario ${scenario}${version}${assume}`;
  if (packets.length === 1) return `${trace} ${shellQuote(packets[0] as string)}`;
  return `printf '%s\\n' ${packets.map(shellQuote).join(' ')} | ${trace} --packets -`;
}
