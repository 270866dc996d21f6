import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IP_PROTOCOL } from '../../src/address/protocol.ts';
import { encodePacket, NO_NUMBERS } from '../../src/packet/encode-packet.ts';
import { LOCAL, type Packet } from '../../src/packet/packet.ts';
import { parsePacketFields } from '../../src/packet/packet-text.ts';
import type { ReplaySummary } from '../../src/replay/summary.ts';
import { readResources } from '../../src/resources/read-resources.ts';
import { buildReply } from '../../src/scenario/build-reply.ts';
import { NodeModel } from '../../src/scenario/node-model.ts';
import type { PacketResult } from '../../src/simulate/packet-result.ts';
import { Router } from '../../src/simulate/routing/router.ts';
import { replayEach, replayFast } from '../replay/replay-of.ts';
import { EPOCH, pcapngSection, type Record } from '../support/capture-files.ts';
import { NODE, type RandomInput, randomInput } from '../support/random-input.ts';

/** Random rulesets, each with fifty packets and their answers; set HEPSIM_REPLAY_RULESETS for a longer run. */
const RULESETS = Number(process.env.HEPSIM_REPLAY_RULESETS ?? 40);
const PACKETS_PER_INPUT = 50;
const RAW = 101;
const ETHERNET = 1;

function modelOf(input: RandomInput): NodeModel {
  const text = JSON.stringify(input.documents);
  return new NodeModel(readResources([{ file: 'random.json', text }], { version: input.version }), {
    node: NODE,
    machine: NODE,
    environment: new Map(Object.entries(input.environment)),
  });
}

/** What a capture cannot tell: marks, states and users, and where a process of the host would not send from. */
function isCapturable(packet: Packet, router: Router): boolean {
  if (packet.mark !== 0 || packet.state !== undefined || packet.uid !== undefined) return false;
  if (packet.gid !== undefined || packet.mac !== undefined) return false;
  return packet.in !== LOCAL || router.isLocalAddress(packet.source);
}

/** With the numbers that its bytes will bear. */
function numbered(packet: Packet, isReply: boolean, step: number, timeSeconds: number): Packet {
  if (packet.protocol !== IP_PROTOCOL.tcp) return { ...packet, timeSeconds };
  const own = isReply ? 7000 : 1000;
  const other = isReply ? 1000 : 7000;
  const tcpSequence = own + (step > 1 ? 1 : 0);
  return { ...packet, timeSeconds, tcpSequence, tcpAcknowledgement: step === 0 ? 0 : other + 1 };
}

/** Runs the packets, and their answers, through one connection table as a trace does. */
function trace(model: NodeModel, input: RandomInput): readonly PacketResult[] {
  const simulator = model.wholeSimulator();
  const router = new Router(model.host);
  const results: PacketResult[] = [];
  let now = 0;
  const run = (packet: Packet, isReply: boolean, step: number): PacketResult | undefined => {
    const timed = numbered(packet, isReply, step, now++);
    if (!isCapturable(timed, router)) return undefined;
    const result = simulator.run(timed);
    results.push(result);
    return result.verdict === 'accept' ? result : undefined;
  };
  for (const fields of input.packets) {
    const parsed = parsePacketFields(fields);
    if (parsed.kind !== 'packet') throw new Error(JSON.stringify(parsed.problems));
    let before = run(parsed.packet, false, 0);
    for (let step = 1; step < 3 && before !== undefined; step++) {
      const answer = buildReply(before, {});
      before = answer.kind === 'packet' ? run(answer.packet, step === 1, step) : undefined;
    }
  }
  return results;
}

/** With RAW the records tell which way each packet went; Ethernet frames, between no addresses, do not. */
function captureOf(
  results: readonly PacketResult[],
  model: NodeModel,
  linkType: typeof RAW | typeof ETHERNET,
): Uint8Array {
  const names = model.host.interfaces.map(({ name }) => name);
  const first = results[0]?.packet.timeSeconds ?? 0;
  const records = results.map(({ packet }): Record => {
    const { tcpSequence: sequence = 1, tcpAcknowledgement: acknowledgement = 0 } = packet;
    const tcp = { ...NO_NUMBERS.tcp, sequence, acknowledgement };
    const datagram = encodePacket(packet, { ...NO_NUMBERS, tcp });
    return {
      bytes: linkType === RAW ? datagram : frameOf(datagram, packet.family),
      seconds: EPOCH + (packet.timeSeconds ?? 0) - first,
      interfaceId: packet.in === LOCAL ? 0 : names.indexOf(packet.in as string),
      ...(linkType === RAW ? { direction: packet.in === LOCAL ? 2 : 1 } : {}),
    };
  });
  return pcapngSection(
    names.map((name) => ({ name, linkType })),
    records,
  );
}

function frameOf(datagram: Uint8Array, family: 4 | 6): Uint8Array {
  const frame = new Uint8Array(14 + datagram.length);
  frame.set(family === 4 ? [0x08, 0x00] : [0x86, 0xdd], 12);
  frame.set(datagram, 14);
  return frame;
}

function decisionSet(summary: ReplaySummary): unknown {
  return { ...summary, decisions: new Set(summary.decisions.map((one) => JSON.stringify(one))) };
}

function said({ verdict, delivered, state, decision, because }: PacketResult): unknown {
  return { verdict, delivered, state, decision, because };
}

test.each(['2.6', '3.9', '3.32'] as const)(
  'a replay says of every packet what a trace says of it, and the fast evaluator counts the same (Calico %s)',
  { timeout: 600_000 },
  async (version) => {
    await fc.assert(
      fc.asyncProperty(randomInput(version, PACKETS_PER_INPUT), async (input) => {
        const model = modelOf(input);
        const traced = trace(model, input);
        if (traced.length === 0) return;
        const file = captureOf(traced, model, RAW);
        const { packets, summary } = await replayEach(model, file);
        expect(Object.values(summary.ignored).filter((count) => count > 0)).toEqual([]);
        expect(packets.map(({ frame: _, ...outcome }) => outcome)).toEqual(traced.map(said));
        expect(decisionSet(await replayFast(model, file))).toEqual(decisionSet(summary));
        // Which way frames went is told by addresses alone; most of them pass in one loop that looks at nothing else.
        const frames = captureOf(traced, model, ETHERNET);
        const each = await replayEach(model, frames);
        expect(decisionSet(await replayFast(model, frames))).toEqual(decisionSet(each.summary));
      }),
      { numRuns: RULESETS, endOnFailure: true },
    );
  },
);
