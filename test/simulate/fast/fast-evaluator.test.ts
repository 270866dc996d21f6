import { expect, test } from 'vitest';
import { parseConnections } from '../../../src/host/connections/parse-connections.ts';
import { encodePacket } from '../../../src/packet/encode-packet.ts';
import { LOCAL } from '../../../src/packet/packet.ts';
import { BothEvaluators } from '../../support/both-evaluators.ts';
import { testHost } from '../../support/hosts.ts';
import { packet } from '../../support/packets.ts';
import { rules } from '../../support/rules.ts';

/** The verdicts of packets, one after the other, which both evaluators must give. */
function verdicts(
  text: string,
  lines: readonly string[],
  {
    sysctls = {},
    connections = '',
  }: { readonly sysctls?: Record<string, number>; readonly connections?: string } = {},
): readonly string[] {
  const host = testHost();
  const both = new BothEvaluators({
    host: { ...host, sysctls: new Map([...host.sysctls, ...Object.entries(sysctls)]) },
    rulesets: [rules(text)],
    notModelled: [],
    connections: parseConnections(connections, { file: 'conntrack', line: 1, column: 1 }).records,
  });
  return lines.map((line, timeSeconds) => {
    const one = packet(line);
    const ran = both.run({ bytes: encodePacket(one), in: one.in ?? LOCAL, timeSeconds });
    expect(ran?.together, line).toEqual(ran?.alone);
    return String(ran?.together.verdict);
  });
}

test('an ICMP identifier that a translated connection has is changed even of a packet that is dropped', () => {
  const text = `
    *nat
    :POSTROUTING ACCEPT
    -A POSTROUTING -s 192.0.2.10 -j MASQUERADE
    *filter
    :OUTPUT ACCEPT
    -A OUTPUT -p icmp -j DROP`;
  expect(
    verdicts(text, [
      'icmp 192.0.2.10 -> 198.51.100.9 in=eth0 id=7',
      'icmp 198.51.100.1 -> 198.51.100.9 in=local id=8',
      'icmp 198.51.100.1 -> 198.51.100.9 in=local id=7',
    ]),
  ).toEqual(['accept', 'drop', 'undetermined']);
});

const NO_INVALID = `
  *filter
  :INPUT ACCEPT
  -A INPUT -m conntrack --ctstate INVALID -j DROP
  :OUTPUT ACCEPT
  -A OUTPUT -m conntrack --ctstate INVALID -j DROP`;

test('a SYN-ACK with URG is no answer to a SYN', () => {
  expect(
    verdicts(NO_INVALID, [
      'tcp 192.0.2.10:40000 -> 192.0.2.1:22 in=eth0 flags=S seq=100',
      'tcp 192.0.2.1:22 -> 192.0.2.10:40000 in=local flags=SAU seq=500 ack=101',
      'tcp 192.0.2.10:40000 -> 192.0.2.1:22 in=eth0 flags=A seq=101 ack=501',
    ]),
  ).toEqual(['accept', 'drop', 'drop']);
});

test('a connection that is over makes room in a full table for the one that opens anew', () => {
  const lines = [
    'tcp 192.0.2.10:40000 -> 192.0.2.1:22 in=eth0 flags=S seq=100',
    'tcp 192.0.2.1:22 -> 192.0.2.10:40000 in=local flags=SA seq=500 ack=101',
    'tcp 192.0.2.10:40000 -> 192.0.2.1:22 in=eth0 flags=A seq=101 ack=501',
    'tcp 192.0.2.10:40000 -> 192.0.2.1:22 in=eth0 flags=RA seq=101 ack=501',
    'tcp 192.0.2.10:40000 -> 192.0.2.1:22 in=eth0 flags=S seq=90000',
    'tcp 192.0.2.11:40000 -> 192.0.2.1:22 in=eth0 flags=S seq=100',
  ];
  const sysctls = { 'net.netfilter.nf_conntrack_max': 1 };
  expect(verdicts(NO_INVALID, lines, { sysctls }).slice(3)).toEqual([
    'accept',
    'accept',
    // The first one is not assured.
    'undetermined',
  ]);
});

test('a full table is nothing to packets of a family none of whose rules asks for connections', () => {
  const lines = [
    'udp 192.0.2.10:40000 -> 192.0.2.1:53 in=eth0',
    'udp [2001:db8:0:2::9]:40000 -> [2001:db8:0:2::1]:53 in=eth0',
    'udp 192.0.2.11:40000 -> 192.0.2.1:53 in=eth0',
  ];
  const sysctls = { 'net.netfilter.nf_conntrack_max': 1 };
  expect(verdicts(NO_INVALID, lines, { sysctls })).toEqual(['accept', 'accept', 'undetermined']);
});

test('what a helper may expect is not guessed', () => {
  const text = `
    *filter
    :INPUT ACCEPT
    -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    -A INPUT -p tcp --dport 40000:50000 -j DROP`;
  const connections =
    'ipv4     2 tcp      6 431999 ESTABLISHED src=192.0.2.10 dst=192.0.2.1 sport=40000 dport=21 ' +
    'src=192.0.2.1 dst=192.0.2.10 sport=21 dport=40000 [ASSURED] mark=0 helper=ftp use=1\n';
  const line = 'tcp 192.0.2.10:41000 -> 192.0.2.1:45000 in=eth0 flags=S seq=100';
  expect(verdicts(text, [line], { connections })).toEqual(['undetermined']);
});
