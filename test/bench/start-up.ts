import { type Figure, thousands } from './figure.ts';
import { interleave, medianSeconds, runNode } from './processes.ts';

const ROUNDS = 31;

const NODEPORT = ['cluster', 'v3-policy', 'v3-pinhole', 'v3-workload'].flatMap((name) => [
  '-f',
  `scenarios/nodeport/${name}.yaml`,
]);

/** Whole processes, against a Node that does nothing. */
export function measureStartUp(): readonly Figure[] {
  const runs = interleave(
    {
      nothing: () => runNode(['-e', '0']),
      trace: () =>
        runNode([
          'bin/hepsim.js',
          'trace',
          ...NODEPORT,
          'tcp 203.0.113.7:40000 to 192.0.2.10:31852 in=eth0',
        ]),
      test: () => runNode(['bin/hepsim.js', 'test', 'scenarios']),
    },
    ROUNDS,
  );
  const nothing = medianSeconds(runs.nothing);
  const trace = medianSeconds(runs.trace);
  const test = medianSeconds(runs.test);
  const against = (seconds: number): string =>
    `${(seconds / nothing).toFixed(2)} x (${thousands(seconds * 1000)} ms against ${thousands(nothing * 1000)} ms)`;
  const about = `median of ${ROUNDS} runs each, in turn`;
  return [
    {
      measured: `whole \`hepsim trace\` of the NodePort example against \`node -e 0\`; ${about}`,
      figure: against(trace),
      bar: '<= 2 x',
      holds: trace <= 2 * nothing,
    },
    {
      measured: `whole \`hepsim test scenarios\` against \`node -e 0\`; ${about}`,
      figure: against(test),
      bar: undefined,
      holds: true,
    },
  ];
}
