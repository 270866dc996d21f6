import type { KernelLab, Observation } from '../../src/lab/kernel-lab.ts';
import type { LabStarter } from '../../src/selftest/lab-pool.ts';
import { seenLast } from '../../src/selftest/seen-last.ts';
import type { PacketResult } from '../../src/simulate/packet-result.ts';
import { Simulator } from '../../src/simulate/simulator.ts';

/** Makes a right observation wrong. */
export type Fault = (observed: Observation, result: PacketResult) => Observation;

/** What a kernel would report that did exactly what the simulation says. */
export function observationOf(result: PacketResult, trace = false): Observation {
  if (result.verdict === 'undetermined') throw new Error('a kernel is never undetermined');
  const { final, mark } = seenLast(result);
  return {
    verdict: result.verdict,
    delivered: result.delivered,
    final,
    mark,
    state: result.state ?? undefined,
    lastPoint: 'input (end)',
    rules: trace
      ? result.hops.map(({ hook, table, chain, rule }) => ({ hook, table, chain, rule }))
      : undefined,
    lost: false,
  };
}

/** Labs that answer from the simulation, with a fault put in on purpose. `asked` counts packets. */
export function fakeLabs(fault: Fault = (observed) => observed): {
  readonly start: LabStarter;
  readonly counts: { started: number; stopped: number; asked: number };
} {
  const counts = { started: 0, stopped: 0, asked: 0 };
  return {
    counts,
    start: async ({ host }) => {
      counts.started++;
      let simulators = new Map<number, Simulator>();
      const lab: KernelLab = {
        namespace: 'none',
        load: async (rulesets) => {
          simulators = new Map(
            rulesets.map((ruleset) => [
              ruleset.family,
              new Simulator({ host, rulesets: [ruleset], notModelled: [] }),
            ]),
          );
        },
        flushConnections: async () => {
          for (const simulator of simulators.values()) simulator.reset();
        },
        inject: async (packets, options) =>
          packets.map((packet) => {
            counts.asked++;
            const simulator = simulators.get(packet.family);
            if (simulator === undefined) throw new Error('no rules are loaded');
            const result = simulator.run(packet);
            return fault(observationOf(result, options?.trace), result);
          }),
        stop: async () => {
          counts.stopped++;
        },
      };
      return lab;
    },
  };
}
