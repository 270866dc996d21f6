import type { CalicoVersion } from '../../resources/calico-version.ts';
import { Random } from '../random.ts';
import type { RulesetCase } from '../ruleset-case.ts';
import type { JsonDocument } from './json-document.ts';
import { randomEndpoints } from './random-endpoints.ts';
import { randomEnvironment } from './random-environment.ts';
import { randomFelixConfigurations } from './random-felix-configuration.ts';
import { randomKubernetes } from './random-kubernetes.ts';
import { randomPolicies, randomProfiles } from './random-policies.ts';
import { randomServices } from './random-services.ts';
import { randomWorld } from './random-world.ts';
import { NODE, type World } from './world.ts';

const VERSIONS: readonly CalicoVersion[] = ['2.6', '3.9', '3.32'];

/** How many rulesets share a host, which costs more to build than rules cost to load. */
const RULESETS_PER_HOST = 16;

/** So many rulesets in a row have different hosts, so that as many labs can be at work without taking each other's place. */
export const HOSTS_IN_TURN = 4;

/** The machine of the ruleset with this number, and what its documents and packets speak of. */
export function randomWorldOf(seed: string, index: number): World {
  const lane = index % HOSTS_IN_TURN;
  // Hosts are not all exchanged at once.
  const ahead = (lane * RULESETS_PER_HOST) / HOSTS_IN_TURN;
  const turn = Math.floor((Math.floor(index / HOSTS_IN_TURN) + ahead) / RULESETS_PER_HOST);
  return randomWorld(new Random(`${seed}/host/${lane}/${turn}`));
}

/** The ruleset with this number of a run; seed and number are all that it depends on. */
export function generateCase(seed: string, index: number): RulesetCase {
  const world = randomWorldOf(seed, index);
  const random = new Random(`${seed}/documents/${index}`);
  const version = VERSIONS[index % VERSIONS.length] as CalicoVersion;
  const context = { random, version, world };
  const environment = randomEnvironment(random, version);
  const documents: readonly JsonDocument[] = [
    world.host,
    ...randomEndpoints(context),
    ...randomPolicies(context),
    ...randomProfiles(context),
    ...(version === '2.6' ? [] : NETWORK_SETS),
    ...(random.chance(30) ? [pool(version, random)] : []),
    ...randomServices(context),
    ...randomKubernetes(context),
    ...randomFelixConfigurations(context),
  ];
  return { index, version, node: NODE, environment, documents };
}

const NETWORK_SETS: readonly JsonDocument[] = [
  {
    apiVersion: 'projectcalico.org/v3',
    kind: 'GlobalNetworkSet',
    metadata: { name: 'partners', labels: { role: 'b' } },
    spec: { nets: ['203.0.113.0/29', '2001:db8:fffe::/48'] },
  },
];

function pool(version: CalicoVersion, random: Random): JsonDocument {
  const natOutgoing = random.chance(50);
  if (version === '2.6') {
    return {
      apiVersion: 'v1',
      kind: 'ipPool',
      metadata: { cidr: '10.65.0.0/16' },
      spec: { 'nat-outgoing': natOutgoing },
    };
  }
  return {
    apiVersion: 'projectcalico.org/v3',
    kind: 'IPPool',
    metadata: { name: 'pool' },
    spec: { cidr: '10.65.0.0/16', natOutgoing },
  };
}
