import type { PolicyDecision, PolicyStep } from '../policy/decide.ts';
import type { Decision, PacketResult } from '../simulate/packet-result.ts';

/** The compiled rules and policy itself say different things of one packet: a fault of hepsim, not of the documents. */
export interface Disagreement {
  /** What the compiled rules did. */
  readonly rules: string;
  /** What policy says. */
  readonly policy: string;
}

/** Compares what the rules did with what policy says; undefined where they agree or cannot be compared. */
export function findDisagreement(
  policy: PolicyDecision,
  result: PacketResult,
): Disagreement | undefined {
  if (agree(policy, result)) return undefined;
  return { rules: rulesText(result), policy: policyText(policy) };
}

function agree(policy: PolicyDecision, result: PacketResult): boolean {
  const { verdict, decision } = result;
  // The host's own rules are not policy's business; they may stop a packet before or after policy has seen it.
  if (decision.kind === 'foreign') return true;
  const stopped = policy.verdict === 'drop' || policy.verdict === 'reject';
  // Nor is where the kernel itself ends packets: routing, translation without an address to take.
  if (decision.kind === 'routing') return !stopped;
  if (verdict !== 'accept' && decision.kind === 'unpoliced') return !stopped;
  // Connection tracking without a rule ends packets before policy has seen all of them.
  if (verdict !== 'accept' && decision.kind === 'conntrack' && decision.rule === undefined) {
    return true;
  }
  if (verdict !== 'accept') {
    const same = policy.verdict === verdict || (policy.verdict === 'reject' && isSilent(result));
    return same && sameStep(decision, policy.decision);
  }
  if (stopped) return false;
  if (policy.verdict === 'returned' || policy.decision?.kind === 'tunnel') return true;
  // Accepted by the default of forwarding is accepted by nobody's decision.
  if (decision.kind === 'unpoliced') return policy.decision === undefined;
  return sameStep(decision, policy.decision);
}

/** REJECT does not answer everything; where it does not, the packet just vanishes, of which policy knows nothing. */
function isSilent({ verdict, steps }: PacketResult): boolean {
  const last = steps.findLast((step) => step.kind === 'rule');
  return verdict === 'drop' && last?.rule.target?.kind === 'reject';
}

function sameStep(decision: Decision, step: PolicyStep | undefined): boolean {
  if (step === undefined) return decision.kind === 'unpoliced';
  return (
    decision.kind === step.kind &&
    decision.policy === step.policy &&
    decision.ruleIndex === step.ruleIndex &&
    sameWherePresent(decision.tier, step.tier) &&
    sameWherePresent(decision.direction, step.direction) &&
    sameWherePresent(decision.endpoint, step.endpoint) &&
    sameWherePresent(decision.type, step.type)
  );
}

/** Rules that several endpoints share, such as those of connection tracking before any endpoint, name none. */
function sameWherePresent(a: string | undefined, b: string | undefined): boolean {
  return a === undefined || b === undefined || a === b;
}

function rulesText({ verdict, decision }: PacketResult): string {
  return `${verdict} by ${stepText(decision)}`;
}

function policyText({ verdict, decision }: PolicyDecision): string {
  return decision === undefined ? verdict : `${verdict} by ${stepText(decision)}`;
}

/** The fields that are compared, in words. */
function stepText(step: Decision | PolicyStep): string {
  const parts: (string | undefined)[] = [
    step.kind,
    step.policy,
    step.tier === undefined ? undefined : `tier ${step.tier}`,
    step.direction,
    step.ruleIndex === undefined ? undefined : `rule ${step.ruleIndex}`,
    step.type,
    step.endpoint === undefined ? undefined : `endpoint ${step.endpoint}`,
  ];
  return parts.filter((part) => part !== undefined).join(' ');
}
