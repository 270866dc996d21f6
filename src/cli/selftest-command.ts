import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { IptablesBuild } from '../lab/kernel-lab.ts';
import { LabError } from '../lab/lab-error.ts';
import type { Finding } from '../selftest/finding.ts';
import { HOSTS_IN_TURN } from '../selftest/generate/random-documents.ts';
import { type FoundFacts, findKernelFacts, type KernelFacts } from '../selftest/kernel-facts.ts';
import type { LabStarter } from '../selftest/lab-pool.ts';
import { Random } from '../selftest/random.ts';
import { randomSource } from '../selftest/random-source.ts';
import { renderReproduction, reproductionName } from '../selftest/reproduction.ts';
import { type CaseSource, runSelftest, type SelftestOptions } from '../selftest/selftest.ts';
import {
  type ReportedFinding,
  renderSelftestJson,
  renderSelftestText,
  type SelftestCounts,
} from '../selftest/selftest-report.ts';
import { userSource } from '../selftest/user-source.ts';
import { EnvironmentError, UsageError } from '../source/errors.ts';
import { type DocumentOptions, outputForm, type PrintOptions } from './common-options.ts';
import { felixEnvironment, loadModel } from './load-model.ts';
import { shellQuote } from './shell-quote.ts';
import { EXIT, type Terminal } from './terminal.ts';
import { writeFiles } from './write-files.ts';

export interface SelftestCommandOptions extends DocumentOptions, PrintOptions {
  readonly packets?: string;
  readonly seed?: string;
  readonly minutes?: string;
  readonly ruleset?: string;
  readonly build: string;
  readonly output: string;
  readonly outputDir: string;
}

/** The parts of the machine that a run needs; tests bring their own. */
export interface SelftestMachine {
  readonly isRoot: () => boolean;
  readonly findFacts: (wanted: IptablesBuild | 'both') => FoundFacts;
  readonly startLab: LabStarter;
  readonly nowMs: () => number;
}

const FORMS = ['text', 'json'] as const;
const BUILDS = ['legacy', 'nft', 'both'] as const;
const DEFAULT_PACKETS = 20_000;
/** At the edges of the user's rules, where each has its turn in any case. */
const LEAST_AT_EDGES = 5_000;
const PACKETS_PER_RULESET = 400;
/** The user's rules are one ruleset, which need not be loaded again so soon. */
const PACKETS_PER_LOADING = 2_000;
const TRACE_EVERY = 20;
const MOST_FINDINGS = 3;
const SHRINK_TRIES = 400;
/** A seed is a word of a file name and of a command line. */
const SEED = /^[A-Za-z0-9_.-]{1,64}$/;

/**
 * `hepsim selftest`: simulation against kernel. Returns the exit code.
 *
 * @throws InputError, UsageError, EnvironmentError
 */
export async function runSelftestCommand(
  options: SelftestCommandOptions,
  terminal: Terminal,
  machine: SelftestMachine = realMachine(),
): Promise<number> {
  const form = outputForm(options.output, FORMS);
  const limits = limitsOf(options);
  const seed = options.seed ?? randomBytes(4).toString('hex');
  if (!SEED.test(seed)) {
    throw new UsageError('--seed: use letters, digits, dots, dashes and underscores, at most 64');
  }
  const source = sourceOf(options, seed, terminal);
  const facts = factsOf(options, machine);
  if (options.quiet !== true) terminal.writeError(`seed: ${seed}\n`);
  const start = machine.nowMs();
  let asked = 0;
  const isOver = (): boolean => {
    const { minutes } = limits;
    if (minutes !== undefined && machine.nowMs() - start >= minutes * 60_000) return true;
    return limits.edges && asked >= LEAST_AT_EDGES && isEveryEdgeAsked(source);
  };
  const shown = options.quiet !== true && (terminal.errorIsTerminal || options.verbose === true);
  const progress = progressOn(terminal, shown);
  const findings: ReportedFinding[] = [];
  const outcome = await run({
    seed,
    packets: limits.packets,
    packetsPerRuleset: options.filename.length > 0 ? PACKETS_PER_LOADING : PACKETS_PER_RULESET,
    firstRuleset: limits.ruleset ?? 0,
    rulesets: limits.ruleset === undefined ? undefined : 1,
    builds: facts.builds,
    lanes: options.filename.length > 0 ? 1 : HOSTS_IN_TURN,
    traceEvery: TRACE_EVERY,
    mostFindings: MOST_FINDINGS,
    shrinkTries: SHRINK_TRIES,
    source,
    startLab: machine.startLab,
    isOver,
    progress: (counts, found) => {
      asked = counts.packets;
      progress(counts, found);
    },
    found: (finding) => {
      const name = reproductionName(finding, seed, findings.length);
      const reported = written(finding, { name, seed, folder: options.outputDir });
      findings.push(reported);
      const end = shown ? '\n' : '';
      terminal.writeError(`${end}disagreement ${findings.length}: ${reported.file}\n`);
    },
  });
  if (shown) terminal.writeError('\n');
  const seconds = (machine.nowMs() - start) / 1000;
  const edges = source.edges?.();
  const report = { seed, facts, counts: outcome.counts, edges, seconds, findings };
  if (form === 'json') terminal.writeOut(renderSelftestJson(report));
  else {
    const text = renderSelftestText(report);
    terminal.writeOut(
      options.quiet === true ? text.slice(text.trimEnd().lastIndexOf('\n') + 1) : text,
    );
  }
  if (outcome.counts.compared === 0) {
    throw new UsageError(
      'nothing was compared',
      'Give --minutes or --packets that allow a packet.',
    );
  }
  return findings.length === 0 ? EXIT.holds : EXIT.doesNotHold;
}

function isEveryEdgeAsked({ edges }: CaseSource): boolean {
  const { taken, aims } = edges?.() ?? { taken: 0, aims: 0 };
  return taken >= aims;
}

async function run(options: SelftestOptions): ReturnType<typeof runSelftest> {
  try {
    return await runSelftest(options);
  } catch (error) {
    if (error instanceof LabError) throw new EnvironmentError(error.message);
    throw error;
  }
}

function realMachine(): SelftestMachine {
  return {
    isRoot: () => process.getuid?.() === 0,
    findFacts: (wanted) => findKernelFacts(wanted),
    // Loaded when it is needed: it binds to the C library.
    startLab: async (options) => {
      const { startKernelLab } = await import('../lab/start-kernel-lab.ts');
      return startKernelLab(options);
    },
    nowMs: () => performance.now(),
  };
}

interface Limits {
  readonly packets: number;
  readonly minutes: number | undefined;
  readonly ruleset: number | undefined;
  /** Whether to go on until every edge of the user's rules has had its turn. */
  readonly edges: boolean;
}

function limitsOf(options: SelftestCommandOptions): Limits {
  const minutes = numberOf('--minutes', options.minutes, /^\d+(\.\d+)?$/);
  if (minutes === 0) throw new UsageError('--minutes: no packet is compared in no time');
  const packets = numberOf('--packets', options.packets, /^[1-9]\d{0,11}$/);
  const ruleset = numberOf('--ruleset', options.ruleset, /^\d{1,9}$/);
  if (ruleset !== undefined && options.filename.length > 0) {
    throw new UsageError('--ruleset names a random ruleset, so it excludes -f');
  }
  const edges = packets === undefined && minutes === undefined && options.filename.length > 0;
  const isOpen = edges || minutes !== undefined;
  const unlimited = isOpen ? Number.POSITIVE_INFINITY : DEFAULT_PACKETS;
  return { packets: packets ?? unlimited, minutes, ruleset, edges };
}

function numberOf(name: string, text: string | undefined, form: RegExp): number | undefined {
  if (text === undefined) return undefined;
  if (!form.test(text)) throw new UsageError(`${name}: \`${text}\` is no number that it can be`);
  return Number(text);
}

function sourceOf(options: SelftestCommandOptions, seed: string, terminal: Terminal): CaseSource {
  if (options.filename.length === 0) {
    for (const name of ['node', 'calicoVersion', 'lenient'] as const) {
      if (options[name] === undefined) continue;
      throw new UsageError(
        '-n, --calico-version and --lenient are about documents',
        'Name them with -f.',
      );
    }
    return randomSource(seed);
  }
  const { model, texts } = loadModel(options, terminal);
  const environment = felixEnvironment(terminal);
  return userSource({ model, texts, environment }, new Random(`${seed}/documents`));
}

/** @throws EnvironmentError with what to do about it. */
function factsOf(options: SelftestCommandOptions, machine: SelftestMachine): KernelFacts {
  const wanted = BUILDS.find((build) => build === options.build);
  if (wanted === undefined) {
    throw new UsageError(
      `--build: there is no build \`${options.build}\``,
      'Use legacy, nft or both.',
    );
  }
  if (!machine.isRoot()) {
    throw new EnvironmentError(
      'selftest needs root, to make network namespaces of its own (sudo hepsim selftest)',
    );
  }
  const found = machine.findFacts(wanted);
  if (found.kind === 'missing') throw new EnvironmentError(found.message);
  return found.facts;
}

function progressOn(terminal: Terminal, shown: boolean): SelftestOptions['progress'] {
  if (!shown) return () => undefined;
  return ({ packets, rulesets, undetermined }: SelftestCounts, findings) => {
    terminal.writeError(
      `\r${packets} packets, ${rulesets} rulesets, ${undetermined} undetermined, ${findings} disagreements`,
    );
  };
}

function written(
  finding: Finding,
  { name, seed, folder }: { readonly name: string; readonly seed: string; readonly folder: string },
): ReportedFinding {
  writeFiles(folder, new Map([[name, renderReproduction(finding, seed)]]));
  const file = join(folder, name);
  return { finding, file, command: `hepsim test ${shellQuote(file)}` };
}
