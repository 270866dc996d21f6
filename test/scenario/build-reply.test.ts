import { expect, test } from 'vitest';
import type { Packet } from '../../src/packet/packet.ts';
import { parsePacketLine, renderPacketLine } from '../../src/packet/packet-text.ts';
import { buildReply } from '../../src/scenario/build-reply.ts';
import type { PacketResult } from '../../src/simulate/packet-result.ts';

const packetOf = (line: string): Packet => {
  const parsed = parsePacketLine(line);
  if (parsed.kind !== 'packet') throw new Error(`not a packet: ${line}`);
  return parsed.packet;
};

/** A result that delivered the packet with the headers of `end`, another packet. */
const arrived = (line: string, delivered: string | null, end = line): PacketResult => {
  const { source, destination, sourcePort, destinationPort } = packetOf(end);
  return {
    packet: packetOf(line),
    verdict: delivered === null ? 'drop' : 'accept',
    delivered,
    state: 'new',
    final: { source, destination, sourcePort, destinationPort },
    decision: { kind: 'unpoliced' },
    decisions: [],
    hops: [],
    because: undefined,
    steps: [],
    events: [],
    mark: 0,
  };
};

const replyLine = (before: PacketResult, fields: Record<string, unknown> = {}): string => {
  const reply = buildReply(before, fields);
  return reply.kind === 'packet' ? renderPacketLine(reply.packet) : reply.kind;
};

test.each([
  ['S', 'SA'],
  ['SA', 'A'],
  ['A', 'PA'],
  ['PA', 'A'],
  ['FA', 'FA'],
])('TCP %s is answered with %s', (flags, answer) => {
  const before = arrived(`tcp 203.0.113.7:40000 -> 192.0.2.10:80 in=eth0 flags=${flags}`, 'local');
  const reply = buildReply(before, {});
  const wanted = packetOf(`tcp 192.0.2.10:80 -> 203.0.113.7:40000 in=local flags=${answer}`);
  expect(reply).toEqual({ kind: 'packet', packet: wanted });
});

test('the answer has the headers that the receiver saw, and comes from where the packet went', () => {
  const before = arrived(
    'tcp 203.0.113.7:40000 -> 192.0.2.10:31852 in=eth0',
    'cali1',
    'tcp 10.0.0.1:50000 -> 10.65.0.2:8080',
  );
  expect(replyLine(before)).toBe('tcp 10.65.0.2:8080 -> 10.0.0.1:50000 in=cali1 flags=SA');
});

test.each([
  ['icmp', 8, 0],
  ['icmp', 0, 8],
  ['icmp', 13, 14],
])('%s type %i is answered with type %i of the same id', (proto, type, answer) => {
  const before = arrived(`${proto} 203.0.113.7 -> 192.0.2.10 type=${type} id=77 in=eth0`, 'local');
  const reply = buildReply(before, {});
  expect(reply.kind === 'packet' && reply.packet).toMatchObject({
    icmpType: answer,
    icmpId: 77,
    in: 'local',
  });
});

test('ICMPv6 echo is answered with 129', () => {
  const before = arrived('icmpv6 2001:db8::7 -> 2001:db8::10 in=eth0', 'local');
  const reply = buildReply(before, {});
  expect(reply.kind === 'packet' && reply.packet.icmpType).toBe(129);
});

test('fields override', () => {
  const before = arrived('udp 203.0.113.7:40000 -> 192.0.2.10:53 in=eth0', 'local');
  expect(replyLine(before, { sport: 54, time: 31, in: 'eth0' })).toBe(
    'udp 192.0.2.10:54 -> 203.0.113.7:40000 in=eth0 time=31',
  );
});

test('an ICMP error quotes the packet as its receiver saw it', () => {
  const end = 'udp 203.0.113.7:40000 -> 10.65.0.2:5353';
  const before = arrived('udp 203.0.113.7:40000 -> 192.0.2.10:53 in=eth0', 'cali1', end);
  const reply = buildReply(before, { proto: 'icmp', type: 3, code: 3 });
  if (reply.kind !== 'packet') throw new Error(reply.kind);
  expect(reply.packet).toMatchObject({ in: 'cali1', protocol: 1, icmpType: 3, icmpCode: 3 });
  const { source, destination } = packetOf(end);
  expect(reply.packet).toMatchObject({ source: destination, destination: source });
  expect(reply.packet.quoted).toMatchObject({
    destination,
    destinationPort: 5353,
    sourcePort: 40000,
  });
});

test('nobody answers what was not delivered', () => {
  expect(buildReply(arrived('udp 203.0.113.7:1 -> 192.0.2.10:2 in=eth0', null), {}).kind).toBe(
    'no-receiver',
  );
});
