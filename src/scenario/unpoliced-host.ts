import type { IpFamily } from '../address/ip-address.ts';
import type { Chain, Ruleset } from '../ruleset/ruleset.ts';
import { Simulator } from '../simulate/simulator.ts';
import type { NodeModel } from './node-model.ts';

/** A simulator of the node's host with its own rules, but without any of policy's. */
export function unpolicedSimulator(model: NodeModel, family: IpFamily): Simulator {
  const hostRules = model.hostRules(family);
  return new Simulator({
    host: model.host,
    rulesets: [withConnectionTracking(hostRules)],
    notModelled: [],
    connections: model.connections.records.filter(({ original }) => original.family === family),
  });
}

/** The kernel tracks connections only while some rule asks for their state; policy always does. */
function withConnectionTracking(ruleset: Ruleset): Ruleset {
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
  const filter = ruleset.tables.find(({ name }) => name === 'filter');
  const others = ruleset.tables.filter(({ name }) => name !== 'filter');
  const chains = [...(filter?.chains ?? []), asking];
  return { ...ruleset, tables: [...others, { name: 'filter', chains }] };
}
