import { expect, test } from 'vitest';
import { decodePacket } from '../../src/packet/decode-packet.ts';
import { encodePacket } from '../../src/packet/encode-packet.ts';
import { IpHeader } from '../../src/packet/ip-header.ts';
import type { Packet } from '../../src/packet/packet.ts';
import { Simulator } from '../../src/simulate/simulator.ts';
import { foreignRules } from '../support/foreign-rules.ts';
import { testHost } from '../support/hosts.ts';
import { packet } from '../support/packets.ts';

const RULES = `*filter
:FORWARD ACCEPT [0:0]
-A FORWARD -m rt --rt-type 0 -j DROP
COMMIT`;

const LINE = 'udp [2001:db8:0:2::5]:1 -> [2001:db8:0:100::9]:2 in=eth0';

function captured(bytes: Uint8Array): Packet {
  const header = new IpHeader();
  header.read(bytes, 0, bytes.length, bytes.length, false);
  const arrival = { in: 'eth0', mac: undefined, timeSeconds: 0, isChecksumWrong: false };
  const decoded = decodePacket(bytes, header, bytes.length, arrival);
  if (decoded.kind !== 'packet') throw new Error(decoded.reason);
  return decoded.packet;
}

test('a captured packet without extension headers meets no match that looks for one; with some it is not known', () => {
  const on = new Simulator({
    host: testHost(),
    rulesets: [foreignRules(RULES, 6)],
    notModelled: [],
  });
  const plain = encodePacket(packet(LINE));
  expect(on.run(captured(plain)).verdict).toBe('accept');
  const bytes = new Uint8Array(plain.length + 8);
  bytes.set(plain.subarray(0, 40));
  bytes.set([17, 0, 0, 0, 0, 0, 0, 0], 40);
  bytes.set(plain.subarray(40), 48);
  bytes[6] = 43;
  bytes[5] = bytes.length - 40;
  expect(on.run(captured(bytes)).verdict).toBe('undetermined');
});
