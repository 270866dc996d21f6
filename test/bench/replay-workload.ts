import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeRandom } from './random.ts';
import { type CapturedFlow, writeCapture } from './replay-capture.ts';
import { makeWorkload } from './workload.ts';

/** A capture and the policy that it is replayed through, ten rules a policy. */
export interface ReplaySize {
  readonly name: string;
  readonly policies: number;
  readonly flows: number;
  readonly packets: number;
}

/** What was written, and what must come out. */
export interface ReplayWorkload extends ReplaySize {
  readonly directory: string;
  readonly capture: string;
  /** `-n` and `-f` options for the documents. */
  readonly documents: readonly string[];
  /** Packets of flows that policy lets through, and all others. */
  readonly accepted: number;
  readonly dropped: number;
}

/** Writes documents and capture into a directory of its own. The same size gives the same bytes. */
export function writeReplayWorkload(parent: string, size: ReplaySize): ReplayWorkload {
  const directory = join(parent, size.name);
  mkdirSync(directory, { recursive: true });
  const { policies } = size;
  const workload = makeWorkload({ policies, rules: 10, otherPolicies: 0, endpoints: 1 });
  for (const [name, text] of workload.files) writeFileSync(join(directory, name), text);
  const flows = makeFlows(size, workload.packets(size.flows), workload.allows);
  const capture = join(directory, 'traffic.pcap');
  writeCapture(capture, flows);
  const sum = (allowed: boolean): number =>
    flows.filter((flow) => flow.allowed === allowed).reduce((all, flow) => all + flow.packets, 0);
  const documents = [...workload.files.keys()].flatMap((name) => ['-f', join(directory, name)]);
  return {
    ...size,
    directory,
    capture,
    documents: ['-n', 'bench', ...documents],
    accepted: sum(true),
    dropped: sum(false),
  };
}

/** Denied flows have one to three packets; the rest of the packets go to the others, to some many and to most few. */
function makeFlows(
  { packets }: ReplaySize,
  lines: readonly string[],
  allows: (line: string) => boolean,
): readonly CapturedFlow[] {
  const random = makeRandom(4);
  const flows = lines.map((line) => ({ line, allowed: allows(line), packets: 1 }));
  let left = packets - flows.length;
  for (const flow of flows) {
    if (flow.allowed) continue;
    const more = Math.min(left, random.below(3));
    flow.packets += more;
    left -= more;
  }
  const allowed = flows.filter((flow) => flow.allowed);
  if (allowed.length === 0) throw new Error('no flow of the workload is allowed');
  while (left > 0) {
    const more = Math.min(left, 1 + random.below(random.chance(0.1) ? 40 : 4));
    random.pick(allowed).packets += more;
    left -= more;
  }
  return flows;
}
