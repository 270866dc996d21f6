import { expect, test } from 'vitest';
import { Outcomes } from '../../src/replay/outcomes.ts';
import { packetFilter, parseTerm } from '../../src/replay/packet-filter.ts';
import type { ReplayedPacket } from '../../src/replay/replayed-packet.ts';
import { rules } from '../support/rules.ts';
import { run, simulator } from '../support/simulations.ts';

const outcomes = new Outcomes();
const RESULT = run(
  simulator([rules('*filter\n:INPUT DROP\n')]),
  'tcp 192.0.2.10:40000 -> 192.0.2.1:443 in=eth0 flags=S',
);
const PACKET: ReplayedPacket = {
  capture: 0,
  frame: 17,
  seconds: 0,
  nanoseconds: 0,
  bytes: new Uint8Array(0),
  originalLength: 54,
  interfaceId: 0,
  outcome: outcomes.ofResult(RESULT),
  result: RESULT,
};

test.each<[string, boolean]>([
  ['src=192.0.2.10', true],
  ['src=192.0.2.0/28', true],
  ['src!=192.0.2.0/28', false],
  ['dst=198.51.100.0/24|192.0.2.1', true],
  ['dport=443', true],
  ['dport=80|443', true],
  ['dport=400-500', true],
  ['dport=1-442', false],
  ['dport!=443', false],
  ['proto=tcp', true],
  ['proto=6', true],
  ['proto=TCP', true],
  ['proto=udp|17', false],
  ['flags=SA|S', true],
  ['in=eth0', true],
  ['verdict=drop', true],
  ['verdict=accept', false],
  ['kind=foreign', true],
  ['decision.kind=foreign', true],
  ['packet.flags=S', true],
  ['state=new', true],
  ['policy=', true],
  ['policy!=web', true],
  ['frame=17', true],
  ['frame=10-16', false],
])('%s', (text, holds) => {
  const parsed = parseTerm(text);
  if (parsed.kind === 'problem') throw new Error(parsed.message);
  expect(packetFilter([parsed.term], outcomes)(PACKET)).toBe(holds);
});

test.each([
  ['src', '`src` is not `field=value`'],
  ['sorce=1', 'a packet has no field `sorce`'],
  ['hops=1', 'a packet has no field `hops`'],
  ['src=300.1.1.1', 'packet.src is never `300.1.1.1`'],
  ['dst=192.0.2.0/33', 'packet.dst is never `192.0.2.0/33`'],
  ['dport=http', 'packet.dport is never `http`'],
  ['dport!=80|90-81', 'packet.dport is never `90-81`'],
  ['verdict=dropped', 'verdict is never `dropped`'],
  ['state=established|newish', 'state is never `newish`'],
  ['kind=failsafes', 'decision.kind is never `failsafes`'],
  ['proto=tpc', 'there is no protocol `tpc`'],
  ['flags=X', 'there are no TCP flags `X`'],
])('%s is refused', (text, message) => {
  expect(parseTerm(text)).toMatchObject({ kind: 'problem', message });
});
