import { expect, test } from 'vitest';
import { encodePacket } from '../../../src/packet/encode-packet.ts';
import { ConditionTests } from '../../../src/simulate/fast/condition-tests.ts';
import { NO_CONDITIONS } from '../../../src/simulate/fast/header-conditions.ts';
import { MEMORY, STATE } from '../../../src/simulate/fast/plain-layout.ts';
import { PlainMemory } from '../../../src/simulate/fast/plain-memory.ts';
import { ROUTE_SHIFT, ROUTE_WORDS, SENT_ROUTES } from '../../../src/simulate/fast/ways-layout.ts';
import { BothEvaluators } from '../../support/both-evaluators.ts';
import { testHost } from '../../support/hosts.ts';
import { packet } from '../../support/packets.ts';
import { rules } from '../../support/rules.ts';

const TEXT = `
  *filter
  :INPUT DROP
  -A INPUT -p tcp --dport 22 -j ACCEPT`;

function evaluators(): BothEvaluators {
  return new BothEvaluators({ host: testHost(), rulesets: [rules(TEXT)], notModelled: [] });
}

test('the first packet is judged as it is, though memory grows for its ways', () => {
  const both = evaluators();
  const { memory } = both.fast.plain;
  // Leaves nothing free.
  memory.allocate(memory.bytes.length - memory.allocate(0));
  const one = packet('tcp 192.0.2.10:40000 -> 192.0.2.1:22 in=eth0 flags=S seq=100');
  const ran = both.run({ bytes: encodePacket(one), in: 'eth0', timeSeconds: 0 });
  expect(ran?.together).toEqual(ran?.alone);
  expect(ran?.together.verdict).toBe('accept');
});

test('before there are ways, bytes of a packet are not taken for a route', () => {
  const { plain } = evaluators().fast;
  const { memory, code } = plain;
  const owner = SENT_ROUTES + 6;
  const h = Math.imul(Math.imul(owner, 0x9e3779b1), 0x85ebca6b);
  const slot = Math.imul(h, 0xc2b2ae35) >>> ROUTE_SHIFT;
  expect(memory.words[STATE.routes / 4]).toBe(0);
  // In the datagram that was read last.
  expect(slot * ROUTE_WORDS * 4).toBeGreaterThan(MEMORY.datagram);
  memory.words.set([owner, 0, 0, 0x3fff_ff00], slot * ROUTE_WORDS);
  const at = plain.wordOf(0);
  memory.words[at + 3] = (6 << 8) | 4;
  memory.words[at + 10] = -1;
  expect(code.beginWay(at * 4)).toBe(-1);
});

test('ranges that many conditions share are placed once', () => {
  const memory = new PlainMemory();
  const source = Array.from({ length: 20_000 }, (_, i) => 2 * i);
  const conditions = Array.from({ length: 500 }, (_, i) => ({
    ...NO_CONDITIONS,
    source,
    key: [i, i],
  }));
  const before = memory.allocate(0);
  new ConditionTests(conditions).placeIn(memory, memory.allocate(256) / 4);
  expect(memory.allocate(0) - before).toBeLessThan(1_000_000);
});
