import type { IpFamily } from '../address/ip-address.ts';
import type { Host } from '../host/host.ts';
import type { Packet } from '../packet/packet.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import type { PacketResult } from './packet-result.ts';

export interface SimulatorOptions {
  readonly host: Host;
  /** One for each family; a family without one has no rules. */
  readonly rulesets: readonly Ruleset[];
  /** What makes packets of a family undetermined as soon as they meet any rule, in words. */
  readonly notModelled: readonly { readonly what: string; readonly family: IpFamily | undefined }[];
}

/** One host: its rules, its routes and its connection table. Packets run through it in order. */
export class Simulator {
  constructor(_options: SimulatorOptions) {}

  /** Runs one packet. With `explain` the steps also hold the rules that were looked at and did not match. */
  run(_packet: Packet, _options: { readonly explain?: boolean } = {}): PacketResult {
    throw new Error('run is being written');
  }

  /** Empties the connection table and sets the clock back to 0. */
  reset(): void {
    throw new Error('reset is being written');
  }
}
