import type { IpFamily } from '../address/ip-address.ts';
import type { Packet } from '../packet/packet.ts';
import type { PacketResult } from '../simulate/packet-result.ts';
import type { Simulator } from '../simulate/simulator.ts';

/** Packets that meet one host one after the other, through one connection table, which is empty at first, and one clock. */
export class PacketSession {
  private readonly simulatorOf: (family: IpFamily) => Simulator;
  private readonly used: Set<Simulator> = new Set();
  private timeSeconds = 0;

  /** `simulatorOf` gives the host's simulator for a family, the same one each time. */
  constructor(simulatorOf: (family: IpFamily) => Simulator) {
    this.simulatorOf = simulatorOf;
  }

  /** Runs one packet; without a time of its own it comes at the time of the packet before. */
  run(packet: Packet, options: { readonly explain?: boolean } = {}): PacketResult {
    const simulator = this.simulatorOf(packet.family);
    if (!this.used.has(simulator)) {
      // It may have served another session.
      simulator.reset();
      this.used.add(simulator);
    }
    // Each family has a simulator of its own, so that the time of the packet before must be handed on.
    const timed =
      packet.timeSeconds === undefined && this.timeSeconds !== 0
        ? { ...packet, timeSeconds: this.timeSeconds }
        : packet;
    this.timeSeconds = timed.timeSeconds ?? this.timeSeconds;
    return simulator.run(timed, options);
  }

  /** Forgets every connection and starts the clock again. */
  reset(): void {
    this.used.clear();
    this.timeSeconds = 0;
  }
}
