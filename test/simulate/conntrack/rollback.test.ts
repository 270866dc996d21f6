import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Packet } from '../../../src/packet/packet.ts';
import { Flows, icmp, ip, type NatRules, packet, tcp } from './flows.ts';

interface Step {
  readonly sent: Packet;
  readonly nat: NatRules;
  readonly waitMs: number;
  readonly isDropped: boolean;
}

const places = ['192.0.2.1', '192.0.2.2', '198.51.100.1'] as const;
const place = fc
  .record({ address: fc.constantFrom(...places), port: fc.constantFrom(1, 2) })
  .map(({ address, port }) => `${address}:${port}`);
const natPlace = fc.record({
  address: fc.constantFrom(...places).map(ip),
  port: fc.constantFrom(undefined, 1, 2),
});
const sent: fc.Arbitrary<Packet> = fc
  .record({
    from: place,
    to: place,
    kind: fc.constantFrom('udp', 'ping', 'pong', 'sctp', 'S', 'SA', 'A', 'FA', 'R'),
    tcpSequence: fc.constantFrom(undefined, 1, 1000),
  })
  .map(({ from, to, kind, tcpSequence }) => {
    if (kind === 'udp') return packet(from, to);
    if (kind === 'sctp') return packet(from, to, { protocol: 132, sctpChunk: 'HEARTBEAT' });
    if (kind === 'ping') return icmp(from, to, 8);
    if (kind === 'pong') return icmp(from, to, 0);
    return tcp(from, to, kind, { tcpSequence });
  });
const step: fc.Arbitrary<Step> = fc.record({
  sent,
  nat: fc.record({ destination: natPlace, source: natPlace }, { requiredKeys: [] }),
  waitMs: fc.constantFrom(0, 0, 3000, 40_000),
  isDropped: fc.boolean(),
});
const steps = fc.array(step, { maxLength: 12 });

function run(flows: Flows, taken: readonly Step[]): unknown[] {
  return taken.map(({ sent: each, nat, waitMs, isDropped }) => {
    flows.nowMs += waitMs;
    const { flight, end } = isDropped
      ? { flight: flows.dropped(each), end: 'dropped' }
      : flows.sendWithResult(each, nat);
    const { source, destination, sourcePort, destinationPort, state, isReply, connection } = flight;
    return {
      end,
      headers: [source, destination, sourcePort, destinationPort],
      state,
      isReply,
      entry: connection && [connection.protocolState, connection.expiresAtMs, connection.assured],
    };
  });
}

test('what was undone cannot be seen in what follows', () => {
  fc.assert(
    fc.property(steps, steps, steps, fc.boolean(), (before, undone, after, isCleared) => {
      const plain = new Flows();
      run(plain, before);
      const wanted = run(plain, after);

      const flows = new Flows();
      run(flows, before);
      const { nowMs } = flows;
      const outer = flows.tracker.checkpoint();
      for (let time = 0; time < 2; time++) {
        run(flows, undone);
        const inner = flows.tracker.checkpoint();
        if (isCleared) flows.tracker.clear();
        run(flows, undone);
        if (time === 0) flows.tracker.rollback(inner);
        flows.tracker.rollback(outer);
        flows.nowMs = nowMs;
      }
      flows.tracker.release(outer);
      expect(run(flows, after)).toEqual(wanted);
    }),
    { numRuns: 300 },
  );
});

test('a packet on its way can be followed twice from the same point', () => {
  const flows = new Flows();
  const toOne = { destination: { address: ip('198.51.100.1'), port: 1 } };
  const toTwo = { destination: { address: ip('198.51.100.2'), port: 2 } };
  const service = packet('192.0.2.1:1', '192.0.2.2:9');
  const point = flows.tracker.checkpoint();
  expect(flows.send(service, toOne).destinationPort).toBe(1);
  flows.tracker.rollback(point);
  expect(flows.send(service, toTwo).destinationPort).toBe(2);
  flows.tracker.rollback(point);
  flows.tracker.release(point);
  expect(flows.send(service).destinationPort).toBe(9);
});

test('a released point cannot be gone back to', () => {
  const { tracker } = new Flows();
  const point = tracker.checkpoint();
  tracker.release(point);
  expect(() => tracker.rollback(point)).toThrow('released');
});
