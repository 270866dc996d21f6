import { PacketAimer } from './generate/packet-aimer.ts';
import { generateCase, randomWorldOf } from './generate/random-documents.ts';
import { randomPacket } from './generate/random-packet.ts';
import { ServiceCalls } from './generate/service-calls.ts';
import type { CaseSource } from './selftest.ts';

/** How many of a hundred flows begin at an edge of the rules; most others with what the documents speak of. */
const AIMED_PERCENT = 40;
/** How many of a hundred others are for a Service, where there is one. */
const SERVICE_PERCENT = 30;

/** Random hosts, documents and packets, all made of the seed. */
export function randomSource(seed: string): CaseSource {
  return {
    caseOf: (index) => generateCase(seed, index),
    startsOf: (ruleset, model, random) => {
      const world = randomWorldOf(seed, ruleset.index);
      const aimer = new PacketAimer(model, random);
      const calls = new ServiceCalls(ruleset.documents, world);
      const aimed = () => (random.chance(AIMED_PERCENT) ? aimer.next() : undefined);
      const call = () => (random.chance(SERVICE_PERCENT) ? calls.next(random) : undefined);
      return { next: () => aimed() ?? call() ?? randomPacket(random, world) };
    },
  };
}
