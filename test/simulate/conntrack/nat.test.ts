import { describe, expect, test } from 'vitest';
import { renderIpAddress } from '../../../src/address/ip-address.ts';
import type { PacketInFlight } from '../../../src/simulate/packet-in-flight.ts';
import { Flows, icmp, ip, packet, tcp } from './flows.ts';

const C = '192.0.2.10';
const C2 = '192.0.2.11';
const S = '198.51.100.10';
const OWN = '198.51.100.1';

function headers(flight: PacketInFlight): string {
  const { source, sourcePort, destination, destinationPort } = flight;
  return `${renderIpAddress(source)}:${sourcePort} > ${renderIpAddress(destination)}:${destinationPort}`;
}

const toBackend = { destination: { address: ip(S), port: 80 } };
const masquerade = { source: { address: ip(OWN), port: undefined } };

describe('DNAT', () => {
  const service = tcp(`${C}:40000`, '192.0.2.1:8080', 'S');

  test('translates the first packet, replies and what follows, whatever the rules say by then', () => {
    const flows = new Flows();
    const sent = [
      flows.send(service, toBackend),
      flows.send(tcp(`${S}:80`, `${C}:40000`, 'SA')),
      flows.send(tcp(`${C}:40000`, '192.0.2.1:8080', 'A')),
    ];
    expect(sent.map(headers)).toEqual([
      `${C}:40000 > ${S}:80`,
      `192.0.2.1:8080 > ${C}:40000`,
      `${C}:40000 > ${S}:80`,
    ]);
    expect(
      sent.map(({ connection }) => [connection?.destinationNat, connection?.sourceNat]),
    ).toEqual(Array(3).fill([true, false]));
  });

  test('consults the chains for the first packet alone', () => {
    const flows = new Flows();
    flows.send(service);
    expect(headers(flows.send(service, toBackend))).toBe(`${C}:40000 > 192.0.2.1:8080`);
    expect(flows.lastOutcomes).toEqual([]);
  });

  test('consults them again for a connection whose first packet was dropped', () => {
    const flows = new Flows();
    flows.dropped(service);
    expect(headers(flows.send(service, toBackend))).toBe(`${C}:40000 > ${S}:80`);
  });

  test('without a port keeps the port', () => {
    const flight = new Flows().send(service, { destination: { address: ip(S), port: undefined } });
    expect(headers(flight)).toBe(`${C}:40000 > ${S}:8080`);
  });

  test('to where the packet goes anyway is no translation', () => {
    const same = { destination: { address: ip('192.0.2.1'), port: 8080 } };
    const flows = new Flows();
    expect(flows.send(service, same).connection?.destinationNat).toBe(false);
    expect(flows.lastOutcomes[0]).toEqual({ kind: 'bound', changed: false });
  });

  test('to a backend that the client talks to from the same port needs another source port', () => {
    const flows = new Flows();
    flows.send(tcp(`${C}:40000`, `${S}:80`, 'S'));
    expect(flows.sendWithResult(service, toBackend).end).toBe('unpredictable');
    const reversed = new Flows();
    reversed.send(service, toBackend);
    expect(reversed.sendWithResult(tcp(`${C}:40000`, `${S}:80`, 'S')).end).toBe('unpredictable');
  });

  test('works in IPv6', () => {
    const flows = new Flows();
    const to = { destination: { address: ip('2001:db8:2::1'), port: 80 } };
    flows.send(packet('[2001:db8:1::1]:40000', '[2001:db8::1]:8080'), to);
    const reply = flows.send(packet('[2001:db8:2::1]:80', '[2001:db8:1::1]:40000'));
    expect(headers(reply)).toBe('2001:db8::1:8080 > 2001:db8:1::1:40000');
  });
});

describe('SNAT and MASQUERADE', () => {
  test('keep a free port and bring replies back', () => {
    const flows = new Flows();
    const sent = [
      flows.send(packet(`${C}:40000`, `${S}:53`), masquerade),
      flows.send(packet(`${S}:53`, `${OWN}:40000`)),
      flows.send(packet(`${C}:40000`, `${S}:53`)),
    ];
    expect(sent.map(headers)).toEqual([
      `${OWN}:40000 > ${S}:53`,
      `${S}:53 > ${C}:40000`,
      `${OWN}:40000 > ${S}:53`,
    ]);
    expect(sent.map(({ state }) => state)).toEqual(['new', 'established', 'established']);
    expect(sent[1]?.connection).toMatchObject({ sourceNat: true, destinationNat: false });
  });

  test('use one port for several destinations', () => {
    const flows = new Flows();
    flows.send(packet(`${C}:40000`, `${S}:53`), masquerade);
    const other = flows.send(packet(`${C2}:40000`, '198.51.100.11:53'), masquerade);
    expect(headers(other)).toBe(`${OWN}:40000 > 198.51.100.11:53`);
  });

  test('cannot be foretold where the port is taken', () => {
    const flows = new Flows();
    flows.send(packet(`${C}:40000`, `${S}:53`), masquerade);
    const { flight, end } = flows.sendWithResult(packet(`${C2}:40000`, `${S}:53`), masquerade);
    expect([end, flight.sourcePort]).toEqual(['unpredictable', 40000]);
  });

  test('a port is free again when its connection has expired', () => {
    const flows = new Flows();
    flows.send(packet(`${C}:40000`, `${S}:53`), masquerade);
    flows.nowMs = 30_000;
    const later = flows.sendWithResult(packet(`${C2}:40000`, `${S}:53`), masquerade);
    expect(later.end).toBe('confirmed');
  });

  test("the host's own traffic makes way for masqueraded traffic", () => {
    const flows = new Flows();
    flows.send(packet(`${C}:40000`, `${S}:53`), masquerade);
    expect(flows.sendWithResult(packet(`${OWN}:40000`, `${S}:53`)).end).toBe('unpredictable');
  });

  test('a port that a rule names is used though taken, and the packet is lost at the end', () => {
    const named = { source: { address: ip(OWN), port: 5000 } };
    const flows = new Flows();
    expect(headers(flows.send(packet(`${C}:40000`, `${S}:53`), named))).toBe(
      `${OWN}:5000 > ${S}:53`,
    );
    const second = flows.sendWithResult(packet(`${C2}:40000`, `${S}:53`), named);
    expect([headers(second.flight), second.end]).toEqual([`${OWN}:5000 > ${S}:53`, 'clash']);
  });

  test('a source keeps the port that it was given before', () => {
    const flows = new Flows();
    flows.send(packet(`${C}:40000`, `${S}:53`), { source: { address: ip(OWN), port: 5000 } });
    const same = flows.send(packet(`${C}:40000`, '198.51.100.11:53'), masquerade);
    const other = flows.send(packet(`${C2}:40000`, '198.51.100.11:53'), masquerade);
    expect([same.sourcePort, other.sourcePort]).toEqual([5000, 40000]);
  });

  test('protocols without ports are lost where two would be one', () => {
    const flows = new Flows();
    flows.send(packet(C, S, { protocol: 50 }), masquerade);
    expect(flows.sendWithResult(packet(C2, S, { protocol: 50 }), masquerade).end).toBe('clash');
  });

  test('keep a free ICMP identifier, and cannot foretell another', () => {
    const flows = new Flows();
    const ping = (from: string) => icmp(from, S, 8, { icmpId: 7 });
    expect(flows.send(ping(C), masquerade).icmpId).toBe(7);
    const answer = flows.send(icmp(S, OWN, 0, { icmpId: 7 }));
    expect([answer.state, answer.destination, answer.icmpId]).toEqual(['established', ip(C), 7]);
    expect(flows.sendWithResult(ping(C2), masquerade).end).toBe('unpredictable');
  });
});

test('an ICMP identifier makes way where the destination is bound already', () => {
  const flows = new Flows();
  const ping = (from: string, id: number) => icmp(from, S, 8, { icmpId: id });
  flows.send(ping(C, 7), masquerade);
  flows.send(ping(OWN, 7));
  expect(flows.lastOutcomes[0]?.kind).toBe('unpredictable');
  expect(flows.sendWithResult(ping(OWN, 8)).end).toBe('confirmed');
});

test('both sides can be translated at once', () => {
  const flows = new Flows();
  const first = flows.send(packet(`${C}:40000`, '192.0.2.1:8080'), { ...toBackend, ...masquerade });
  const reply = flows.send(packet(`${S}:80`, `${OWN}:40000`));
  expect([headers(first), headers(reply)]).toEqual([
    `${OWN}:40000 > ${S}:80`,
    `192.0.2.1:8080 > ${C}:40000`,
  ]);
  expect(reply.connection).toMatchObject({ sourceNat: true, destinationNat: true });
});

test('invalid packets are not translated', () => {
  const flows = new Flows();
  flows.send(tcp(`${C}:40000`, '192.0.2.1:8080', 'S'), toBackend);
  const stray = flows.send(tcp(`${C}:40000`, '192.0.2.1:8080', 'FPU'));
  expect([stray.state, headers(stray)]).toEqual(['invalid', `${C}:40000 > 192.0.2.1:8080`]);
});
