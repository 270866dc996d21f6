import type { IpFamily } from '../address/ip-address.ts';
import type { Chain, Ruleset } from '../ruleset/ruleset.ts';
import { Simulator } from '../simulate/simulator.ts';
import type { NodeModel } from './node-model.ts';

/**
 * A simulator of the node's host with its own rules, but without any of policy's. What its own rules filter stays out as well: policy's may stand in
 * front of them, and what then gets through must have its connection here too.
 */
export function unpolicedSimulator(model: NodeModel, family: IpFamily): Simulator {
  const hostRules = model.hostRules(family);
  return new Simulator({
    host: model.host,
    rulesets: [unfiltered(hostRules)],
    notModelled: [],
    connections: model.connections.records.filter(({ original }) => original.family === family),
  });
}

/** No filter, but for a rule that asks for states: the kernel tracks connections only while there is one, as policy always has. */
function unfiltered(ruleset: Ruleset): Ruleset {
  const asking: Chain = {
    kind: 'user',
    name: 'tracks-connections',
    owner: undefined,
    rules: [
      {
        matches: [{ kind: 'conntrack-state', states: ['NEW'], negated: false }],
        target: undefined,
        comment: undefined,
        origin: undefined,
        meaning: undefined,
        placement: 'insert',
      },
    ],
  };
  const others = ruleset.tables.filter(({ name }) => name !== 'filter');
  return { ...ruleset, tables: [...others, { name: 'filter', chains: [asking] }] };
}
