import type { IpFamily } from '../address/ip-address.ts';
import { isOwnChain, isOwnRule } from '../ruleset/own-chains.ts';
import type { PacketResult, TraceStep } from '../simulate/packet-result.ts';
import type { NodeModel } from './node-model.ts';

/**
 * Whether a rule of the host's own had a say in what policy's rules saw of a packet: accepted it before they were asked, took it off connection tracking, or changed a
 * bit of the mark that they speak to each other with. Policy alone knows nothing of that.
 */
export class HostInterference {
  private readonly model: NodeModel;
  private readonly markMask: number;
  private readonly hasOwnRules: Map<IpFamily, boolean> = new Map();

  constructor(model: NodeModel) {
    this.model = model;
    this.markMask = model.policy.config.markMask;
  }

  /** Whether the host's own rules interfered with the packet that the result is of. */
  isIn(result: PacketResult): boolean {
    if (result.events.some((event) => event.kind === 'mark' && event.mark !== 0)) return true;
    return this.hostHasRules(result.packet.family) && this.haveRulesInterfered(result.steps);
  }

  /** Most hosts of scenarios have none, so that nobody has to read which rules a packet met. */
  private hostHasRules(family: IpFamily): boolean {
    let has = this.hasOwnRules.get(family);
    if (has === undefined) {
      const { tables } = this.model.hostRules(family);
      has = tables.some(({ chains }) => chains.some(({ rules }) => rules.length > 0));
      this.hasOwnRules.set(family, has);
    }
    return has;
  }

  private haveRulesInterfered(steps: readonly TraceStep[]): boolean {
    let hook: RuleStep['hook'] | undefined;
    let table: RuleStep['table'] | undefined;
    let asked = false;
    for (const step of steps) {
      if (step.kind === 'hook') hook = undefined;
      if (step.kind !== 'rule') continue;
      if (step.hook !== hook || step.table !== table) asked = false;
      ({ hook, table } = step);
      if (isPolicy(step)) asked = true;
      else if (interferes(step, asked, this.markMask)) return true;
    }
    return false;
  }
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
