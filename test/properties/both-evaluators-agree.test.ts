import { describe, expect, test } from 'vitest';
import { encodePacket, NO_NUMBERS } from '../../src/packet/encode-packet.ts';
import { LOCAL, type Packet } from '../../src/packet/packet.ts';
import { renderPacketLine } from '../../src/packet/packet-text.ts';
import { PacketSession } from '../../src/scenario/packet-session.ts';
import { Random } from '../../src/selftest/random.ts';
import { randomSource } from '../../src/selftest/random-source.ts';
import { modelOf } from '../../src/selftest/ruleset-case.ts';
import { canBeSent, runFlow } from '../../src/selftest/run-flow.ts';
import type { PacketResult } from '../../src/simulate/packet-result.ts';
import { type Arriving, BothEvaluators } from '../support/both-evaluators.ts';
import { TEST_SEED } from '../support/seed.ts';

/** Rulesets; set HEPSIM_PROPERTY_RULESETS for a longer run. */
const RULESETS = Number(process.env.HEPSIM_PROPERTY_RULESETS ?? 60);
const FLOWS = 60;

/** Seconds between packets: within timeouts, and beyond those of each kind. */
const PAUSES = [0, 0, 0, 0.001, 0.5, 1.9, 2.1, 11, 31, 61, 121, 301, 599, 432_001] as const;

/** Sends every packet as bytes through both evaluators, and now and then one of the earlier ones again, spoilt or not. */
class ComparingSession extends PacketSession {
  readonly differences: string[] = [];
  readonly both: BothEvaluators;
  readonly #random: Random;
  readonly #sent: Arriving[] = [];
  #now = 0;

  constructor(both: BothEvaluators, random: Random) {
    super(() => {
      throw new Error('packets go to both evaluators');
    });
    this.both = both;
    this.#random = random;
  }

  override run(packet: Packet): PacketResult {
    const { tcpSequence: sequence = 1, tcpAcknowledgement: acknowledgement = 0 } = packet;
    const tcp = { sequence, acknowledgement, window: this.#random.pick([0, 1, 500, 64_240]) };
    const bytes = encodePacket(packet, { ...NO_NUMBERS, tcp });
    const result = this.#send({ bytes, in: packet.in ?? LOCAL, timeSeconds: this.#tick() });
    if (result === undefined) throw new Error(`no datagram: ${renderPacketLine(packet)}`);
    while (this.#random.chance(25)) this.#sendAgain();
    return result;
  }

  #sendAgain(): void {
    const again = this.#random.pick(this.#sent);
    const bytes = again.bytes.slice();
    if (this.#random.chance(30))
      bytes[this.#random.below(bytes.length)]! ^= 1 << this.#random.below(8);
    const captured = this.#random.chance(10) ? this.#random.below(bytes.length + 1) : bytes.length;
    this.#send({ ...again, bytes, captured, timeSeconds: this.#tick() });
  }

  #tick(): number {
    this.#now += this.#random.pick(PAUSES);
    return this.#now;
  }

  #send(arriving: Arriving): PacketResult | undefined {
    this.#sent.push(arriving);
    const ran = this.both.run(arriving);
    if (ran === undefined) return undefined;
    const { alone, together, result } = ran;
    const texts = [alone, together].map((one) => JSON.stringify(one));
    if (texts[0] !== texts[1]) {
      this.differences.push(`${renderPacketLine(result.packet)}: ${texts.join(' but ')}`);
    }
    return result;
  }
}

describe('the fast evaluator says of every packet what the simulator says', () => {
  test(`${RULESETS} random hosts and rulesets`, { timeout: 600_000 }, () => {
    const seed = `both/${TEST_SEED ?? Date.now()}`;
    const source = randomSource(seed);
    let packets = 0;
    let fast = 0;
    let plain = 0;
    for (let index = 0; index < RULESETS; index++) {
      const ruleset = source.caseOf(index);
      const model = modelOf(ruleset);
      const random = new Random(`${seed}/${index}`);
      const starts = source.startsOf(ruleset, model, random);
      // A table that is mostly full, now and then.
      const sysctls = new Map(model.host.sysctls);
      if (random.chance(15)) sysctls.set('net.netfilter.nf_conntrack_max', 2 + random.below(6));
      const both = new BothEvaluators({
        host: { ...model.host, sysctls },
        rulesets: [model.ruleset(4), model.ruleset(6)],
        notModelled: [],
      });
      const session = new ComparingSession(both, random);
      for (let flow = 0; flow < FLOWS; flow++) {
        const start = starts.next();
        if (canBeSent(start)) runFlow(start, session, random);
      }
      expect(session.differences, `seed ${seed}, ruleset ${index}`).toEqual([]);
      packets += both.packets;
      fast += both.fastPackets;
      plain += both.plainPackets;
    }
    // What is left to the simulator proves nothing.
    expect(fast / packets).toBeGreaterThan(0.25);
    expect(plain / packets).toBeGreaterThan(0.1);
  });
});
