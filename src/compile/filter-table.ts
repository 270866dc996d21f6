import { IP_PROTOCOL } from '../address/protocol.ts';
import type { Match } from '../ruleset/match/match.ts';
import type { Rule, Table } from '../ruleset/ruleset.ts';
import { CHAIN } from './chain-names.ts';
import { allowTarget, type CompileContext } from './compile-context.ts';
import { addHostEndpoints, addWorkloadEndpoints, DISPATCH } from './dispatch-chains.ts';
import { forwardAppendedRules, forwardRules } from './forward-chain.ts';
import { PolicyChains } from './policy-chains.ts';
import {
  ACCEPT,
  clearMark,
  DROP,
  goTo,
  jumpTo,
  notInState,
  ofProtocol,
  RETURN,
  rule,
} from './rule-parts.ts';
import { ALWAYS, acceptMarked, forWorkloads, topJump } from './static-rules.ts';
import { TableBuilder } from './table-builder.ts';
import { tunnelInputRules, tunnelOutputRules } from './tunnel-rules.ts';

const ACCEPTED = 'Host endpoint policy accepted packet.';

/** ICMPv6 that a router must hear from workloads whatever their policy: MLD, router and neighbour discovery. */
const WORKLOAD_ICMPV6_TYPES = [130, 131, 132, 133, 135, 136];

/** Normal, forward and workload policy. Source: `calico-semantics` 5.6 to 5.10. */
export function compileFilterTable(context: CompileContext): Table {
  const table = new TableBuilder('filter');
  const to = { table, chains: new PolicyChains(table, context), context };
  addHostEndpoints('normal', [DISPATCH.fromHostEndpoint, DISPATCH.toHostEndpoint], to);
  if (context.facts.forwardPolicy === 'apply-on-forward') {
    const dispatches = [DISPATCH.fromHostEndpointForward, DISPATCH.toHostEndpointForward];
    addHostEndpoints('forward', dispatches, to);
  }
  addWorkloadEndpoints(to);
  table.addUser(CHAIN.input, inputRules(context));
  table.addUser(CHAIN.workloadToHost, workloadToHostRules(context));
  table.addUser(CHAIN.forward, forwardRules(context));
  table.addUser(CHAIN.output, outputRules(context));
  table.addBase('input', [topJump(context, CHAIN.input)]);
  table.addBase('forward', [topJump(context, CHAIN.forward), ...forwardAppendedRules(context)]);
  table.addBase('output', [topJump(context, CHAIN.output)]);
  return table.build();
}

function inputRules(context: CompileContext): readonly Rule[] {
  const { facts, marks } = context;
  const allow = allowTarget(context, 'filter');
  const marked = acceptMarked(context, allow);
  return [
    ...(facts.inputAcceptsMarked === 'first' ? [marked] : []),
    ...tunnelInputRules(context),
    ...forWorkloads(context, 'in', goTo(CHAIN.workloadToHost)),
    ...(facts.inputAcceptsMarked === 'after-workloads' ? [marked] : []),
    rule(ALWAYS, clearMark(marks.all)),
    rule(ALWAYS, jumpTo(CHAIN.fromHostEndpoint)),
    acceptMarked(context, allow, ACCEPTED),
  ];
}

function workloadToHostRules(context: CompileContext): readonly Rule[] {
  const meaning = { kind: 'workload' } as const;
  const rules: Rule[] = [];
  if (context.family === 6) {
    const allow = allowTarget(context, 'filter');
    for (const type of WORKLOAD_ICMPV6_TYPES) {
      const icmp: Match = { kind: 'icmp', type, code: undefined, negated: false };
      rules.push(rule([ofProtocol(IP_PROTOCOL.icmpv6), icmp], allow, { meaning }));
    }
  }
  rules.push(rule(ALWAYS, jumpTo(CHAIN.fromWorkload)));
  // Felix drops here even where denied packets are rejected; returning decides nothing.
  const words = 'Configured DefaultEndpointToHostAction';
  const configured = { accept: ACCEPT, return: RETURN, drop: DROP }[
    context.config.defaultEndpointToHostAction
  ];
  rules.push(rule(ALWAYS, configured, configured === RETURN ? { words } : { words, meaning }));
  return rules;
}

function outputRules(context: CompileContext): readonly Rule[] {
  const { facts, marks } = context;
  const allow = allowTarget(context, 'filter');
  // Those that DNAT sent elsewhere are judged in mangle, which knows where they leave.
  const judgedHere: readonly Match[] = facts.egressAfterDnat ? [notInState('DNAT')] : [];
  return [
    acceptMarked(context, allow),
    // What the host sends to its own workloads is never judged.
    ...forWorkloads(context, 'out', RETURN),
    ...tunnelOutputRules(context),
    rule(ALWAYS, clearMark(marks.all)),
    rule(judgedHere, jumpTo(CHAIN.toHostEndpoint)),
    acceptMarked(context, allow, ACCEPTED),
  ];
}
