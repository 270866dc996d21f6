import type { IptablesBuild } from '../lab/kernel-lab.ts';
import type { NodeModel } from '../scenario/node-model.ts';
import { checkSequence } from './check-sequence.ts';
import type { Finding } from './finding.ts';
import { LabPool, type LabStarter } from './lab-pool.ts';
import type { PacketStarts } from './packet-starts.ts';
import { Random } from './random.ts';
import { Rechecker } from './recheck.ts';
import { modelOf, type RulesetCase } from './ruleset-case.ts';
import type { SelftestCounts } from './selftest-report.ts';
import { shrink } from './shrink.ts';
import { type SimulatedRuleset, simulateSequences } from './simulate-sequences.ts';

/** Where a run's rulesets and packets come from. */
export interface CaseSource {
  /** The case with this number; always the same one for a number. */
  readonly caseOf: (index: number) => RulesetCase;
  /** What flows against the case begin with. */
  readonly startsOf: (ruleset: RulesetCase, model: NodeModel, random: Random) => PacketStarts;
}

export interface SelftestOptions {
  readonly seed: string;
  /** How many packets at least. */
  readonly packets: number;
  readonly packetsPerRuleset: number;
  /** The first ruleset's number. */
  readonly firstRuleset: number;
  /** How many rulesets at most; undefined: as many as the packets need. */
  readonly rulesets: number | undefined;
  readonly builds: readonly IptablesBuild[];
  /** One sequence of so many is traced rule by rule, on the legacy build, whose trace names rules by their number. */
  readonly traceEvery: number;
  /** The run ends after so many disagreements. */
  readonly mostFindings: number;
  /** How often both sides are run again to make one of them smaller. */
  readonly shrinkTries: number;
  readonly source: CaseSource;
  readonly startLab: LabStarter;
  /** Whether time is up. */
  readonly isOver: () => boolean;
  readonly progress: (counts: SelftestCounts, findings: number) => void;
}

/** What a run found and counted. */
export interface SelftestOutcome {
  readonly counts: SelftestCounts;
  /** Shrunk. */
  readonly findings: readonly Finding[];
}

/** Compares simulation, policy and kernel on packets against rulesets, one ruleset after the other. */
export async function runSelftest(options: SelftestOptions): Promise<SelftestOutcome> {
  const pool = new LabPool(options.startLab);
  try {
    return await new SelftestRun(options, pool).run();
  } finally {
    await pool.stop();
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

class SelftestRun {
  readonly #options: SelftestOptions;
  readonly #pool: LabPool;
  readonly #findings: Finding[] = [];
  readonly #counts: Mutable<SelftestCounts> = {
    packets: 0,
    compared: 0,
    rulesets: 0,
    hosts: 0,
    undetermined: 0,
    traced: 0,
    tracedRules: 0,
    lost: 0,
  };
  #sequences = 0;
  #labsForShrinking = 0;

  constructor(options: SelftestOptions, pool: LabPool) {
    this.#options = options;
    this.#pool = pool;
  }

  async run(): Promise<SelftestOutcome> {
    const { packets, firstRuleset, rulesets, mostFindings, isOver, progress } = this.#options;
    const counts = this.#counts;
    for (let index = firstRuleset; ; index++) {
      await this.#ruleset(index);
      progress(counts, this.#findings.length);
      if (counts.packets + counts.undetermined >= packets || isOver()) break;
      if (this.#findings.length >= mostFindings) break;
      if (rulesets !== undefined && counts.rulesets >= rulesets) break;
    }
    return { counts, findings: this.#findings };
  }

  async #ruleset(index: number): Promise<void> {
    const { seed, source, packets, packetsPerRuleset, builds } = this.#options;
    const ruleset = source.caseOf(index);
    const model = modelOf(ruleset);
    const random = new Random(`${seed}/packets/${index}`);
    const starts = source.startsOf(ruleset, model, random);
    const left = packets - this.#counts.packets - this.#counts.undetermined;
    const simulated = simulateSequences(model, {
      packets: Math.min(packetsPerRuleset, Math.max(1, left)),
      random,
      nextStart: () => starts.next(),
    });
    this.#counts.rulesets++;
    this.#counts.packets += simulated.packets;
    this.#counts.undetermined += simulated.undetermined;
    const [finding] = simulated.findings;
    if (finding !== undefined) {
      const { packets: given, disagreement } = finding;
      await this.#report({ ruleset, packets: given, about: { kind: 'policy', disagreement } });
    }
    for (const build of builds) await this.#compare(ruleset, model, simulated, build);
    this.#counts.hosts = Math.ceil((this.#pool.started - this.#labsForShrinking) / builds.length);
  }

  /** Loads the rules and asks the kernel for all sequences, up to the first disagreement. */
  async #compare(
    ruleset: RulesetCase,
    model: NodeModel,
    { sequences }: SimulatedRuleset,
    build: IptablesBuild,
  ): Promise<void> {
    const lab = await this.#pool.take(model.host, build);
    await lab.load([model.ruleset(4), model.ruleset(6)]);
    for (const { packets } of sequences) {
      const trace = build === 'legacy' && this.#sequences++ % this.#options.traceEvery === 0;
      const check = await checkSequence(lab, packets, { trace });
      this.#counts.compared += check.compared;
      this.#counts.tracedRules += check.tracedRules;
      if (trace) this.#counts.traced += check.compared;
      if (check.lost) this.#counts.lost++;
      if (check.difference === undefined) continue;
      const { at, differences, observed } = check.difference;
      await this.#report({
        ruleset,
        packets: packets.slice(0, at + 1).map(({ packet }) => packet),
        about: { kind: 'kernel', build, traced: trace, differences, observed },
      });
      return;
    }
  }

  async #report(finding: Finding): Promise<void> {
    const before = this.#pool.started;
    const rechecker = new Rechecker(this.#pool);
    const smallest = await shrink(finding, {
      recheck: (ruleset, packets, like) => rechecker.recheck(ruleset, packets, like),
      mostTries: this.#options.shrinkTries,
    });
    this.#labsForShrinking += this.#pool.started - before;
    this.#findings.push(smallest);
  }
}
