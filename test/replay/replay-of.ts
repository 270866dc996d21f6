import { openCapture } from '../../src/capture/open-capture.ts';
import type { Outcome } from '../../src/replay/outcomes.ts';
import { type PreparedOptions, prepareReplay } from '../../src/replay/prepare-replay.ts';
import type { ReplaySummary } from '../../src/replay/summary.ts';
import { readResources } from '../../src/resources/read-resources.ts';
import { NodeModel } from '../../src/scenario/node-model.ts';

/** What a replay came to: its summary, and each packet's outcome with its frame. */
export interface Replayed {
  readonly summary: ReplaySummary;
  /** Empty where only counts were asked for. */
  readonly packets: readonly (Outcome & { readonly frame: number })[];
}

/** The node `node1` of documents. */
export function modelOf(text: string): NodeModel {
  return new NodeModel(readResources([{ file: 'policy.yaml', text }]), {
    node: 'node1',
    machine: 'node1',
    environment: new Map(),
  });
}

/** Replays a capture packet by packet. */
export async function replayEach(
  model: NodeModel,
  file: Uint8Array,
  options: PreparedOptions = {},
): Promise<Replayed> {
  const { outcomes, run } = prepareReplay(model);
  const packets: (Outcome & { readonly frame: number })[] = [];
  const capture = await openCapture('-', () => whole(file));
  const summary = await run([capture], {
    ...options,
    sink: ({ outcome, frame }) => packets.push({ ...outcomes.at(outcome), frame }),
  });
  return { summary, packets };
}

/** Replays a capture, of known size, for its summary alone, by the fast evaluator as far as it goes. */
export async function replayFast(
  model: NodeModel,
  file: Uint8Array,
  options: PreparedOptions = {},
): Promise<ReplaySummary> {
  const capture = await openCapture('-', () => whole(file));
  return prepareReplay(model).run([{ ...capture, sizeBytes: file.length }], options);
}

async function* whole(file: Uint8Array): AsyncGenerator<Uint8Array> {
  yield file;
}
