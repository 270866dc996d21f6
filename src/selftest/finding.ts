import type { IptablesBuild, Observation } from '../lab/kernel-lab.ts';
import type { Packet } from '../packet/packet.ts';
import type { Disagreement } from '../scenario/disagreement.ts';
import type { Difference } from './compare.ts';
import type { RulesetCase } from './ruleset-case.ts';

/** A disagreement: documents and packets, of whose last one two sides say different things. */
export interface Finding {
  readonly ruleset: RulesetCase;
  readonly packets: readonly Packet[];
  readonly about: KernelFinding | PolicyDifference;
}

/** Simulation and kernel disagree. */
export interface KernelFinding {
  readonly kind: 'kernel';
  readonly build: IptablesBuild;
  /** Whether the kernel was asked for the rules that packets hit. */
  readonly traced: boolean;
  readonly differences: readonly Difference[];
  readonly observed: Observation;
}

/** The simulated rules and policy itself disagree; the kernel has no part in it. */
export interface PolicyDifference {
  readonly kind: 'policy';
  readonly disagreement: Disagreement;
}

/** Whether two findings are about the same fault, as far as one can tell: the same sides, and a field in common. */
export function isSameFault(a: Finding['about'], b: Finding['about']): boolean {
  if (a.kind === 'policy' || b.kind === 'policy') return a.kind === b.kind;
  const fields = new Set(a.differences.map(({ field }) => field));
  return b.differences.some(({ field }) => fields.has(field));
}
