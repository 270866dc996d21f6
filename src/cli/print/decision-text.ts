import type { Decision } from '../../simulate/packet-result.ts';

const KINDS: Readonly<Record<Decision['kind'], string>> = {
  policy: 'policy',
  profile: 'profile',
  failsafe: 'failsafe port',
  default: 'default: no rule matched',
  conntrack: 'connection tracking',
  workload: 'workload rule',
  tunnel: "Calico's own tunnels",
  unpoliced: 'no policy applies',
  foreign: "a rule of the host's own",
  routing: 'routing',
};

/** What a decision says, in one line of words: `policy allow-nodeport (tier default), ingress rule 0, preDNAT, endpoint node1-eth0`. */
export function decisionText(decision: Decision): string {
  const { kind, policy, tier, direction, ruleIndex, type, endpoint, reason } = decision;
  const parts: string[] = [];
  if (policy === undefined) parts.push(KINDS[kind]);
  else parts.push(`${KINDS[kind]} ${policy}${tier === undefined ? '' : ` (tier ${tier})`}`);
  if (ruleIndex !== undefined) parts.push(`${direction ?? ''} rule ${ruleIndex}`.trimStart());
  else if (direction !== undefined) parts.push(direction);
  if (type !== undefined) parts.push(`${type} policy`);
  if (endpoint !== undefined) parts.push(`endpoint ${endpoint}`);
  if (reason !== undefined) parts.push(reason);
  return parts.join(', ');
}

/** Where in the rules a decision was made: `mangle hep-pi-... rule 4`; empty where no rule made it. */
export function decisionPlace(decision: Decision): string {
  const { hook, table, chain, rule } = decision;
  if (table === undefined || chain === undefined) return '';
  const where = rule === 0 ? 'policy of the chain' : `rule ${rule ?? '?'}`;
  return `${hook === undefined ? '' : `${hook}, `}${table} ${chain} ${where}`;
}
