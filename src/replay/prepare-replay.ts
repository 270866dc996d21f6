import { CaptureError } from '../capture/capture-error.ts';
import { isReadableLinkType, linkTypeName, READABLE_NAMES } from '../capture/link-type.ts';
import type { OpenCapture } from '../capture/open-capture.ts';
import type { NodeModel } from '../scenario/node-model.ts';
import { Router } from '../simulate/routing/router.ts';
import { Attribution } from './attribution.ts';
import { Outcomes } from './outcomes.ts';
import { ReferenceEvaluator } from './reference-evaluator.ts';
import { Replay } from './replay.ts';
import type { PacketFilter, PacketSink } from './replayed-packet.ts';
import { type ReplaySummary, summarize } from './summary.ts';
import { Tally } from './tally.ts';
import { hasRules, tracksConnections } from './tracks-connections.ts';

export interface PreparedOptions {
  /** An interface of the host on which everything arrived, or `local`. */
  readonly in?: string | undefined;
  readonly ignoreChecksums?: boolean | undefined;
  readonly filter?: PacketFilter | undefined;
  /** Gets the outcomes by whose numbers the sink is told what became of packets. */
  readonly sink?: ((outcomes: Outcomes) => PacketSink) | undefined;
  readonly progress?: ((packets: number) => void) | undefined;
}

/**
 * Takes the packets of captures through a host and counts what became of them.
 *
 * @throws CaptureError when a capture holds packets of link types alone that are not read.
 */
export async function replayCaptures(
  model: NodeModel,
  captures: readonly OpenCapture[],
  options: PreparedOptions,
): Promise<ReplaySummary> {
  const { host } = model;
  const simulator = model.wholeSimulator();
  const outcomes = new Outcomes();
  const tally = new Tally(outcomes);
  const attribution = new Attribution(host, new Router(host), options.in);
  const rulesets = { 4: model.ruleset(4), 6: model.ruleset(6) };
  const reference = new ReferenceEvaluator({
    host,
    run: (packet) => simulator.run(packet),
    outcomes,
    ignoreChecksums: options.ignoreChecksums === true,
    tracks: { 4: tracksConnections(rulesets[4]), 6: tracksConnections(rulesets[6]) },
    hasRules: { 4: hasRules(rulesets[4]), 6: hasRules(rulesets[6]) },
  });
  for (const capture of captures) if (capture.reader.format === 'pcap') checkLinkTypes(capture);
  const replay = new Replay({
    captures,
    attribution,
    reference,
    fast: undefined,
    tally,
    filter: options.filter,
    sink: options.sink?.(outcomes),
    progress: options.progress,
  });
  await replay.run();
  for (const capture of captures) checkLinkTypes(capture);
  const isFiltered = options.filter !== undefined;
  return summarize(replay, captures, attribution, { tally, isFiltered });
}

/** @throws CaptureError when the capture has interfaces, all of link types that are not read. */
function checkLinkTypes({ file, reader }: OpenCapture): void {
  const types = [...new Set(reader.interfaces.map(({ linkType }) => linkType))];
  if (types.length === 0 || types.some(isReadableLinkType)) return;
  const names = types.map(linkTypeName).join(', ');
  throw new CaptureError(
    file,
    `its link type is ${names}`,
    `Packets of ${READABLE_NAMES} are read.`,
  );
}
