import { expect, test } from 'vitest';
import { encodePacket } from '../../../src/packet/encode-packet.ts';
import { LOCAL } from '../../../src/packet/packet.ts';
import { BothEvaluators } from '../../support/both-evaluators.ts';
import { testHost } from '../../support/hosts.ts';
import { packet } from '../../support/packets.ts';
import { rules } from '../../support/rules.ts';

/** The verdicts of packets, one after the other, which both evaluators must give. */
function verdicts(text: string, lines: readonly string[]): readonly string[] {
  const both = new BothEvaluators({
    host: testHost(),
    rulesets: [rules(text)],
    notModelled: [],
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
