import { expect, test } from 'vitest';
import { readResources } from '../../src/resources/read-resources.ts';
import { messageOf, problemsOf } from './problems-of.ts';

const ENTRY =
  'ipv4     2 tcp      6 431999 ESTABLISHED src=203.0.113.77 dst=192.0.2.10 sport=40000 dport=443 src=192.0.2.10 dst=203.0.113.77 sport=443 dport=40000 [ASSURED] mark=0 use=1 id=1234567890';
const TABLE = `${ENTRY}\n`.repeat(200_000);

const HEAD = `apiVersion: hepsim/v1
kind: Host
metadata: {name: node1}
spec:
  interfaces:
    - {name: eth0, addresses: [192.0.2.10/24]}
`;

const IN_YAML = `${HEAD}  connections: |\n${`    ${ENTRY}\n`.repeat(200_000)}`;

test('a Host document holds a connection table of 200,000 entries, as YAML and as JSON', {
  timeout: 120_000,
}, () => {
  const json = JSON.stringify(
    {
      apiVersion: 'hepsim/v1',
      kind: 'Host',
      metadata: { name: 'node1' },
      spec: { interfaces: [{ name: 'eth0', addresses: ['192.0.2.10/24'] }], connections: TABLE },
    },
    null,
    2,
  );
  for (const text of [IN_YAML, json]) {
    const { hosts } = readResources([{ file: 'host', text }]);
    // Not by `toBe`, which would print both.
    expect(hosts[0]?.connections?.text === TABLE).toBe(true);
  }
});

test('a file of that length that only the full parser can take is refused with what would be right', () => {
  const text = IN_YAML.replace('node1}', 'node1} # here');
  expect(problemsOf(text)).toEqual(['1:1 yaml-limit']);
  expect(messageOf(text)).toContain('more than 16 MiB');
});
