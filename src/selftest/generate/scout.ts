import type { Packet } from '../../packet/packet.ts';
import type { TableName } from '../../ruleset/hook.ts';
import type { NodeModel } from '../../scenario/node-model.ts';
import { PacketPathError } from '../../simulate/packet-path-error.ts';
import type { Simulator } from '../../simulate/simulator.ts';

/** A chain that rules call. */
export interface CalledChain {
  readonly table: TableName;
  readonly name: string;
}

/** Tries out, without the kernel, how far a packet gets that would begin a connection. */
export class Scout {
  readonly #simulator: Simulator;

  constructor(model: NodeModel) {
    // One of its own: what is tried leaves no trace in the run's connections.
    this.#simulator = model.wholeSimulator();
  }

  /** Whether the packet comes through the chain. */
  enters(packet: Packet, { table, name }: CalledChain): boolean {
    this.#simulator.reset();
    try {
      const { steps } = this.#simulator.run(packet);
      return steps.some((step) => {
        if (step.kind !== 'rule' || step.table !== table) return false;
        const { target } = step.rule;
        return (target?.kind === 'jump' || target?.kind === 'goto') && target.chain === name;
      });
    } catch (error) {
      if (error instanceof PacketPathError) return false;
      throw error;
    }
  }
}
