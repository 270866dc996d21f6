import { stringify } from 'yaml';
import { renderIpAddress } from '../address/ip-address.ts';
import { hasPorts } from '../address/protocol.ts';
import type { Packet } from '../packet/packet.ts';
import { renderPacketLine } from '../packet/packet-text.ts';
import type { Finding } from './finding.ts';
import { type JsonDocument, withoutUndefined } from './generate/json-document.ts';

/** The name of the file that a finding is written to. One ruleset may have several, with numbers of their own within the run. */
export function reproductionName({ ruleset }: Finding, seed: string, number: number): string {
  return `selftest-${seed}-${ruleset.index}${number === 0 ? '' : `-${number + 1}`}.yaml`;
}

/**
 * A finding as a scenario file: its documents, its packets, and of the last one as expectation what the kernel did. `hepsim test`
 * fails on it for as long as the fault is there; only of a difference in tracing the file says no more than its comment.
 */
export function renderReproduction(finding: Finding, seed: string): string {
  const { ruleset, packets, about } = finding;
  const steps = packets.map((packet, index) =>
    withoutUndefined({
      packet: renderPacketLine(packet),
      expect: index === packets.length - 1 ? expectationOf(packet, about) : undefined,
    }),
  );
  const name = `selftest-${seed}-${ruleset.index}`;
  const title = { name: `packet ${packets.length} of ${packets.length}` };
  const scenario = {
    apiVersion: 'hepsim/v1',
    kind: 'Scenario',
    metadata: { name },
    spec: withoutUndefined({
      node: ruleset.node,
      calicoVersion: ruleset.version,
      environment:
        ruleset.environment.size === 0 ? undefined : Object.fromEntries(ruleset.environment),
      resources: ruleset.documents,
      cases: [steps.length === 1 ? { ...title, ...steps[0] } : { ...title, flow: steps }],
    }),
  };
  return commentOf(finding) + stringify(scenario, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Where policy disagrees nobody knows which is right, so that nothing is held: `hepsim test` asks policy as well, and fails. */
function expectationOf(packet: Packet, about: Finding['about']): JsonDocument {
  if (about.kind === 'policy') return { 'packet.dst': renderIpAddress(packet.destination) };
  const { observed } = about;
  const { final } = observed;
  const ports = hasPorts(packet.protocol);
  return withoutUndefined({
    verdict: observed.verdict,
    delivered: observed.delivered,
    state: observed.state,
    mark: observed.verdict === 'accept' ? observed.mark : undefined,
    'final.src': renderIpAddress(final.source),
    'final.dst': renderIpAddress(final.destination),
    'final.sport': ports ? final.sourcePort : undefined,
    'final.dport': ports ? final.destinationPort : undefined,
  });
}

/** What the two sides said, in front of the document. */
function commentOf({ about }: Finding): string {
  const lines =
    about.kind === 'policy'
      ? [
          'The compiled rules and policy itself disagree.',
          `compiled rules: ${about.disagreement.rules}`,
          `policy: ${about.disagreement.policy}`,
        ]
      : [
          `Simulation and kernel (iptables-${about.build}) disagree; the kernel's last point: ${about.observed.lastPoint}.`,
          ...about.differences.map(
            ({ field, simulated, kernel }) => `${field}: simulated ${simulated}, kernel ${kernel}`,
          ),
        ];
  return lines.map((line) => `# ${line.replaceAll('\n', ' ')}\n`).join('');
}
