import { describe, expect, test } from 'vitest';
import type { TcpWireFacts } from '../../../src/packet/wire-facts.ts';
import { CLIENT, Flows, SERVER, tcp } from './flows.ts';

/** A segment with numbers and what its header bears beside. */
function segment(
  side: 'client' | 'server',
  initials: string,
  numbers: readonly [sequence: number, acknowledgement: number],
  facts: Partial<TcpWireFacts> = {},
): ReturnType<typeof tcp> {
  const [from, to] = side === 'client' ? [CLIENT, SERVER] : [SERVER, CLIENT];
  const wire = {
    window: 1000,
    windowScale: -1,
    sackPermitted: false,
    hasSack: false,
    sackHighest: 0,
    payloadBytes: 0,
    ...facts,
  };
  return tcp(from, to, initials, {
    tcpSequence: numbers[0],
    tcpAcknowledgement: numbers[1],
    wire: { unsound: undefined, isCutShort: false, tcp: wire },
  });
}

/** A connection whose handshake offers the options. */
function opened(client: Partial<TcpWireFacts>, server: Partial<TcpWireFacts>): Flows {
  const flows = new Flows();
  flows.send(segment('client', 'S', [100, 0], client));
  flows.send(segment('server', 'SA', [500, 101], server));
  flows.send(segment('client', 'A', [101, 501]));
  return flows;
}

// Source: nf_conntrack_proto_tcp.c, tcp_in_window (Linux 6.18).
describe('windows that segments bear', () => {
  test('data beyond the window that the receiver offered is invalid', () => {
    const flows = opened({}, {});
    expect(flows.send(segment('client', 'AP', [101, 501], { payloadBytes: 1000 })).state).toBe(
      'established',
    );
    expect(flows.send(segment('client', 'AP', [5000, 501], { payloadBytes: 100 })).state).toBe(
      'invalid',
    );
  });

  test('are scaled where both sides offered to', () => {
    const scaled = opened({ windowScale: 7 }, { windowScale: 7 });
    scaled.send(segment('server', 'A', [501, 101]));
    // The server's window is 1000 << 7.
    expect(scaled.send(segment('client', 'AP', [90_000, 501], { payloadBytes: 100 })).state).toBe(
      'established',
    );
    expect(scaled.send(segment('client', 'AP', [400_000, 501], { payloadBytes: 100 })).state).toBe(
      'invalid',
    );
  });

  test('are not scaled where one side alone offered to', () => {
    const flows = opened({ windowScale: 7 }, {});
    flows.send(segment('server', 'A', [501, 101]));
    expect(flows.send(segment('client', 'AP', [90_000, 501], { payloadBytes: 100 })).state).toBe(
      'invalid',
    );
  });

  test('a selective acknowledgement widens the window of one who takes them', () => {
    for (const sackPermitted of [true, false]) {
      const flows = opened({ sackPermitted }, { sackPermitted });
      flows.send(segment('client', 'AP', [101, 501], { payloadBytes: 900 }));
      // The first bytes are lost; the server has those up to 1001, and room for 1000 more.
      flows.send(segment('server', 'A', [501, 101], { hasSack: true, sackHighest: 1001 }));
      const next = flows.send(segment('client', 'AP', [2000, 501], { payloadBytes: 150 }));
      expect(next.state).toBe(sackPermitted ? 'established' : 'invalid');
    }
  });
});
