import { expect, test } from 'vitest';
import { CLIENT, Flows, packet, SERVER, tcp } from './flows.ts';

test('a handshake is new, then established', () => {
  const flows = new Flows();
  expect(
    flows.states(tcp(CLIENT, SERVER, 'S'), tcp(SERVER, CLIENT, 'SA'), tcp(CLIENT, SERVER, 'A')),
  ).toEqual(['new', 'established', 'established']);
});

test('UDP stays new until the other side answers', () => {
  const flows = new Flows();
  const there = packet(CLIENT, SERVER);
  const back = packet(SERVER, CLIENT);
  expect(flows.states(there, there, back, there, back)).toEqual([
    'new',
    'new',
    'established',
    'established',
    'established',
  ]);
});
