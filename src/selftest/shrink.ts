import type { Packet } from '../packet/packet.ts';
import type { Finding } from './finding.ts';
import { isSameFault } from './finding.ts';
import type { JsonDocument } from './generate/json-document.ts';
import { partsOf, withoutPart } from './json-parts.ts';
import type { RulesetCase } from './ruleset-case.ts';
import { simplerPackets } from './simpler-packets.ts';

/** Runs both sides again: what is found, or undefined where they agree. */
export type Recheck = (
  ruleset: RulesetCase,
  packets: readonly Packet[],
  like: Finding['about'],
) => Promise<Finding | undefined>;

export interface ShrinkOptions {
  readonly recheck: Recheck;
  /** How often both sides may be run again. */
  readonly mostTries: number;
}

/** Makes a finding as small as it stays one: fewer packets, fewer documents, fewer parts of documents, plainer packets. */
export async function shrink(finding: Finding, options: ShrinkOptions): Promise<Finding> {
  const shrinker = new Shrinker(finding, options);
  await shrinker.run();
  return shrinker.smallest;
}

class Shrinker {
  smallest: Finding;
  readonly #recheck: Recheck;
  #triesLeft: number;

  constructor(finding: Finding, { recheck, mostTries }: ShrinkOptions) {
    this.smallest = finding;
    this.#recheck = recheck;
    this.#triesLeft = mostTries;
  }

  async run(): Promise<void> {
    let size = Number.POSITIVE_INFINITY;
    // What did not go before may go once something else is gone.
    while (this.#triesLeft > 0 && sizeOf(this.smallest) < size) {
      size = sizeOf(this.smallest);
      await this.#fewerPackets();
      await this.#fewerVariables();
      await this.#fewerDocuments();
      await this.#smallerDocuments();
      await this.#plainerPackets();
    }
  }

  /** Takes the smaller one when it still shows the fault. */
  async #try(ruleset: RulesetCase, packets: readonly Packet[]): Promise<boolean> {
    if (this.#triesLeft <= 0) return false;
    this.#triesLeft--;
    const found = await this.#recheck(ruleset, packets, this.smallest.about);
    if (found === undefined || !isSameFault(found.about, this.smallest.about)) return false;
    this.smallest = found;
    return true;
  }

  async #fewerPackets(): Promise<void> {
    const { packets, ruleset } = this.smallest;
    if (packets.length > 1 && (await this.#try(ruleset, packets.slice(-1)))) return;
    // Ever smaller pieces of what comes before the last packet.
    for (let piece = packets.length >> 1; piece >= 1; piece >>= 1) {
      for (let start = this.smallest.packets.length - 1 - piece; start > -piece; start -= piece) {
        const present = this.smallest.packets;
        const from = Math.max(0, start);
        const rest = [
          ...present.slice(0, from),
          ...present.slice(Math.min(start + piece, present.length - 1)),
        ];
        if (rest.length < present.length) await this.#try(ruleset, rest);
      }
    }
  }

  async #fewerVariables(): Promise<void> {
    for (const name of this.smallest.ruleset.environment.keys()) {
      const { ruleset, packets } = this.smallest;
      const environment = new Map([...ruleset.environment].filter(([other]) => other !== name));
      await this.#try({ ...ruleset, environment }, packets);
    }
  }

  async #fewerDocuments(): Promise<void> {
    for (let i = this.smallest.ruleset.documents.length - 1; i >= 0; i--) {
      // The machine itself must stay, as the packets' interfaces are its own.
      if (this.smallest.ruleset.documents[i]?.kind !== 'Host') await this.#replace(i, undefined);
    }
  }

  async #smallerDocuments(): Promise<void> {
    // Another host needs another lab, which takes time: last.
    const order = this.smallest.ruleset.documents.map((_, index) => index);
    const isHost = (index: number): number =>
      this.smallest.ruleset.documents[index]?.kind === 'Host' ? 1 : 0;
    order.sort((a, b) => isHost(a) - isHost(b) || b - a);
    for (const index of order) {
      for (const part of partsOf(this.smallest.ruleset.documents[index])) {
        const present = this.smallest.ruleset.documents[index] as JsonDocument;
        const smaller = withoutPart(present, part);
        if (smaller !== undefined) await this.#replace(index, smaller as JsonDocument);
      }
    }
  }

  async #replace(index: number, by: JsonDocument | undefined): Promise<boolean> {
    const { ruleset, packets } = this.smallest;
    const documents = [...ruleset.documents];
    if (by === undefined) documents.splice(index, 1);
    else documents[index] = by;
    return this.#try({ ...ruleset, documents }, packets);
  }

  async #plainerPackets(): Promise<void> {
    const { packets: numbered, ruleset: same } = this.smallest;
    await this.#try(
      same,
      numbered.map((packet) => ({
        ...packet,
        tcpSequence: undefined,
        tcpAcknowledgement: undefined,
      })),
    );
    for (let i = 0; i < this.smallest.packets.length; i++) {
      for (const plainer of simplerPackets(this.smallest.packets[i] as Packet)) {
        const { ruleset, packets } = this.smallest;
        if (i < packets.length) await this.#try(ruleset, packets.with(i, plainer));
      }
    }
  }
}

function sizeOf({ ruleset, packets }: Finding): number {
  return (
    JSON.stringify(ruleset.documents).length +
    JSON.stringify(packets).length +
    ruleset.environment.size
  );
}
