import type { Rule, Table } from '../ruleset/ruleset.ts';
import { CHAIN } from './chain-names.ts';
import { allowTarget, type CompileContext } from './compile-context.ts';
import { addHostEndpoints, DISPATCH } from './dispatch-chains.ts';
import { PolicyChains } from './policy-chains.ts';
import { clearMark, inState, jumpTo, RETURN, rule } from './rule-parts.ts';
import { ALWAYS, acceptMarked, forWorkloads, topJump } from './static-rules.ts';
import { TableBuilder } from './table-builder.ts';

/** Pre-DNAT policy, and egress policy after DNAT where the version has it. Source: `calico-semantics` 5.3 and 5.4. */
export function compileMangleTable(context: CompileContext): Table {
  const { facts } = context;
  const table = new TableBuilder('mangle');
  const to = { table, chains: new PolicyChains(table, context), context };
  addHostEndpoints('preDNAT', [DISPATCH.fromHostEndpoint], to);
  const allow = allowTarget(context, 'mangle');
  table.addUser(CHAIN.prerouting, [
    rule([inState('RELATED', 'ESTABLISHED')], allow),
    acceptMarked(context, allow),
    ...(facts.mangleAcceptsWorkloads ? forWorkloads(context, 'in', allow) : []),
    rule(ALWAYS, jumpTo(CHAIN.fromHostEndpoint)),
    acceptMarked(context, allow, 'Host endpoint policy accepted packet.'),
  ]);
  table.addBase('prerouting', [topJump(context, CHAIN.prerouting)]);

  if (facts.egressAfterDnat) {
    addHostEndpoints('normal', [DISPATCH.toHostEndpoint], to);
    table.addUser(CHAIN.postrouting, postroutingRules(context));
    table.addBase('postrouting', [topJump(context, CHAIN.postrouting)]);
  }
  return table.build();
}

/**
 * Egress policy of packets that the host made and DNAT sent elsewhere: filter OUTPUT still saw the interface of before.
 * FORWARD has marked what it let through, so that only the host's own packets are judged here.
 */
function postroutingRules(context: CompileContext): readonly Rule[] {
  return [
    acceptMarked(context, RETURN),
    rule(ALWAYS, clearMark(context.marks.all)),
    rule([inState('DNAT')], jumpTo(CHAIN.toHostEndpoint)),
    acceptMarked(context, RETURN, 'Host endpoint policy accepted packet.'),
  ];
}
