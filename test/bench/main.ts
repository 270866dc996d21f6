// Measures everything that issue 2 sets a bar for and prints a table. `npm run bench` builds, bundles this file and runs it from the
// repository's root; `npm run bench -- packets` measures one part.
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../../src/machine/run-program.ts';
import { applyFigures, measureApply } from './apply.ts';
import { type ConnectionTableFigures, measureConnectionTables } from './connections.ts';
import { type Figure, renderFigures, thousands } from './figure.ts';
import { measureLoading } from './loading.ts';
import { measurePackets, type PacketRates } from './packets.ts';
import { runNode } from './processes.ts';
import {
  type FirstReading,
  measureFirstReading,
  measureReading,
  type ReadingTimes,
} from './reading.ts';
import { measureReplay } from './replay.ts';
import { type CaseRate, measureScenarioCases } from './scenario-cases.ts';
import { measureStartUp } from './start-up.ts';

/** What is measured in process has a process of its own, so that no part is compiled for what another part did. */
const IN_PROCESS: Readonly<Record<string, () => unknown>> = {
  'in-process-packets': measurePackets,
  'in-process-cases': measureScenarioCases,
  'in-process-apply': measureApply,
  'in-process-reading': measureReading,
  'in-process-first-reading': measureFirstReading,
  'in-process-connections': measureConnectionTables,
};

/** What takes long, and is measured only when asked for. */
const ASKED_FOR: ReadonlySet<string> = new Set(['replay']);

const PARTS: Readonly<Record<string, () => readonly Figure[]>> = {
  'start-up': measureStartUp,
  loading: measureLoading,
  cases: caseFigures,
  apply: () => applyFigures(runInNamespace),
  packets: packetFigures,
  replay: measureReplay,
  reading: readingFigures,
  connections: connectionFigures,
};

function caseFigures(): readonly Figure[] {
  const rate = JSON.parse(runPart('in-process-cases')) as CaseRate;
  return [
    {
      measured: `scenario cases, in process, per second of processor time, policy's second opinion included: ${thousands(rate.cases)} cases (${thousands(rate.packets)} packets) of \`scenarios/\`, best of ${rate.rounds}`,
      figure: `${thousands(rate.casesPerSecond)} cases/s`,
      bar: '>= 20,000/s',
      holds: rate.casesPerSecond >= 20_000,
    },
  ];
}

function packetFigures(): readonly Figure[] {
  const rates = JSON.parse(runPart('in-process-packets')) as PacketRates;
  const about = `${thousands(rates.packets)} new connections through ${thousands(rates.rules)} policy rules (${thousands(rates.compiledRules)} netfilter rules), best of ${rates.rounds}`;
  return [
    {
      measured: `trace evaluation in process, per second of processor time, with the deciding line: ${about}`,
      figure: `${thousands(rates.decisions)} packets/s`,
      bar: '>= 100,000/s',
      holds: rates.decisions >= 100_000,
    },
    {
      measured: 'the same, for the verdict alone',
      figure: `${thousands(rates.verdicts)} packets/s`,
      bar: undefined,
      holds: true,
    },
  ];
}

function readingFigures(): readonly Figure[] {
  const times = JSON.parse(runPart('in-process-reading')) as ReadingTimes;
  const first = Array.from(
    { length: FIRST_READINGS },
    () => JSON.parse(runPart('in-process-first-reading')) as FirstReading,
  );
  const elapsed = median(first.map((reading) => reading.elapsed));
  const processor = median(first.map((reading) => reading.processor));
  return [
    {
      measured: `${thousands(times.rules)} rules of iptables-save read in a fresh process, by the clock (processor time of all threads), median of ${FIRST_READINGS}`,
      figure: `${thousands(elapsed)} ms (${thousands(processor)} ms)`,
      bar: '<= 300 ms',
      holds: elapsed <= 300,
    },
    {
      measured: 'the same in a process that has read them before, processor time, best of 5',
      figure: `${thousands(times.bestRules)} ms`,
      bar: '<= 300 ms',
      holds: times.bestRules <= 300,
    },
    {
      measured: `a set of ${thousands(times.elements)} entries of ipset save read, processor time, best of 5`,
      figure: `${thousands(times.bestElements)} ms (${thousands(times.firstElements)} ms the first time in a process)`,
      bar: '<= 2 s',
      holds: times.bestElements <= 2000,
    },
  ];
}

/** Fresh processes, of which the middle one counts. */
const FIRST_READINGS = 9;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

function connectionFigures(): readonly Figure[] {
  const measured = JSON.parse(runPart('in-process-connections')) as ConnectionTableFigures;
  const about = `a connection table of ${thousands(measured.entries)} entries, read and put in place, in process, processor time, best of ${measured.rounds}`;
  const figure = (seconds: number): Pick<Figure, 'figure' | 'bar' | 'holds'> => ({
    figure: `${seconds.toFixed(2)} s`,
    bar: '<= 2 s',
    holds: seconds <= 2,
  });
  return [
    { measured: `${about}: the lines of conntrack`, ...figure(measured.lines) },
    { measured: 'the same, its XML', ...figure(measured.xml) },
    { measured: 'the same, the lines in a Host document', ...figure(measured.document) },
  ];
}

function runPart(name: string): string {
  return runNode([fileURLToPath(import.meta.url), name]).output;
}

/** Rules are written where nobody else's are. */
function runInNamespace(name: string): string {
  const file = fileURLToPath(import.meta.url);
  return runProgram('unshare', ['--net', process.execPath, file, name], { timeoutMs: 1_200_000 })
    .stdout;
}

function printFigures(wanted: readonly string[]): void {
  const figures: Figure[] = [];
  for (const [name, measure] of Object.entries(PARTS)) {
    if (wanted.length > 0 ? !wanted.includes(name) : ASKED_FOR.has(name)) continue;
    process.stderr.write(`measuring ${name} ...\n`);
    figures.push(...measure());
  }
  const load = loadavg().map((one) => one.toFixed(1));
  const machine = `${process.version}, ${process.arch}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, load ${load.join(', ')} (1, 5, 15 minutes)`;
  process.stdout.write(`\n${machine}\n\n${renderFigures(figures)}`);
  process.exitCode = figures.every(({ holds }) => holds) ? 0 : 1;
}

const wanted = process.argv.slice(2);
const inProcess = IN_PROCESS[wanted[0] ?? ''];
if (inProcess === undefined) printFigures(wanted);
else process.stdout.write(JSON.stringify(await inProcess()));
