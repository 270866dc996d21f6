import { expect, test } from 'vitest';
import { parseExpectOption } from '../../src/cli/expect-option.ts';
import { parsePacketLine } from '../../src/packet/packet-text.ts';
import { compare } from '../../src/scenario/expectation.ts';
import type { PacketResult } from '../../src/simulate/packet-result.ts';

const parsed = parsePacketLine('tcp [2001:db8::7]:40000 -> [2001:db8::10]:80 in=eth0');
if (parsed.kind !== 'packet') throw new Error('not a packet');
const { packet } = parsed;

const RESULT: PacketResult = {
  packet,
  verdict: 'accept',
  delivered: 'eth1',
  state: 'new',
  final: packet,
  decision: { kind: 'policy', policy: 'b', tier: 'default', ruleIndex: 1 },
  decisions: [
    { kind: 'policy', policy: 'a' },
    { kind: 'policy', policy: 'b' },
  ],
  hops: [
    { hook: 'forward', table: 'filter', chain: 'FORWARD', rule: 1, text: '', effect: 'accept' },
  ],
  because: undefined,
  steps: [],
  events: [],
  mark: 0,
};

const holds = (text: string, result: PacketResult = RESULT): boolean =>
  compare(parseExpectOption(text), result).length === 0;

test.each([
  ['accept', true],
  ['drop', false],
  ['delivered=eth1', true],
  ['delivered=local', false],
  ['delivered=null', false],
  ['final.dport=80', true],
  ['final.dport=81', false],
  ['policy=b', true],
  ['decision.policy=b', true],
  ['policy=a', false],
  ['endpoint=null', true],
  ['ruleIndex=1,tier=default,kind=policy', true],
  ['via=a', true],
  ['via=c', false],
  ['{"via": ["a", "b"]}', true],
  ['{"via": ["a", "c"]}', false],
  ['{"final": {"dport": 80}}', true],
  ['{"final": {"dport": 81}}', false],
  ['{"decisions": [{"policy": "a"}, {"policy": "b"}]}', true],
  ['{"decisions": [{"policy": "a"}]}', false],
  ['{"hops": [{"chain": "FORWARD"}]}', true],
  ['final.src=2001:0db8:0::7', true],
  ['final.src=2001:db8::8', false],
])('%s holds: %s', (text, wanted) => {
  expect(holds(text)).toBe(wanted);
});

test('undetermined satisfies no other expectation, whatever the fields say', () => {
  const result: PacketResult = { ...RESULT, verdict: 'undetermined' };
  expect(holds('undetermined', result)).toBe(true);
  expect(holds('undetermined,policy=b', result)).toBe(true);
  expect(holds('policy=b', result)).toBe(false);
  expect(holds('accept', result)).toBe(false);
});

test('a mismatch names the field as written, what was expected and what came', () => {
  expect(compare(parseExpectOption('policy=x,via=y'), RESULT)).toEqual([
    { field: 'policy', expected: 'x', got: 'b' },
    { field: 'via', expected: 'y', got: ['a', 'b'] },
  ]);
});

test.each([
  'polcy=x',
  'final.port=80',
  'decision.kind=polcy',
  'verdict=maybe',
  'state=fresh',
  '{"final": {"dprt": 1}}',
  '{',
  '[]x=1',
])('%s is refused', (text) => {
  expect(() => parseExpectOption(text)).toThrow();
});
