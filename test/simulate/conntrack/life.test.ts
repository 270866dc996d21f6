import { expect, test } from 'vitest';
import { PacketInFlight } from '../../../src/simulate/packet-in-flight.ts';
import { CLIENT, Flows, packet, SERVER, tcp } from './flows.ts';

const there = packet(CLIENT, SERVER);
const back = packet(SERVER, CLIENT);

test('a first packet that is dropped leaves no entry', () => {
  const flows = new Flows();
  expect(flows.dropped(tcp(CLIENT, SERVER, 'S')).state).toBe('new');
  expect(flows.states(tcp(SERVER, CLIENT, 'SA'), tcp(CLIENT, SERVER, 'S'))).toEqual([
    'invalid',
    'new',
  ]);
});

test('an established packet that is dropped has counted all the same', () => {
  const flows = new Flows();
  flows.send(there);
  expect(flows.dropped(back).state).toBe('established');
  expect(flows.states(there)).toEqual(['established']);
});

test('an entry is forgotten exactly when its time is over', () => {
  const flows = new Flows();
  flows.send(there);
  flows.nowMs = 29_999;
  expect(flows.dropped(back).state).toBe('established');
  flows.nowMs = 59_999;
  const reversed = flows.send(back);
  expect([reversed.state, reversed.isReply]).toEqual(['new', false]);
});

test('a SYN-ACK to an expired entry is invalid', () => {
  const flows = new Flows();
  flows.send(tcp(CLIENT, SERVER, 'S'));
  flows.nowMs = 120_000;
  expect(flows.states(tcp(SERVER, CLIENT, 'SA'))).toEqual(['invalid']);
});

test('a packet that loops back keeps its connection and its state', () => {
  const { tracker } = new Flows();
  const flight = new PacketInFlight(packet('127.0.0.1:40000', '127.0.0.1:53'), '');
  tracker.track(flight, 0);
  tracker.bindDestination(flight, undefined);
  tracker.bindSource(flight, undefined);
  tracker.confirm(flight, 0);
  const { connection } = flight;
  tracker.track(flight, 0);
  expect(flight.state).toBe('new');
  expect(flight.connection).toBe(connection);
  expect([tracker.needsDestinationNat(flight), tracker.needsSourceNat(flight)]).toEqual([
    false,
    false,
  ]);
});

test('a full table turns new connections away until one expires', () => {
  const flows = new Flows({ 'net.netfilter.nf_conntrack_max': 2 });
  const from = (port: number) => packet(`192.0.2.10:${port}`, SERVER);
  const endOf = (port: number) => flows.sendWithResult(from(port)).end;
  expect([endOf(1), endOf(2), endOf(3), endOf(1)]).toEqual([
    'confirmed',
    'confirmed',
    'table-full',
    'confirmed',
  ]);
  flows.nowMs = 29_999;
  expect(endOf(3)).toBe('table-full');
  flows.nowMs = 30_000;
  expect([endOf(3), endOf(4), endOf(5)]).toEqual(['confirmed', 'confirmed', 'table-full']);
});

test('a full table may still make room where a connection is not assured or closing, and not where all are in use', () => {
  const flows = new Flows({ 'net.netfilter.nf_conntrack_max': 1 });
  const mayMakeRoom = () => flows.tracker.mayMakeRoom(flows.nowMs);
  flows.send(tcp(CLIENT, SERVER, 'S'));
  expect(mayMakeRoom()).toBe(true);
  flows.states(tcp(SERVER, CLIENT, 'SA'), tcp(CLIENT, SERVER, 'A'));
  expect(flows.sendWithResult(there).end).toBe('table-full');
  expect(mayMakeRoom()).toBe(false);
  flows.send(tcp(CLIENT, SERVER, 'FA'));
  expect(mayMakeRoom()).toBe(true);
});

test('room is found in a full table after an entry was shortened', () => {
  const flows = new Flows({ 'net.netfilter.nf_conntrack_max': 1 });
  flows.states(tcp(CLIENT, SERVER, 'S'), tcp(SERVER, CLIENT, 'SA'), tcp(CLIENT, SERVER, 'A'));
  expect(flows.sendWithResult(there).end).toBe('table-full');
  flows.send(tcp(CLIENT, SERVER, 'R'));
  flows.nowMs = 10_000;
  expect(flows.sendWithResult(there).end).toBe('confirmed');
});

test('an emptied table knows nobody', () => {
  const flows = new Flows();
  flows.send(there);
  flows.tracker.clear();
  expect(flows.send(back).isReply).toBe(false);
});
