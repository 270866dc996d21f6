import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type IpFamily, renderIpAddress } from '../../src/address/ip-address.ts';
import type { Host } from '../../src/host/host.ts';
import type { KernelLab, Observation } from '../../src/lab/kernel-lab.ts';
import type { Packet } from '../../src/packet/packet.ts';
import { renderPacketLine } from '../../src/packet/packet-text.ts';
import type { Ruleset } from '../../src/ruleset/ruleset.ts';
import { compareObservation } from '../../src/selftest/compare.ts';
import type { PacketResult } from '../../src/simulate/packet-result.ts';
import { BothEvaluators } from './both-evaluators.ts';
import { foreignRules } from './foreign-rules.ts';
import { testHost } from './hosts.ts';
import { startTestLab, whyNoLab } from './kernel-lab.ts';
import { packet } from './packets.ts';
import { rules } from './rules.ts';
import { run, simulator, way } from './simulations.ts';

/**
 * One packet, and what must be said of it, in words of any order: a state (`new`), a verdict (`accept`), where it went (`local`, `eth1`), the
 * last hook that it passed (`at=prerouting`), and `mark=`, `src=`, `dst=`, `sport=`, `dport=` at its end. What is not named is
 * not spoken of, but must be the same for kernel and simulator. A wanted text that begins with `undetermined` is the simulator's; the words
 * behind it are then the kernel's alone.
 */
export type FactPacket = readonly [line: string, wanted: string];

/** A row of the facts sheet. */
export interface FactRow {
  /** In the sheet's words. */
  readonly row: string;
  /** As iptables-save prints them; none when left out. */
  readonly rules?: string;
  readonly rules6?: string;
  /** As ipset save prints them; given, the rules are read as those of a host are. */
  readonly sets?: string;
  /** In order, through one connection table that is empty at first. */
  readonly packets: readonly FactPacket[];
}

const reason = whyNoLab();

/** How long the kernel may take for a row, and for the making of a host. */
const TIMEOUT_MS = 30_000;

/** Runs the rows of one table of the sheet against the kernel and the simulator, on one host. Skips, saying why, where there can be no lab. */
export function describeFacts(
  title: string,
  rows: readonly FactRow[],
  options: { readonly host?: Host; readonly watchState?: boolean } = {},
): void {
  const host = options.host ?? testHost();
  const { watchState = true } = options;
  describeWithKernel(title, () => {
    let lab: KernelLab;
    let loaded: string | undefined;
    beforeAll(async () => {
      lab = await startTestLab({ host, build: 'legacy', watchState });
    }, TIMEOUT_MS);
    afterAll(() => lab?.stop());

    test.each(rows)('$row', { timeout: TIMEOUT_MS }, async (row) => {
      const rulesets = rulesetsOf(row);
      const text = `${row.rules}\n${row.rules6}\n${row.sets}`;
      if (loaded === text) await lab.flushConnections();
      else await lab.load(rulesets);
      loaded = text;
      const packets = row.packets.map(([line]) => packet(line));
      const observed = await lab.inject(packets, { trace: true });
      holdFast(new BothEvaluators({ host, rulesets, notModelled: [] }), packets);
      const simulated = simulator(rulesets, host);
      for (const [index, [line, wanted]] of row.packets.entries()) {
        holdPacket(run(simulated, line), observed[index] as Observation, wanted, watchState);
      }
    });
  });
}

/** The fast evaluator must say what the simulator says. */
export function holdFast(both: BothEvaluators, packets: readonly Packet[]): void {
  for (const [index, { alone, together }] of both.runPackets(packets).entries()) {
    expect(together, `fast: ${renderPacketLine(packets[index] as Packet)}`).toEqual(alone);
  }
}

/** A describe block that needs the kernel: skipped aloud where there can be no lab, failing in CI. */
export function describeWithKernel(title: string, body: () => void): void {
  if (reason === undefined) {
    describe(title, body);
    return;
  }
  if (process.env.CI !== undefined) {
    test(`the kernel takes part in ${title}`, () => expect(reason).toBeUndefined());
  }
  describe.skip(`${title} (skipped: ${reason})`, body);
}

function rulesetsOf({ rules: four, rules6: six, sets }: FactRow): readonly Ruleset[] {
  const rulesets = [];
  const read = (text: string, family: IpFamily): Ruleset =>
    sets === undefined ? rules(text, family) : foreignRules(text, family, sets);
  if (four !== undefined) rulesets.push(read(four, 4));
  if (six !== undefined) rulesets.push(read(six, 6));
  return rulesets;
}

function holdPacket(
  result: PacketResult,
  observed: Observation,
  wanted: string,
  watchState: boolean,
): void {
  const explanation = `${way(result)}\nthe kernel: ${kernelText(observed)}`;
  expect(observed.lost, 'messages of the kernel were lost').toBe(false);
  const words = wanted.split(' ').filter((word) => word !== '');
  if (words[0] === 'undetermined') {
    expect(result.verdict, explanation).toBe('undetermined');
    const left = words.slice(1);
    expect(told(left, ofKernel(observed)), explanation).toEqual(left);
    return;
  }
  expect(told(words, ofKernel(observed)), `kernel\n${explanation}`).toEqual(words);
  expect(told(words, ofSimulation(result)), `simulator\n${explanation}`).toEqual(words);
  const differences = compareObservation(result, observed).filter(
    ({ field }) => watchState || field !== 'state',
  );
  expect(differences, explanation).toEqual([]);
}

function kernelText(observed: Observation): string {
  const { verdict, delivered, state, mark, lastPoint, rules: hits } = observed;
  return JSON.stringify({ verdict, delivered, state, mark, lastPoint, hits });
}

interface Told {
  readonly verdict: string;
  readonly delivered: string | null;
  readonly state: string | null;
  readonly mark: number;
  readonly final: Observation['final'];
  readonly hook: string;
}

function ofKernel(observed: Observation): Told {
  return {
    ...observed,
    state: observed.state ?? null,
    hook: observed.lastPoint.split(' ')[0] as string,
  };
}

function ofSimulation(result: PacketResult): Told {
  const hooks = result.steps.flatMap((step) => (step.kind === 'hook' ? [step.hook] : []));
  return { ...result, hook: hooks.at(-1) ?? 'arrival' };
}

const STATES = ['new', 'established', 'related', 'invalid', 'untracked'];
const VERDICTS = ['accept', 'drop', 'reject'];

/** For each wanted word, what is the case. */
function told(words: readonly string[], { final, ...rest }: Told): readonly string[] {
  const named: Readonly<Record<string, string>> = {
    at: rest.hook,
    mark: `0x${rest.mark.toString(16)}`,
    src: renderIpAddress(final.source),
    dst: renderIpAddress(final.destination),
    sport: String(final.sourcePort),
    dport: String(final.destinationPort),
  };
  return words.map((word) => {
    const [name = '', value] = word.split('=');
    if (value !== undefined) return `${name}=${named[name]}`;
    if (STATES.includes(word)) return String(rest.state);
    return VERDICTS.includes(word) ? rest.verdict : String(rest.delivered);
  });
}
