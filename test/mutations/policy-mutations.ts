import type { Mutation } from './mutation.ts';

const ENDPOINTS = 'src/compile/endpoint-chains.ts';
const BLOCKS = 'src/compile/rule-blocks.ts';
const FAILSAFES = 'src/compile/failsafe-chains.ts';
const POLICIES = 'src/compile/policy-chains.ts';
const FORWARD = 'src/compile/forward-chain.ts';
const TIERS = 'src/policy/endpoint-tiers.ts';
const JUDGE = 'src/policy/judge.ts';
const DECIDE = 'src/policy/decide.ts';

/** Faults in what policy is compiled to. */
export const COMPILE_MUTATIONS: readonly Mutation[] = [
  {
    name: 'scratch-mark-not-cleared',
    file: BLOCKS,
    find: `if (index !== 1) preparation.push(`,
    replace: `if (index === 0) preparation.push(`,
    fault: 'a third list of alternatives counts as matched once the second did',
  },
  {
    name: 'other-familys-list-matches-all',
    file: BLOCKS,
    find: `  if (nets.length === 0 && entity.nets.length > 0) return undefined;
`,
    replace: ``,
    fault: 'a list of IPv4 nets matches every IPv6 packet',
  },
  {
    name: 'no-failsafe-in-raw',
    file: ENDPOINTS,
    find: `if (owner.type === 'forward' || owner.type === 'workload') return [];`,
    replace: `if (owner.type !== 'normal' && owner.type !== 'preDNAT') return [];`,
    fault: 'untracked policy drops failsafe ports',
  },
  {
    name: 'no-failsafe-replies-in-raw',
    file: FAILSAFES,
    find: `table.name === 'raw' ? opposite : []`,
    replace: `table.name === 'filter' ? [] : []`,
    fault: 'untracked policy drops the answers of failsafe ports',
  },
  {
    name: 'accept-mark-lost-in-forward',
    file: FORWARD,
    find: `clearMark((marks.all & ~marks.accept) >>> 0)`,
    replace: `clearMark(marks.all)`,
    fault: 'what untracked or preDNAT policy allowed is judged again when forwarded',
  },
  {
    name: 'accept-mark-kept-between-endpoints',
    file: ENDPOINTS,
    find: `    rule([], clearMark(cleared), { origin: chain.location }),
`,
    replace: ``,
    fault: 'what the interface of arrival allowed is not asked of the one of departure',
  },
  {
    name: 'forwarding-not-free-by-default',
    file: ENDPOINTS,
    find: `if (isPoliced) return [];`,
    replace: `if (tiers.length >= 0) return [];`,
    fault: 'forwarded packets are left undecided where no forward policy speaks',
  },
  {
    name: 'tiers-in-reverse',
    file: ENDPOINTS,
    find: `for (const tier of tiers) {`,
    replace: `for (const tier of [...tiers].reverse()) {`,
    fault: 'the last tier is asked first',
  },
  {
    name: 'tier-end-does-not-drop',
    file: ENDPOINTS,
    find: `if (isLastWord && tier.defaultAction === 'deny') {`,
    replace: `if (isLastWord && tier.defaultAction === 'pass') {`,
    fault: 'the default actions of tiers are swapped',
  },
  {
    name: 'pass-allows',
    file: POLICIES,
    find: `decide(ends.pass);`,
    replace: `decide(ends.accept);`,
    fault: 'Pass allows',
  },
  {
    name: 'invalid-not-dropped',
    file: ENDPOINTS,
    find: `if (!context.config.disableConntrackInvalidCheck) {`,
    replace: `if (context.config.disableConntrackInvalidCheck) {`,
    fault: 'INVALID packets are dropped only where that is switched off',
  },
];

/** Faults in what policy is taken to say. */
export const POLICY_MUTATIONS: readonly Mutation[] = [
  {
    name: 'types-default-to-both',
    file: TIERS,
    find: `if (policy.egress.length === 0) return ['ingress'];`,
    replace: `if (policy.egress.length === 0) return ['ingress', 'egress'];`,
    fault: 'a policy without types and egress rules polices egress too',
  },
  {
    name: 'forward-without-being-asked',
    file: TIERS,
    find: `(list === 'forward' && policy.applyOnForward)`,
    replace: `list === 'forward'`,
    fault: 'policy applies to forwarded packets without applyOnForward',
  },
  {
    name: 'orders-reversed',
    file: 'src/policy/policy-order.ts',
    find: `  if (b === undefined) return -1;
  return a < b ? -1 : a > b ? 1 : 0;`,
    replace: `  if (b === undefined) return -1;
  return a < b ? 1 : a > b ? -1 : 0;`,
    fault: 'policies and tiers of higher order come first',
  },
  {
    name: 'pass-leaves-all-tiers',
    file: JUDGE,
    find: `    passMark.isSet = true;
  }
  return { kind: 'undecided' };`,
    replace: `    passMark.isSet = true;
    break;
  }
  return { kind: 'undecided' };`,
    fault: 'Pass goes to the profiles past the tiers that follow',
  },
  {
    name: 'wildcard-before-prednat-endpoint',
    file: DECIDE,
    find: `[this.facts.ownEndpoint(inInterface), this.facts.wildcardEndpoint()].find(`,
    replace: `[this.facts.wildcardEndpoint(), this.facts.ownEndpoint(inInterface)].find(`,
    fault: `the \`*\` endpoint's preDNAT policy comes before that of the interface's own`,
  },
  {
    name: 'departure-not-asked',
    file: DECIDE,
    find: `      () => this.ask.forwardPolicy(outInterface, 'egress'),
`,
    replace: ``,
    fault: 'forward policy of the interface of departure is not asked',
  },
  {
    name: 'policy-ignores-icmp-code',
    file: 'src/policy/match-rule.ts',
    find: `return code === undefined || code === view.icmpCode;`,
    replace: `return true;`,
    fault: 'an ICMP rule with a code matches every code of the type',
  },
];
