import { describe, expect, test } from 'vitest';
import type { Packet } from '../../../src/packet/packet.ts';
import { Flows, icmp, ip, packet, tcp } from './flows.ts';

const C = '192.0.2.10';
const S = '198.51.100.10';
const ROUTER = '198.51.100.20';
const there = packet(`${C}:40000`, `${S}:53`);
const back = packet(`${S}:53`, `${C}:40000`);

/** A flow that was answered. */
function answered(): Flows {
  const flows = new Flows();
  flows.states(there, back);
  return flows;
}

describe('an ICMP error', () => {
  test.each([3, 4, 5, 11, 12])('of type %i about a known flow is related', (type) => {
    expect(answered().states(icmp(ROUTER, C, type, { quoted: there }))).toEqual(['related']);
  });

  test('may come from anybody and concern either direction', () => {
    expect(
      answered().states(
        icmp(S, C, 3, { quoted: there }),
        icmp(C, S, 3, { quoted: back }),
        icmp('192.0.2.11', S, 3, { quoted: back }),
      ),
    ).toEqual(['related', 'related', 'related']);
  });

  test('travels in the direction opposite to the packet that it quotes', () => {
    const flows = answered();
    expect(flows.send(icmp(ROUTER, C, 3, { quoted: there })).isReply).toBe(true);
    expect(flows.send(icmp(ROUTER, S, 3, { quoted: back })).isReply).toBe(false);
  });

  test.each<[string, Packet]>([
    ['that goes to another than the quoted source', icmp(S, '192.0.2.11', 3, { quoted: there })],
    ['that goes the way of the packet that it quotes', icmp(C, S, 3, { quoted: there })],
    ['about an unknown flow', icmp(S, C, 3, { quoted: packet(`${C}:1`, `${S}:53`) })],
    ['about an ICMP error', icmp(S, C, 3, { quoted: icmp(C, S, 3, { quoted: back }) })],
    ['that quotes nothing', icmp(S, C, 3)],
  ])('%s is invalid', (_name, error) => {
    const flows = answered();
    expect(flows.states(error)).toEqual(['invalid']);
  });

  test('about a flow that is not confirmed is invalid', () => {
    const flows = new Flows();
    flows.dropped(there);
    expect(flows.states(icmp(S, C, 3, { quoted: there }))).toEqual(['invalid']);
  });

  test('about a ping is related, and leaves the flow as it was', () => {
    const flows = new Flows();
    const ping = icmp(C, S, 8);
    expect(flows.states(ping, icmp(ROUTER, C, 11, { quoted: ping }), ping)).toEqual([
      'new',
      'related',
      'new',
    ]);
  });

  test.each([1, 2, 3, 4, 100])('in IPv6, of type %i, is related as well', (type) => {
    const sent = tcp('[2001:db8::1]:40000', '[2001:db8::2]:80', 'S');
    const flows = new Flows();
    flows.send(sent);
    expect(flows.states(icmp('2001:db8::9', '2001:db8::1', type, { quoted: sent }))).toEqual([
      'related',
    ]);
    expect(flows.states(icmp('2001:db8::9', '2001:db8::3', type, { quoted: sent }))).toEqual([
      'invalid',
    ]);
  });
});

describe('an ICMP error about a translated flow', () => {
  const service = packet(`${C}:40000`, '192.0.2.1:8080');
  const onBackendsSide = packet(`${C}:40000`, `${S}:80`);

  test('from behind DNAT seems to come from the address that the client knows', () => {
    const flows = new Flows();
    flows.send(service, { destination: { address: ip(S), port: 80 } });
    for (const from of [S, ROUTER]) {
      const error = flows.send(icmp(from, C, 3, { quoted: onBackendsSide }));
      expect([error.state, error.source, error.destination]).toEqual([
        'related',
        ip('192.0.2.1'),
        ip(C),
      ]);
    }
    expect(flows.states(icmp(S, C, 3, { quoted: service }))).toEqual(['invalid']);
  });

  test('from the client about a reply goes to the backend', () => {
    const flows = new Flows();
    flows.send(service, { destination: { address: ip(S), port: 80 } });
    flows.send(packet(`${S}:80`, `${C}:40000`));
    const seenByClient = packet('192.0.2.1:8080', `${C}:40000`);
    const error = flows.send(icmp(C, '192.0.2.1', 3, { quoted: seenByClient }));
    expect([error.state, error.destination]).toEqual(['related', ip(S)]);
  });

  test('from outside about masqueraded traffic goes back to the one behind', () => {
    const flows = new Flows();
    const own = '198.51.100.1';
    flows.send(there, { source: { address: ip(own), port: undefined } });
    const masqueraded = packet(`${own}:40000`, `${S}:53`);
    const error = flows.send(icmp(ROUTER, own, 3, { quoted: masqueraded }));
    expect([error.state, error.source, error.destination]).toEqual(['related', ip(ROUTER), ip(C)]);
    expect(flows.states(icmp(ROUTER, own, 3, { quoted: there }))).toEqual(['invalid']);
  });
});
