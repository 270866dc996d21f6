import { renderIpAddress, sameIpAddress } from '../address/ip-address.ts';
import type { Observation, TracedRule } from '../lab/kernel-lab.ts';
import type { PacketResult } from '../simulate/packet-result.ts';
import { isRejectChance } from '../simulate/reject-answer.ts';
import { seenLast } from './seen-last.ts';

/** One thing that simulation and kernel say differently of a packet. */
export interface Difference {
  /** A result field, nested ones by their dotted name. */
  readonly field: string;
  readonly simulated: string;
  readonly kernel: string;
}

/**
 * Compares everything that was observed of a packet with its simulation; empty where they agree. The simulation is determined; where chance leaves
 * it several ways, the kernel must have taken one of them in every respect.
 */
export function compareObservation(
  result: PacketResult,
  observed: Observation,
): readonly Difference[] {
  const differences = compareWay(result, observed);
  if (differences.length === 0) return differences;
  const isOther = result.otherWays?.some((way) => compareWay(way, observed).length === 0);
  return isOther === true ? [] : differences;
}

function compareWay(result: PacketResult, observed: Observation): readonly Difference[] {
  const differences: Difference[] = [];
  const hold = (field: string, simulated: unknown, kernel: unknown): void => {
    if (simulated === kernel) return;
    differences.push({ field, simulated: String(simulated), kernel: String(kernel) });
  };
  if (!isRateLimited(result, observed) && !isAnsweredByChance(result, observed)) {
    hold('verdict', result.verdict, observed.verdict);
  }
  hold('delivered', result.delivered, observed.delivered);
  const { final, mark } = seenLast(result);
  for (const [field, name] of [
    ['source', 'src'],
    ['destination', 'dst'],
  ] as const) {
    if (sameIpAddress(final[field], observed.final[field])) continue;
    hold(`final.${name}`, renderIpAddress(final[field]), renderIpAddress(observed.final[field]));
  }
  hold('final.sport', final.sourcePort, observed.final.sourcePort);
  hold('final.dport', final.destinationPort, observed.final.destinationPort);
  hold('mark', mark, observed.mark);
  hold('state', result.state ?? undefined, observed.state);
  if (observed.rules !== undefined) hold('hops', hopsText(result), tracedText(observed.rules));
  return differences;
}

/** The kernel answers unroutable packets of one sender only so often; beyond that they just vanish, and the lab says so. */
function isRateLimited(result: PacketResult, observed: Observation): boolean {
  return (
    result.verdict === 'reject' &&
    result.decision.kind === 'routing' &&
    observed.verdict === 'drop' &&
    observed.answerLimited === true
  );
}

/**
 * REJECT answers packets of protocols that it does not know only when their payload happens to sum to zero, as that of an empty packet
 * does; a packet here does not say what it carries.
 * Source: net/ipv4/netfilter/nf_reject_ipv4.c, nf_reject_verify_csum (Linux 6.18); netfilter-facts 2.2.
 */
function isAnsweredByChance(result: PacketResult, observed: Observation): boolean {
  const last = result.steps.findLast((step) => step.kind === 'rule');
  return (
    result.verdict === 'drop' &&
    observed.verdict === 'reject' &&
    last?.rule.target?.kind === 'reject' &&
    isRejectChance(result.packet.protocol)
  );
}

function hopsText({ hops }: PacketResult): string {
  return hops.map((hop) => `${hop.hook} ${hop.table} ${hop.chain} ${hop.rule}`).join(', ');
}

function tracedText(rules: readonly TracedRule[]): string {
  return rules.map((rule) => `${rule.hook} ${rule.table} ${rule.chain} ${rule.rule}`).join(', ');
}
