import type { Table } from '../ruleset/ruleset.ts';
import { CHAIN } from './chain-names.ts';
import type { CompileContext } from './compile-context.ts';
import { addHostEndpoints, DISPATCH } from './dispatch-chains.ts';
import { PolicyChains } from './policy-chains.ts';
import {
  ACCEPT,
  clearMark,
  DROP,
  jumpTo,
  rule,
  setMark,
  whenMarked,
  whenUnmarked,
} from './rule-parts.ts';
import { ALWAYS, acceptMarked, forWorkloads, topJump } from './static-rules.ts';
import { TableBuilder } from './table-builder.ts';
import { tunnelRawRules } from './tunnel-rules.ts';

/** Untracked policy, and the reverse path check of workloads. Source: `calico-semantics` 5.1 and 5.2. */
export function compileRawTable(context: CompileContext): Table {
  const { marks, facts, family } = context;
  const table = new TableBuilder('raw');
  const chains = new PolicyChains(table, context);
  addHostEndpoints('untracked', [DISPATCH.fromHostEndpoint, DISPATCH.toHostEndpoint], {
    table,
    chains,
    context,
  });

  const fromWorkload = marks.scratch0;
  const checksReversePath = family === 6 || facts.workloadRpfIpv4;
  const reversePath = { kind: 'rpfilter', validMark: true, negated: true } as const;
  table.addUser(CHAIN.prerouting, [
    rule(ALWAYS, clearMark(marks.all)),
    ...tunnelRawRules(context),
    ...forWorkloads(context, 'in', setMark(fromWorkload)),
    ...(checksReversePath
      ? [
          rule([whenMarked(fromWorkload), reversePath], DROP, {
            words: 'Drop packets of workloads from addresses that are not theirs',
            meaning: { kind: 'workload' },
          }),
        ]
      : []),
    rule([whenUnmarked(fromWorkload)], jumpTo(CHAIN.fromHostEndpoint)),
    acceptMarked(context, ACCEPT),
  ]);
  table.addUser(CHAIN.output, [
    rule(ALWAYS, clearMark(marks.all)),
    rule(ALWAYS, jumpTo(CHAIN.toHostEndpoint)),
    ...tunnelRawRules(context),
    acceptMarked(context, ACCEPT),
  ]);
  table.addBase('prerouting', [topJump(context, CHAIN.prerouting)]);
  table.addBase('output', [topJump(context, CHAIN.output)]);
  return table.build();
}
