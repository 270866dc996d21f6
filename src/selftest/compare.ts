import { renderIpAddress, sameIpAddress } from '../address/ip-address.ts';
import type { Observation, TracedRule } from '../lab/kernel-lab.ts';
import { LOCAL } from '../packet/packet.ts';
import type { PacketResult } from '../simulate/packet-result.ts';
import { seenLast } from './seen-last.ts';

/** One thing that simulation and kernel say differently of a packet. */
export interface Difference {
  /** A result field, nested ones by their dotted name. */
  readonly field: string;
  readonly simulated: string;
  readonly kernel: string;
}

/** Compares everything that was observed of a packet with its simulation; empty where they agree. The simulation is determined. */
export function compareObservation(
  result: PacketResult,
  observed: Observation,
): readonly Difference[] {
  const differences: Difference[] = [];
  const hold = (field: string, simulated: unknown, kernel: unknown): void => {
    if (simulated === kernel) return;
    differences.push({ field, simulated: String(simulated), kernel: String(kernel) });
  };
  if (!isRateLimited(result, observed)) hold('verdict', result.verdict, observed.verdict);
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

/**
 * An IPv4 router answers unroutable packets of one source only so often, whatever the sysctls say; beyond that they just vanish.
 * Source: net/ipv4/route.c, ip_error (Linux 6.18); netfilter-facts 5.1.
 */
function isRateLimited(result: PacketResult, observed: Observation): boolean {
  return (
    result.verdict === 'reject' &&
    observed.verdict === 'drop' &&
    result.decision.kind === 'routing' &&
    result.packet.family === 4 &&
    result.packet.in !== LOCAL
  );
}

function hopsText({ hops }: PacketResult): string {
  return hops.map((hop) => `${hop.hook} ${hop.table} ${hop.chain} ${hop.rule}`).join(', ');
}

function tracedText(rules: readonly TracedRule[]): string {
  return rules.map((rule) => `${rule.hook} ${rule.table} ${rule.chain} ${rule.rule}`).join(', ');
}
