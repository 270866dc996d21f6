import { renderPacketLine } from '../packet/packet-text.ts';
import type { StepResult } from '../scenario/run-scenario.ts';
import { shellQuote } from './shell-quote.ts';

/** Where a case stands, and what the run was asked for. */
interface AboutScenario {
  readonly file: string;
  readonly scenario: string;
  readonly version: string | undefined;
  readonly assume?: readonly string[] | undefined;
}

/**
 * The one-line command that runs a case's packets again, up to its last step: with `--scenario`, so that documents, node, version
 * and environment are the scenario's.
 */
export function reproducingCommand(steps: readonly StepResult[], about: AboutScenario): string {
  const packets = steps.flatMap(({ packet, result }) =>
    packet === undefined || result === undefined
      ? []
      : [renderPacketLine({ ...packet, in: result.packet.in })],
  );
  const scenario = shellQuote(`${about.file}#${about.scenario}`);
  const trace = `hepsim trace --scenario ${scenario}${optionsOf(about)}`;
  if (packets.length === 1) return `${trace} ${shellQuote(packets[0] as string)}`;
  return `printf '%s\\n' ${packets.map(shellQuote).join(' ')} | ${trace} --packets -`;
}

/** The command that runs a case again as it stands, with its captures. */
export function rerunningCommand(name: string, about: AboutScenario): string {
  const filter = shellQuote(`${about.scenario}: ${name}`);
  return `hepsim test ${shellQuote(about.file)} --filter ${filter}${optionsOf(about)}`;
}

function optionsOf({ version, assume = [] }: AboutScenario): string {
  const assumed = assume.map((one) => ` --assume ${shellQuote(one)}`).join('');
  return `${version === undefined ? '' : ` --calico-version ${version}`}${assumed}`;
}
