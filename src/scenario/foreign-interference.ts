import { isOwnChain, isOwnRule } from '../ruleset/own-chains.ts';
import type { PacketResult, TraceStep } from '../simulate/packet-result.ts';

/**
 * Whether a rule of the host's own had a say in what policy's rules saw of a packet: accepted it before they were asked, took it off connection tracking, or changed a
 * bit of the mark that they speak to each other with. Policy alone knows nothing of that.
 */
export function hostInterferes({ steps }: PacketResult, markMask: number): boolean {
  let place = '';
  let asked = false;
  for (const step of steps) {
    if (step.kind === 'hook') place = '';
    if (step.kind === 'mark' && step.mark !== 0) return true;
    if (step.kind !== 'rule') continue;
    const here = `${step.hook} ${step.table}`;
    if (here !== place) asked = false;
    place = here;
    if (isPolicy(step)) asked = true;
    else if (interferes(step, asked, markMask)) return true;
  }
  return false;
}

type RuleStep = Extract<TraceStep, { readonly kind: 'rule' }>;

function isPolicy({ rule, chain }: RuleStep): boolean {
  return rule.meaning !== undefined || isOwnChain(chain) || isOwnRule(rule);
}

function interferes({ rule, table }: RuleStep, asked: boolean, markMask: number): boolean {
  const { target } = rule;
  switch (target?.kind) {
    case 'accept':
      return !asked && table !== 'nat';
    case 'notrack':
    case 'tproxy':
      return true;
    case 'mark':
      return ((target.mask | target.value) & markMask) !== 0;
    default:
      return false;
  }
}
