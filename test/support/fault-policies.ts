import { type RuleFiles, renderRuleFiles } from '../../src/apply/rule-files.ts';
import { readResources } from '../../src/resources/read-resources.ts';
import { NodeModel } from '../../src/scenario/node-model.ts';

/** Rules of somebody else, which must be there in the end as they were. */
export const FOREIGN_RULES = `*filter
:INPUT DROP [0:0]
:MINE - [0:0]
-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A INPUT -s 192.0.2.1/32 -m comment --comment "not hep:AAAAAAAAAAAA" -j MINE
-A MINE -m comment --comment "a -j hep-INPUT in a comment" -j ACCEPT
-A FORWARD -m set --match-set mine src -j DROP
COMMIT
*nat
-A POSTROUTING -o eth9 -j MASQUERADE
COMMIT
`;

const ENDPOINT = `apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: node1-eth0, labels: {role: web}}
spec: {node: node1, interfaceName: eth0}
---
apiVersion: hepsim/v1
kind: Host
metadata: {name: node1}
spec:
  interfaces: [{name: eth0, addresses: [192.0.2.10/24, "2001:db8::10/64"]}]
  routes: [{to: default, via: 192.0.2.1, dev: eth0}]
`;

/** Three policies: the second differs from the first in every table and in sets, the third from the second in one rule of one family. */
export function faultPolicies(): readonly [RuleFiles, RuleFiles, RuleFiles] {
  const networks = (nets: string): string => `---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkSet
metadata: {name: friends, labels: {who: friend}}
spec: {nets: [${nets}]}
`;
  const policy = (name: string, extra: string, rules: string): string => `---
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: ${name}}
spec:
  selector: role == 'web'
  order: 10
${extra}
  ingress:
${rules}
`;
  const allow = (nets: string, port: number): string =>
    `  - {action: Allow, protocol: TCP, ipVersion: 4, source: {nets: [${nets}]}, destination: {ports: [${port}]}}`;
  const friends = (port: number): string =>
    `  - {action: Allow, protocol: TCP, source: {selector: "who == 'friend'"}, destination: {ports: [${port}]}}`;
  const forward = '  applyOnForward: true';
  const first = [
    ENDPOINT,
    networks('198.51.100.0/24, "2001:db8:1::/48"'),
    policy('normal', forward, [friends(22), allow('10.0.0.0/8', 80)].join('\n')),
    policy('untracked', `${forward}\n  doNotTrack: true`, allow('10.0.0.0/8', 11211)),
  ];
  const second = [
    ENDPOINT,
    networks('198.51.100.0/25, 203.0.113.0/24, "2001:db8:2::/48"'),
    policy('normal', forward, [friends(22), friends(443), allow('10.1.0.0/16', 80)].join('\n')),
    policy('untracked', `${forward}\n  doNotTrack: true`, allow('10.1.0.0/16', 11211)),
    policy('early', `${forward}\n  preDNAT: true`, allow('10.2.0.0/16', 30000)),
  ];
  const third = second.map((text) =>
    text
      .replace('10.1.0.0/16], destination', '10.3.0.0/16], destination')
      .replace(
        'nets: [10.1.0.0/16]}, destination: {ports: [80]}',
        'nets: [10.1.0.0/16]}, destination: {ports: [81]}',
      ),
  );
  return [filesOf(first), filesOf(second), filesOf(third)];
}

function filesOf(texts: readonly string[]): RuleFiles {
  const resources = readResources([{ file: 'documents.yaml', text: texts.join('') }]);
  const model = new NodeModel(resources, { machine: 'node1', environment: new Map() });
  return renderRuleFiles({ 4: model.compiledRules(4), 6: model.compiledRules(6) });
}
