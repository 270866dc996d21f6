import type { IptablesBuild } from '../lab/kernel-lab.ts';
import type { NodeModel } from '../scenario/node-model.ts';
import { checkSequences } from './check-sequence.ts';
import { chooseTraced } from './choose-traced.ts';
import { type Finding, isSameFault } from './finding.ts';
import type { AimProgress } from './generate/packet-aimer.ts';
import { LabPool, type LabStarter, machineKey } from './lab-pool.ts';
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
  /** How many of the edges of rules have had their turn, where the rules are the same all the time. */
  readonly edges?: () => AimProgress;
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
  /**
   * How many rulesets are with the kernel at once, each in a lab of its own: loading rules is mostly waiting. At least 1.
   */
  readonly lanes: number;
  /** One sequence of so many is traced rule by rule. */
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
  /** Told of each disagreement as soon as it is small; the run goes on. */
  readonly found: (finding: Finding) => void;
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
  const shrinking = new LabPool(options.startLab);
  try {
    return await new SelftestRun(options, pool, new Rechecker(shrinking)).run();
  } finally {
    await pool.stop();
    await shrinking.stop();
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

class SelftestRun {
  readonly #options: SelftestOptions;
  readonly #pool: LabPool;
  readonly #rechecker: Rechecker;
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
  /** The machine of each lane. */
  readonly #machines = new Map<number, string>();

  constructor(options: SelftestOptions, pool: LabPool, rechecker: Rechecker) {
    this.#options = options;
    this.#pool = pool;
    this.#rechecker = rechecker;
  }

  async run(): Promise<SelftestOutcome> {
    const { packets, firstRuleset, rulesets, mostFindings, lanes, isOver, progress } =
      this.#options;
    const counts = this.#counts;
    /** Rulesets that are with the kernel, the oldest first; the lane of the oldest is the next one's. */
    const asked: Promise<readonly Finding[]>[] = [];
    for (let index = firstRuleset; ; index++) {
      const enough = counts.packets + counts.undetermined >= packets;
      const isLast = enough || isOver() || counts.rulesets === rulesets;
      // The next ruleset is simulated while the kernel is at work on those before.
      const next = isLast ? undefined : this.#simulate(index);
      if (next !== undefined) this.#prepare(next);
      while (asked.length > (next === undefined ? 0 : lanes - 1)) {
        await this.#report((await asked.shift()) ?? []);
        progress(counts, this.#findings.length);
      }
      if (next === undefined || this.#findings.length >= mostFindings) break;
      const findings = this.#compare(next);
      // A failure is reported when it is awaited.
      findings.catch(() => undefined);
      asked.push(findings);
    }
    await Promise.allSettled(asked);
    return { counts, findings: this.#findings };
  }

  #prepare({ model, lane }: RunRuleset): void {
    for (const build of this.#options.builds) this.#pool.prepare(model.host, { build, lane });
  }

  #simulate(index: number): RunRuleset {
    const { seed, source, packets, packetsPerRuleset, lanes } = this.#options;
    const counts = this.#counts;
    const ruleset = source.caseOf(index);
    const model = modelOf(ruleset);
    const random = new Random(`${seed}/packets/${index}`);
    const starts = source.startsOf(ruleset, model, random);
    const left = packets - counts.packets - counts.undetermined;
    const simulated = simulateSequences(model, {
      packets: Math.min(packetsPerRuleset, left),
      random,
      nextStart: () => starts.next(),
    });
    const lane = index % lanes;
    const machine = machineKey(model.host);
    if (machine !== this.#machines.get(lane)) counts.hosts++;
    this.#machines.set(lane, machine);
    counts.rulesets++;
    counts.packets += simulated.packets;
    counts.undetermined += simulated.undetermined;
    return { ruleset, model, simulated, lane };
  }

  /** Everything found in one ruleset, not yet shrunk; of the same fault on both builds one. */
  async #compare(run: RunRuleset): Promise<readonly Finding[]> {
    const { ruleset, simulated } = run;
    const { builds } = this.#options;
    const [policy] = simulated.findings;
    const found: Finding[] = [];
    if (policy !== undefined) {
      const { packets, ...difference } = policy;
      found.push({ ruleset, packets, about: { kind: 'policy', ...difference } });
    }
    const compared = await Promise.all(builds.map((build) => this.#compareOn(build, run)));
    for (const finding of compared) {
      if (finding === undefined) continue;
      if (!found.some(({ about }) => isSameFault(about, finding.about))) found.push(finding);
    }
    return found;
  }

  /** Loads the rules and asks the kernel for all sequences. */
  async #compareOn(
    build: IptablesBuild,
    { ruleset, model, simulated, lane }: RunRuleset,
  ): Promise<Finding | undefined> {
    const sequences = chooseTraced(ruleset.index, simulated.sequences, this.#options.traceEvery);
    const lab = await this.#pool.take(model.host, { build, lane });
    await lab.load([model.ruleset(4), model.ruleset(6)]);
    const { difference, ...counted } = await checkSequences(lab, sequences);
    for (const name of ['compared', 'traced', 'tracedRules', 'lost'] as const) {
      this.#counts[name] += counted[name];
    }
    if (difference === undefined) return undefined;
    const { sequence, at, differences, observed } = difference;
    return {
      ruleset,
      packets: sequence.packets.slice(0, at + 1).map(({ packet }) => packet),
      about: { kind: 'kernel', build, traced: sequence.trace, differences, observed },
    };
  }

  /** Shrinks and keeps what was found. */
  async #report(found: readonly Finding[]): Promise<void> {
    for (const finding of found) {
      const smallest = await shrink(finding, {
        recheck: (ruleset, packets, like) => this.#rechecker.recheck(ruleset, packets, like),
        mostTries: this.#options.shrinkTries,
      });
      this.#findings.push(smallest);
      this.#options.found(smallest);
    }
  }
}

/** One ruleset on its way through a run. */
interface RunRuleset {
  readonly ruleset: RulesetCase;
  readonly model: NodeModel;
  readonly simulated: SimulatedRuleset;
  readonly lane: number;
}
