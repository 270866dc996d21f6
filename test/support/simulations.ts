import type { Host } from '../../src/host/host.ts';
import { renderPacketLine } from '../../src/packet/packet-text.ts';
import type { Ruleset } from '../../src/ruleset/ruleset.ts';
import type { PacketResult } from '../../src/simulate/packet-result.ts';
import { Simulator } from '../../src/simulate/simulator.ts';
import { testHost } from './hosts.ts';
import { packet } from './packets.ts';
import { rules } from './rules.ts';

/** A simulator of the test machine with these rules of IPv4, or with rulesets made elsewhere. */
export function simulator(given: string | readonly Ruleset[], host: Host = testHost()): Simulator {
  const rulesets = typeof given === 'string' ? [rules(given)] : given;
  return new Simulator({ host, rulesets, notModelled: [] });
}

/** Runs the packet, given as a line, explaining so that a failed test can print the whole way. */
export function run(on: Simulator, line: string): PacketResult {
  return on.run(packet(line), { explain: true });
}

/** The verdict, and where the packet went: `accept local`, `drop`. What a failed expectation needs comes after it. */
export function outcome(result: PacketResult): string {
  return result.delivered === null ? result.verdict : `${result.verdict} ${result.delivered}`;
}

/** The packet's whole way for the message of a failed expectation. */
export function way(result: PacketResult): string {
  const steps = result.steps.map((step) => {
    const { kind, ...fields } = step;
    return `  ${kind} ${JSON.stringify(fields, (key, value) => (key === 'rule' ? undefined : value))}`;
  });
  return [renderPacketLine(result.packet), ...steps, ...(result.because ?? [])].join('\n');
}
