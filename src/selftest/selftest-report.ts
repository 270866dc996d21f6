import { renderPacketLine } from '../packet/packet-text.ts';
import type { Finding } from './finding.ts';
import type { AimProgress } from './generate/packet-aimer.ts';
import type { KernelFacts } from './kernel-facts.ts';

/** What a run has counted so far. */
export interface SelftestCounts {
  /** Packets of which simulation and kernel were asked. */
  readonly packets: number;
  /** How often a kernel's answer was compared: each packet once for each build of iptables. */
  readonly compared: number;
  readonly rulesets: number;
  readonly hosts: number;
  /** Packets of which the simulation could not say what happens; they are neither agreement nor disagreement. */
  readonly undetermined: number;
  /** Packets whose rules were compared one by one with those that the kernel said they hit. */
  readonly traced: number;
  readonly tracedRules: number;
  /** Sequences that could not be compared to their end, because messages of the kernel were lost. */
  readonly lost: number;
}

/** A disagreement, and where its reproduction was written. */
export interface ReportedFinding {
  readonly finding: Finding;
  /** The scenario file; undefined where none was written. */
  readonly file: string | undefined;
  readonly command: string | undefined;
}

/** What a whole run came to. */
export interface SelftestReport {
  readonly seed: string;
  readonly facts: KernelFacts;
  readonly counts: SelftestCounts;
  /** Edges of the user's own rules: how many there are, and how many packets were aimed at. */
  readonly edges: AimProgress | undefined;
  readonly seconds: number;
  readonly findings: readonly ReportedFinding[];
}

/** The report for programs. */
export function renderSelftestJson(report: SelftestReport): string {
  const { seed, facts, counts, edges, seconds, findings } = report;
  const value = {
    seed,
    kernel: facts.kernel,
    tools: Object.fromEntries(facts.tools),
    builds: facts.builds,
    ...counts,
    ...(edges === undefined ? {} : { edges: { asked: edges.taken, of: edges.aims } }),
    seconds: Number(seconds.toFixed(3)),
    agree: findings.length === 0,
    disagreements: findings.map(findingToJson),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

function findingToJson({ finding, file, command }: ReportedFinding): Record<string, unknown> {
  const { ruleset, packets, about } = finding;
  return {
    ruleset: ruleset.index,
    between:
      about.kind === 'kernel' ? ['simulation', `iptables-${about.build}`] : ['rules', 'policy'],
    packets: packets.map(renderPacketLine),
    differences: differencesOf(finding),
    file,
    command,
  };
}

interface ShownDifference {
  readonly field: string;
  readonly simulated: string;
  readonly other: string;
}

function differencesOf({ about }: Finding): readonly ShownDifference[] {
  if (about.kind === 'policy') {
    const { rules, policy } = about.disagreement;
    return [{ field: 'decision', simulated: rules, other: policy }];
  }
  return about.differences.map(({ field, simulated, kernel }) => ({
    field,
    simulated,
    other: kernel,
  }));
}

/** The report for people. */
export function renderSelftestText(report: SelftestReport): string {
  const { seed, facts, counts, edges, seconds, findings } = report;
  const lines = [
    `seed          ${seed}`,
    `kernel        ${facts.kernel}`,
    ...[...facts.tools].map(([name, version]) => `${name.padEnd(13)} ${version}`),
    `packets       ${counts.packets}, compared ${counts.compared} times (${facts.builds.map((build) => `iptables-${build}`).join(', ')})`,
    `rulesets      ${counts.rulesets} on ${counts.hosts} host${counts.hosts === 1 ? '' : 's'}`,
    ...(edges === undefined ? [] : [`edges         ${edges.taken} of ${edges.aims}`]),
    `traced        ${counts.traced} packets, ${counts.tracedRules} rules`,
    `undetermined  ${counts.undetermined}`,
    ...(counts.lost > 0 ? [`lost          ${counts.lost} sequences cut short`] : []),
    `time          ${seconds.toFixed(1)} s`,
    '',
    ...findings.flatMap(findingLines),
    verdictOf(report),
  ];
  return `${lines.join('\n')}\n`;
}

function findingLines(reported: ReportedFinding): readonly string[] {
  const { finding, file, command } = reported;
  const { packets, about, ruleset } = finding;
  const other = about.kind === 'kernel' ? `the kernel (iptables-${about.build})` : 'policy';
  return [
    `ruleset ${ruleset.index}: ${about.kind === 'kernel' ? 'the simulation' : 'the compiled rules'} and ${other} disagree on the last of`,
    ...packets.map((packet) => `    ${renderPacketLine(packet)}`),
    ...differencesOf(finding).map(
      ({ field, simulated, other: said }) =>
        `  ${field}: simulated ${simulated}, ${about.kind} ${said}`,
    ),
    ...(file === undefined ? [] : [`  written to ${file}`]),
    ...(command === undefined ? [] : [`  again: ${command}`]),
    '',
  ];
}

function verdictOf({ counts, findings }: SelftestReport): string {
  if (findings.length > 0)
    return `${findings.length} disagreement${findings.length === 1 ? '' : 's'}`;
  return counts.compared === 0
    ? 'nothing was compared'
    : 'simulation and kernel agree on every packet';
}
