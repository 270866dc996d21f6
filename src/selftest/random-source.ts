import { PacketAimer } from './generate/packet-aimer.ts';
import { generateCase, randomWorldOf } from './generate/random-documents.ts';
import { randomPacket } from './generate/random-packet.ts';
import type { CaseSource } from './selftest.ts';

/** How many of a hundred flows begin at an edge of the rules; the others with what the documents speak of. */
const AIMED_PERCENT = 40;

/** Random hosts, documents and packets, all made of the seed. */
export function randomSource(seed: string): CaseSource {
  return {
    caseOf: (index) => generateCase(seed, index),
    startsOf: (ruleset, model, random) => {
      const world = randomWorldOf(seed, ruleset.index);
      const aimer = new PacketAimer(model.host, [model.ruleset(4), model.ruleset(6)], random);
      const aimed = () => (random.chance(AIMED_PERCENT) ? aimer.next() : undefined);
      return { next: () => aimed() ?? randomPacket(random, world) };
    },
  };
}
