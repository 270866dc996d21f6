/** An endpoint on eth0 of node1, and the machine that {@link ApplyHost} is. */
export const ENDPOINT = `apiVersion: projectcalico.org/v3
kind: HostEndpoint
metadata: {name: node1-eth0, labels: {role: web}}
spec: {node: node1, interfaceName: eth0}
---
apiVersion: hepsim/v1
kind: Host
metadata: {name: node1}
spec:
  interfaces: [{name: eth0, addresses: [192.0.2.10/24, "2001:db8::10/64"]}]
  routes: [{to: default, via: 192.0.2.1, dev: eth0}, {to: default, via: "2001:db8::1", dev: eth0}]
`;

/** A policy that lets one port in from 198.51.100.0/24, neighbour discovery, and everything out. `more` are further ingress rules. */
export function onePolicy(port: number, more = ''): string {
  return `apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: web}
spec:
  selector: role == 'web'
  types: [Ingress, Egress]
  egress:
  - {action: Allow}
  ingress:
  - {action: Allow, protocol: TCP, source: {nets: [198.51.100.0/24]}, destination: {ports: [${port}]}}
  - {action: Allow, protocol: ICMPv6}
${more}`;
}
