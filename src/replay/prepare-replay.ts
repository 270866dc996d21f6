import type { IpFamily } from '../address/ip-address.ts';
import { CaptureError } from '../capture/capture-error.ts';
import { isReadableLinkType, linkTypeName, READABLE_NAMES } from '../capture/link-type.ts';
import type { OpenCapture } from '../capture/open-capture.ts';
import type { NodeModel } from '../scenario/node-model.ts';
import { FastEvaluator } from '../simulate/fast/fast-evaluator.ts';
import { CHECKED } from '../simulate/fast/plain-layout.ts';
import type { MemoryUse } from '../simulate/fast/plain-memory.ts';
import { Router } from '../simulate/routing/router.ts';
import { Attribution } from './attribution.ts';
import { FastPath } from './fast-path.ts';
import { Outcomes } from './outcomes.ts';
import { checksChecksums, ReferenceEvaluator } from './reference-evaluator.ts';
import { Replay } from './replay.ts';
import type { PacketFilter, PacketSink } from './replayed-packet.ts';
import { type ReplaySummary, summarize } from './summary.ts';
import { Tally } from './tally.ts';
import { hasRules, tracksConnections, translatesAddresses } from './tracks-connections.ts';

export interface PreparedOptions {
  /** An interface of the host on which everything arrived, or `local`. */
  readonly in?: string | undefined;
  readonly ignoreChecksums?: boolean | undefined;
  /** Packets of connections that began before the captures belong to established ones. */
  readonly assumeEstablished?: boolean | undefined;
  readonly filter?: PacketFilter | undefined;
  readonly sink?: PacketSink | undefined;
  /** Another policy that judges the same packets. */
  readonly against?: NodeModel | undefined;
  readonly progress?: ((packets: number) => void) | undefined;
}

/** Of captures that are small together, as those in scenarios are. */
const SMALL_BYTES = 1 << 21;

/** What the other policy's counts need. */
const BESIDE: MemoryUse = { runsCode: false, size: 'small' };

/** A replay that is ready to run: what its filter and sink, which need the outcomes, are made with. */
export interface PreparedReplay {
  readonly outcomes: Outcomes;
  /** The other policy's. */
  readonly otherOutcomes: Outcomes;
  /**
   * Takes the packets of captures through the host and counts what became of them.
   *
   * @throws CaptureError when a capture holds packets of link types alone that are not read.
   */
  readonly run: (
    captures: readonly OpenCapture[],
    options: PreparedOptions,
  ) => Promise<ReplaySummary>;
}

/** Prepares a replay through a host. */
export function prepareReplay(model: NodeModel): PreparedReplay {
  const outcomes = new Outcomes();
  const otherOutcomes = new Outcomes();
  return {
    outcomes,
    otherOutcomes,
    run: async (captures, options) => {
      const { host } = model;
      const { against, filter, sink, progress } = options;
      const tally = new Tally(outcomes, {
        runsCode: isCounted(options),
        size: areSmall(captures) ? 'small' : 'large',
      });
      const attribution = new Attribution(host, new Router(host), options.in);
      const models = against === undefined ? [model] : [model, against];
      for (const capture of captures) {
        if (capture.reader.format === 'pcap') checkLinkTypes(capture);
      }
      const evaluators = evaluatorsOf(model, models, tally, options);
      const replay = new Replay({
        captures,
        attribution,
        reference: evaluators.reference,
        fast: evaluators.fast,
        asksWhatIsSent: evaluators.translates,
        other:
          against === undefined
            ? undefined
            : evaluatorsOf(against, models, new Tally(otherOutcomes, BESIDE), options).reference,
        tally,
        filter,
        sink,
        progress,
      });
      await replay.run();
      for (const capture of captures) checkLinkTypes(capture);
      return summarize(replay, captures, attribution, { tally, isFiltered: filter !== undefined });
    },
  };
}

/** Whether packets are counted alone, which is what the fast evaluator is for. */
function isCounted({ filter, sink, against }: PreparedOptions): boolean {
  return filter === undefined && sink === undefined && against === undefined;
}

/** Whether there can be few connections and flows alone. */
function areSmall(captures: readonly OpenCapture[]): boolean {
  const most = captures.reduce(
    (sum, { sizeBytes }) => sum + (sizeBytes ?? Number.POSITIVE_INFINITY),
    0,
  );
  return most <= SMALL_BYTES;
}

/**
 * The evaluators of one policy: the reference evaluator, and where packets are only counted the fast one in front of it. Fragments are put
 * together where any of the models tracks connections, so that all see the same packets.
 */
function evaluatorsOf(
  model: NodeModel,
  models: readonly NodeModel[],
  tally: Tally,
  options: PreparedOptions,
): {
  readonly reference: ReferenceEvaluator;
  readonly fast: FastPath | undefined;
  readonly translates: boolean;
} {
  const { host } = model;
  const ignoreChecksums = options.ignoreChecksums === true;
  const assumesOlderConnections = options.assumeEstablished === true;
  const simulator = model.wholeSimulator({ assumesOlderConnections });
  const checksums = !ignoreChecksums && checksChecksums(host);
  const fast = isCounted(options)
    ? new FastEvaluator(simulator, {
        checksums,
        assumesEstablished: assumesOlderConnections,
        memory: tally.memory,
      })
    : undefined;
  const checked =
    (ignoreChecksums ? CHECKED.none : CHECKED.header) |
    (checksums ? CHECKED.transport : CHECKED.none);
  const translates = translatesAddresses(model.ruleset(4)) || translatesAddresses(model.ruleset(6));
  const tracks = (family: IpFamily): boolean =>
    models.some((one) => tracksConnections(one.ruleset(family)));
  const reference = new ReferenceEvaluator({
    host,
    run: (packet) => fast?.runReference(packet) ?? simulator.run(packet),
    leavesTranslated: (packet) => translates && simulator.leavesTranslated(packet),
    outcomes: tally.outcomes,
    ignoreChecksums,
    tracks: { 4: tracks(4), 6: tracks(6) },
    hasRules: { 4: hasRules(model.ruleset(4)), 6: hasRules(model.ruleset(6)) },
  });
  return {
    reference,
    fast: fast === undefined ? undefined : new FastPath(fast, tally, checked),
    translates,
  };
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
