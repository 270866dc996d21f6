import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Figure, thousands } from './figure.ts';
import { replayThroughKernel, whyNoKernel } from './kernel-replay.ts';
import { interleave, medianSeconds, type ProcessRun, runNode } from './processes.ts';
import { type ReplaySize, type ReplayWorkload, writeReplayWorkload } from './replay-workload.ts';

const ROUNDS = 3;
const MILLION = 1_000_000;

/** A size, how many times the kernel's rate it must reach, and of which part the kernel's rate is told: all would take it up to half an hour. */
interface ComparedSize extends ReplaySize {
  readonly bar: number;
  /** So many times fewer flows and packets, of which as many are new. */
  readonly kernelPart: number;
}

const SIZES: readonly ComparedSize[] = [
  { name: 'w10', policies: 1, flows: 100_000, packets: MILLION, bar: 6, kernelPart: 4 },
  { name: 'w100', policies: 10, flows: 100_000, packets: MILLION, bar: 9, kernelPart: 4 },
  { name: 'w1000', policies: 100, flows: 100_000, packets: MILLION, bar: 30, kernelPart: 10 },
  { name: 'w10000', policies: 1000, flows: 100_000, packets: MILLION, bar: 200, kernelPart: 100 },
  // Every packet is a flow of its own.
  { name: 's1000', policies: 100, flows: 200_000, packets: 200_000, bar: 45, kernelPart: 10 },
];

const LONG: ReplaySize = { name: 'long', policies: 100, flows: 500_000, packets: 5 * MILLION };

/**
 * Whole `hepsim replay` processes, reading the documents included, against the kernel, tcpdump and tshark with the same capture, in turn. What is
 * not to be had here is named.
 */
export function measureReplay(): readonly Figure[] {
  const parent = mkdtempSync(join(tmpdir(), 'hepsim-bench-'));
  try {
    const workloads = new Map<string, ReplayWorkload>();
    for (const size of SIZES) workloads.set(size.name, writeReplayWorkload(parent, size));
    const kernel = SIZES.map((size) => againstKernel(workloads.get(size.name)!, size, parent));
    const w1000 = workloads.get('w1000')!;
    return [
      ...kernel,
      against(w1000, 'tcpdump', ['-r', w1000.capture, '--count'], (theirs, ours) => ({
        figure: `${(ours / theirs).toFixed(1)} x its time`,
        bar: '<= 5 x',
        holds: ours <= 5 * theirs,
      })),
      against(w1000, 'tshark', ['-r', w1000.capture], (theirs, ours) => ({
        figure: `${(theirs / ours).toFixed(1)} x faster`,
        bar: '>= 25 x',
        holds: theirs >= 25 * ours,
      })),
      ...againstEachOther(w1000, workloads.get('w10000')!),
      memory(writeReplayWorkload(parent, LONG), 220),
    ];
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

/** One whole replay, whose counts are checked. */
function replay(workload: ReplayWorkload): ProcessRun {
  const { capture, documents, accepted, dropped, name } = workload;
  const run = runNode(['bin/hepsim.js', 'replay', '-q', '-o', 'json', ...documents, capture], {
    tellPeak: true,
  });
  const { verdicts } = JSON.parse(run.output) as {
    readonly verdicts: {
      readonly accept: number;
      readonly drop: number;
      readonly undetermined: number;
    };
  };
  // The longest workload fills the connection table, and what is new while it is full is undetermined: the number of its packets is all that is known.
  const isRight =
    name === LONG.name
      ? verdicts.accept + verdicts.drop + verdicts.undetermined === workload.packets
      : verdicts.accept === accepted && verdicts.drop === dropped;
  if (!isRight)
    throw new Error(`${name}: ${JSON.stringify(verdicts)} is not ${accepted}, ${dropped}`);
  return run;
}

function againstKernel(workload: ReplayWorkload, size: ComparedSize, parent: string): Figure {
  const { name, packets, kernelPart } = size;
  const bar = `>= ${size.bar} x`;
  const measured = `\`hepsim replay\` of ${name} against the kernel (iptables-legacy) with the same rules`;
  const why = whyNoKernel();
  if (why !== undefined) return { measured, figure: `not measured: ${why}`, bar, holds: true };
  const part = writeReplayWorkload(parent, {
    ...size,
    name: `${name}-part`,
    flows: size.flows / kernelPart,
    packets: packets / kernelPart,
  });
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(packets / replay(workload).seconds);
    const kernel = replayThroughKernel(part);
    if (kernel === undefined)
      return { measured, figure: 'the kernel took too long', bar, holds: true };
    if (kernel.forwarded !== part.accepted) {
      throw new Error(`${name}: the kernel forwarded ${kernel.forwarded} of ${part.accepted}`);
    }
    theirs.push(kernel.packetsPerSecond);
    process.stderr.write(
      `${name}: ${thousands(ours.at(-1)!)} packets/s, the kernel ${thousands(theirs.at(-1)!)}\n`,
    );
  }
  const ratio = median(ours.map((rate, round) => rate / theirs[round]!));
  return {
    measured,
    figure: `${ratio.toFixed(1)} x its rate (${thousands(median(ours))} packets/s against ${thousands(median(theirs))})`,
    bar,
    holds: ratio >= size.bar,
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

function against(
  workload: ReplayWorkload,
  program: string,
  args: readonly string[],
  judge: (theirs: number, ours: number) => Omit<Figure, 'measured'>,
): Figure {
  const measured = `\`hepsim replay\` of ${workload.name} against \`${program} ${args[0]}\` of the same file`;
  if (spawnSync('which', [program]).status !== 0) {
    return { measured, figure: `not measured: no ${program}`, bar: undefined, holds: true };
  }
  const runs = interleave(
    { ours: () => replay(workload), theirs: () => runProgram(program, args) },
    ROUNDS,
  );
  return { measured, ...judge(medianSeconds(runs.theirs), medianSeconds(runs.ours)) };
}

function againstEachOther(small: ReplayWorkload, large: ReplayWorkload): readonly Figure[] {
  const runs = interleave({ small: () => replay(small), large: () => replay(large) }, ROUNDS);
  const ratio = medianSeconds(runs.large) / medianSeconds(runs.small);
  const peak = Math.max(...runs.small.map(({ peakMebibytes }) => peakMebibytes));
  const rate = small.packets / medianSeconds(runs.small);
  return [
    {
      measured: `\`hepsim replay\` of ${large.name} against ${small.name}`,
      figure: `${ratio.toFixed(2)} x its time (${thousands(rate)} packets/s with ${small.name})`,
      bar: '<= 1.6 x',
      holds: ratio <= 1.6,
    },
    memoryFigure(small, peak, 130),
  ];
}

function memory(workload: ReplayWorkload, most: number): Figure {
  return memoryFigure(workload, replay(workload).peakMebibytes, most);
}

function memoryFigure({ packets, flows }: ReplayWorkload, peak: number, most: number): Figure {
  return {
    measured: `peak memory of \`hepsim replay\`, ${thousands(packets)} packets in ${thousands(flows)} flows`,
    figure: `${thousands(peak)} MiB`,
    bar: `<= ${most} MiB`,
    holds: peak <= most,
  };
}

function runProgram(program: string, args: readonly string[]): ProcessRun {
  const start = process.hrtime.bigint();
  const done = spawnSync(program, args, { stdio: 'ignore' });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (done.status !== 0) throw new Error(`${program}: exit ${done.status}`);
  return { seconds, peakMebibytes: 0, output: '' };
}
