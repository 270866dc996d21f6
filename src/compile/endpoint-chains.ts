import { IP_PROTOCOL } from '../address/protocol.ts';
import type { EndpointTier, ResolvedProfile } from '../policy/node-policy.ts';
import type { ChainOwner } from '../ruleset/rule-meaning.ts';
import type { Rule } from '../ruleset/ruleset.ts';
import type { Target } from '../ruleset/target/target.ts';
import type { SourceLocation } from '../source/location.ts';
import { allowTarget, type CompileContext, denyTarget, denyWord } from './compile-context.ts';
import { failsafeChain } from './failsafe-chains.ts';
import type { PolicyChains } from './policy-chains.ts';
import {
  clearMark,
  inState,
  jumpTo,
  NOTRACK,
  ofProtocol,
  RETURN,
  rule,
  setMark,
  whenMarked,
  whenUnmarked,
  withPort,
} from './rule-parts.ts';
import type { TableBuilder } from './table-builder.ts';

/** One chain of an endpoint: what is judged, for whom, by which policies. */
export interface EndpointChain {
  readonly name: string;
  readonly owner: ChainOwner;
  readonly location: SourceLocation;
  readonly tiers: readonly EndpointTier[];
  /** Used by normal and workload chains only. */
  readonly profiles: readonly ResolvedProfile[];
}

/** Where chains of endpoints are written to. */
export interface EndpointTable {
  readonly table: TableBuilder;
  readonly chains: PolicyChains;
  readonly context: CompileContext;
}

/** Writes an endpoint's chain. Source: `calico-semantics` 5.11, whose steps the functions below follow in order. */
export function addEndpointChain(chain: EndpointChain, to: EndpointTable): void {
  const { marks, facts } = to.context;
  const { type } = chain.owner;
  const cleared = facts.clearsPassWithAccept ? (marks.accept | marks.pass) >>> 0 : marks.accept;
  const rules = [
    ...conntrackRules(chain, to),
    ...failsafeRules(chain, to),
    rule([], clearMark(cleared), { origin: chain.location }),
    ...tunnelRules(chain, to),
    ...policyRules(chain, to),
    ...(type === 'forward' ? forwardDefaultRules(chain, to) : []),
    ...(type === 'normal' || type === 'workload' ? profileRules(chain, to) : []),
  ];
  to.table.addUser(chain.name, rules, chain.owner);
}

function conntrackRules({ owner, location }: EndpointChain, to: EndpointTable): Rule[] {
  const { context, table } = to;
  if (owner.type === 'untracked') return [];
  const details = { origin: location, meaning: { kind: 'conntrack' } } as const;
  const known = [inState('RELATED', 'ESTABLISHED')];
  const allow = chainAllowTarget(owner, to);
  const rules =
    allow.kind === 'return'
      ? // Returning alone would leave the packet undecided, so it is marked as allowed first.
        [
          rule(known, setMark(context.marks.accept), details),
          rule(known, RETURN, { origin: location }),
        ]
      : [rule(known, allow, details)];
  if (!context.config.disableConntrackInvalidCheck) {
    rules.push(rule([inState('INVALID')], denyTarget(context, table.name), details));
  }
  return rules;
}

/** What connection tracking lets a known packet meet. Egress policy in mangle only marks, and its caller decides. */
function chainAllowTarget(owner: ChainOwner, { table, context }: EndpointTable): Target {
  const egressAfterDnat = table.name === 'mangle' && owner.type === 'normal';
  return egressAfterDnat ? RETURN : allowTarget(context, table.name);
}

function failsafeRules({ owner, location }: EndpointChain, to: EndpointTable): Rule[] {
  if (owner.type === 'forward' || owner.type === 'workload') return [];
  const chain = failsafeChain(owner.direction, to.table, to.context);
  return [rule([], jumpTo(chain), { origin: location })];
}

/** Workloads may not pose as tunnels between hosts. */
function tunnelRules({ owner, location }: EndpointChain, to: EndpointTable): Rule[] {
  const { config, facts } = to.context;
  const sends = owner.type === 'workload' && owner.direction === 'egress';
  if (!sends || !facts.workloadTunnelsDropped) return [];
  const deny = denyTarget(to.context, to.table.name);
  const word = denyWord(to.context, to.table.name);
  const details = { origin: location, meaning: { kind: 'workload' } } as const;
  const rules: Rule[] = [];
  if (!config.allowVxlanFromWorkloads) {
    const vxlan = [ofProtocol(IP_PROTOCOL.udp), withPort('destination', config.vxlanPort)];
    const words = `${word} VXLAN encapped packets originating in workloads`;
    rules.push(rule(vxlan, deny, { ...details, words }));
  }
  if (!config.allowIpipFromWorkloads) {
    const words = `${word} IPinIP encapped packets originating in workloads`;
    rules.push(rule([ofProtocol(IP_PROTOCOL.ipip)], deny, { ...details, words }));
  }
  return rules;
}

function policyRules({ owner, location, tiers }: EndpointChain, to: EndpointTable): Rule[] {
  const { marks } = to.context;
  const origin = location;
  const rules: Rule[] = [];
  const whenAccepted = [whenMarked(marks.accept)];
  const unlessPassed = [whenUnmarked(marks.pass)];
  for (const tier of tiers) {
    const policies = tier[owner.direction];
    if (policies.length === 0) continue;
    rules.push(rule([], clearMark(marks.pass), { origin, words: `Start of tier ${tier.tier}` }));
    for (const policy of policies) {
      const chain = to.chains.ofPolicy(policy, owner.direction);
      rules.push(rule(unlessPassed, jumpTo(chain), { origin }));
      if (owner.type === 'untracked') {
        rules.push(rule(whenAccepted, NOTRACK, { origin }));
      }
      const words = 'Return if policy accepted';
      rules.push(rule(whenAccepted, RETURN, { origin, words }));
    }
    // Untracked and pre-DNAT policy is not the last word: filter still has normal policy.
    const isLastWord = owner.type !== 'untracked' && owner.type !== 'preDNAT';
    if (isLastWord && tier.defaultAction === 'deny') {
      rules.push(
        rule([whenUnmarked(marks.pass)], denyTarget(to.context, to.table.name), {
          origin,
          words: `${denyWord(to.context, to.table.name)} if no policies passed packet`,
          meaning: { kind: 'default', tier: tier.tier },
        }),
      );
    }
  }
  return rules;
}

/** Forwarded packets are allowed where no forward policy speaks. Source: `calico-semantics` 8.3. */
function forwardDefaultRules({ owner, location, tiers }: EndpointChain, to: EndpointTable): Rule[] {
  const { marks, facts } = to.context;
  const isPoliced =
    facts.forwardDefault === 'both-directions'
      ? tiers.some((tier) => tier.ingress.length + tier.egress.length > 0)
      : tiers.some((tier) => tier[owner.direction].length > 0);
  if (isPoliced) return [];
  const words = 'Allow forwarded traffic by default';
  return [
    rule([], setMark(marks.accept), { origin: location, words }),
    rule([], RETURN, { origin: location, words: 'Return for accepted forward traffic' }),
  ];
}

function profileRules({ owner, location, profiles }: EndpointChain, to: EndpointTable): Rule[] {
  const { marks } = to.context;
  const origin = location;
  const rules: Rule[] = [];
  for (const profile of profiles) {
    rules.push(rule([], jumpTo(to.chains.ofProfile(profile, owner.direction)), { origin }));
    const words = 'Return if profile accepted';
    rules.push(rule([whenMarked(marks.accept)], RETURN, { origin, words }));
  }
  rules.push(
    rule([], denyTarget(to.context, to.table.name), {
      origin,
      words: `${denyWord(to.context, to.table.name)} if no profiles matched`,
      meaning: { kind: 'default', tier: undefined },
    }),
  );
  return rules;
}
