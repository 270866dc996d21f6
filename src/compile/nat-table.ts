import { hostCidr } from '../address/cidr.ts';
import { compareIpAddresses } from '../address/ip-address.ts';
import type { Rule, Table } from '../ruleset/ruleset.ts';
import { CHAIN } from './chain-names.ts';
import type { CompileContext } from './compile-context.ts';
import { inBlock, inSet, jumpTo, rule } from './rule-parts.ts';
import { ALWAYS, topJump } from './static-rules.ts';
import { TableBuilder } from './table-builder.ts';

/** Floating addresses of workloads, and masquerading of what leaves the pools. Source: `calico-semantics` 5.5. */
export function compileNatTable(context: CompileContext): Table {
  const table = new TableBuilder('nat');
  table.addUser(CHAIN.floatingIpDnat, floatingIps(context).dnat);
  table.addUser(CHAIN.floatingIpSnat, floatingIps(context).snat);
  table.addUser(CHAIN.natOutgoing, natOutgoing(context));
  table.addUser(CHAIN.prerouting, [rule(ALWAYS, jumpTo(CHAIN.floatingIpDnat))]);
  table.addUser(CHAIN.output, [rule(ALWAYS, jumpTo(CHAIN.floatingIpDnat))]);
  table.addUser(CHAIN.postrouting, [
    rule(ALWAYS, jumpTo(CHAIN.floatingIpSnat)),
    rule(ALWAYS, jumpTo(CHAIN.natOutgoing)),
  ]);
  table.addBase('prerouting', [topJump(context, CHAIN.prerouting)]);
  table.addBase('output', [topJump(context, CHAIN.output)]);
  const postrouting = topJump(context, CHAIN.postrouting);
  table.addBase('postrouting', [
    context.facts.natPostroutingAppended ? { ...postrouting, placement: 'append' } : postrouting,
  ]);
  return table.build();
}

/** Packets to the external address go to the workload; a workload that talks to itself that way sees the external one. */
function floatingIps({ policy, family }: CompileContext): {
  readonly dnat: readonly Rule[];
  readonly snat: readonly Rule[];
} {
  const pairs = policy.floatingIps
    .filter(({ external, internal }) => external.family === family && internal.family === family)
    .sort((a, b) => compareIpAddresses(a.external, b.external));
  return {
    dnat: pairs.map(({ external, internal }) =>
      rule([inBlock('destination', hostCidr(external))], {
        kind: 'dnat',
        address: internal,
        port: undefined,
      }),
    ),
    snat: pairs.map(({ external, internal }) =>
      rule([inBlock('source', hostCidr(internal)), inBlock('destination', hostCidr(internal))], {
        kind: 'snat',
        address: external,
        port: undefined,
      }),
    ),
  };
}

function natOutgoing({ policy, family, sets }: CompileContext): readonly Rule[] {
  const pools = policy.pools.filter((pool) => pool.cidr.network.family === family);
  const masqueraded = pools.filter((pool) => pool.natOutgoing);
  if (masqueraded.length === 0) return [];
  const from = sets.nameOfOwnSet(
    'masq-pools',
    'pools whose addresses are hidden outside',
    masqueraded.map((pool) => pool.cidr),
  );
  const inside = sets.nameOfOwnSet(
    'all-pools',
    'all pools',
    pools.map((pool) => pool.cidr),
  );
  return [
    rule([inSet('source', from), inSet('destination', inside, true)], {
      kind: 'masquerade',
      randomFully: false,
    }),
  ];
}
