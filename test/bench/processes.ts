import { spawnSync } from 'node:child_process';

/** What one run of a program took. */
export interface ProcessRun {
  readonly seconds: number;
  /** The most memory that it held at once. */
  readonly peakMebibytes: number;
  readonly output: string;
}

/** Loaded into a program that is measured, so that it says its peak memory on descriptor 3. */
const TELL_PEAK = `data:text/javascript,${encodeURIComponent(
  `import { writeSync } from 'node:fs';
   process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS)));`,
)}`;

/** Runs Node with these arguments. @throws Error when the program fails. */
export function runNode(
  args: readonly string[],
  options: { readonly tellPeak?: true } = {},
): ProcessRun {
  const hook = options.tellPeak === true ? ['--import', TELL_PEAK] : [];
  const start = process.hrtime.bigint();
  const done = spawnSync(process.execPath, [...hook, ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (done.status !== 0) throw new Error(`node ${args.join(' ')}: ${done.stderr}`);
  return { seconds, peakMebibytes: Number(done.output[3]) / 1024, output: done.stdout };
}

/** Runs the programs in turn, as often as `rounds` says, so that whatever else the machine does falls on all of them alike. */
export function interleave<Name extends string>(
  programs: Readonly<Record<Name, () => ProcessRun>>,
  rounds: number,
): Record<Name, readonly ProcessRun[]> {
  const names = Object.keys(programs) as Name[];
  const runs = Object.fromEntries(names.map((name) => [name, [] as ProcessRun[]])) as Record<
    Name,
    ProcessRun[]
  >;
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) runs[name].push(programs[name]());
  }
  return runs;
}

/** The middle one of the runs' times, in seconds. */
export function medianSeconds(runs: readonly ProcessRun[]): number {
  const sorted = runs.map(({ seconds }) => seconds).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}
