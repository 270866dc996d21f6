import { describe, expect, test } from 'vitest';
import type { Packet } from '../../../src/packet/packet.ts';
import { CLIENT, Flows, SERVER, tcp } from './flows.ts';

const DAYS_5 = 432_000;

/** Segments in few words: `> SA 10/20 +5` is from the client with flags, sequence/acknowledgement and bytes of data. */
function segment(text: string): Packet {
  const [, way, flags, numbers, , bytes] =
    /^([<>]) ([SAFRPUEC-]+)( (\d+\/\d+))?(?: \+(\d+))?$/.exec(text) ?? [];
  if (way === undefined || flags === undefined) throw new Error(`not a segment: ${text}`);
  const [tcpSequence, tcpAcknowledgement] = numbers?.trim().split('/').map(Number) ?? [];
  const more = {
    tcpSequence,
    tcpAcknowledgement,
    length: bytes === undefined ? undefined : 40 + Number(bytes),
  };
  const initials = flags === '-' ? '' : flags;
  return way === '>' ? tcp(CLIENT, SERVER, initials, more) : tcp(SERVER, CLIENT, initials, more);
}

/** Sends the segments and says what became of each: its state, the entry's state and how many seconds it has left. */
function follow(texts: readonly string[], sysctls: Readonly<Record<string, number>> = {}) {
  const flows = new Flows(sysctls);
  return texts.map((text) => {
    const { state, connection } = flows.send(segment(text));
    return { state, entry: connection?.protocolState, left: (connection?.expiresAtMs ?? 0) / 1000 };
  });
}

function statesOf(texts: readonly string[], sysctls?: Readonly<Record<string, number>>) {
  return follow(texts, sysctls).map(({ state }) => state);
}

const HANDSHAKE = ['> S', '< SA', '> A'];
/** The client's next byte is 1001, the server's 5001. */
const NUMBERED = ['> S 1000/0', '< SA 5000/1001', '> A 1001/5001'];

describe('without an entry', () => {
  test.each(['S', 'SP', 'SU', 'SEC'])('%s opens a connection that waits two minutes', (flags) => {
    expect(follow([`> ${flags}`])).toEqual([{ state: 'new', entry: 'SYN_SENT', left: 120 }]);
  });

  test.each(['A', 'PA', 'AU', 'PAU', 'AE'])(
    '%s picks a connection up for five minutes',
    (flags) => {
      expect(follow([`> ${flags}`])).toEqual([{ state: 'new', entry: 'ESTABLISHED', left: 300 }]);
    },
  );

  test.each(['SA', 'SAP', 'F', 'FA', 'R', 'RA', '-', 'FPU', 'SF', 'SR', 'P', 'U', 'E', 'FSRPAUEC'])(
    '%s is invalid',
    (flags) => {
      expect(statesOf([`> ${flags}`])).toEqual(['invalid']);
    },
  );

  test.each([
    ['S', 'new'],
    ['A', 'invalid'],
    ['PA', 'invalid'],
  ])('%s is %s when connections are not picked up', (flags, wanted) => {
    const sysctls = { 'net.netfilter.nf_conntrack_tcp_loose': 0 };
    expect(statesOf([`> ${flags}`], sysctls)).toEqual([wanted]);
  });

  test('an invalid packet leaves nothing behind', () => {
    expect(statesOf(['> F', '> A'])).toEqual(['invalid', 'new']);
  });
});

describe('with an entry', () => {
  const N = 'new';
  const E = 'established';
  const I = 'invalid';

  test.each<[string, string[], string[]]>([
    ['a handshake and data', [...HANDSHAKE, '> PA', '< PA'], [N, E, E, E, E]],
    ['a SYN again', ['> S', '> S'], [N, N]],
    ['a SYN again with another number', ['> S 1000/0', '> S 7000/0'], [N, N]],
    ['an ACK before the SYN-ACK', ['> S', '> A'], [N, I]],
    ['an ACK of the server to a SYN', ['> S', '< A'], [N, E]],
    ['SYNs of both sides', ['> S', '< S'], [N, E]],
    ['a SYN-ACK of too little', ['> S 1000/0', '< SA 5000/900'], [N, E]],
    ['a SYN-ACK of what was not sent', ['> S 1000/0', '< SA 5000/9000'], [N, I]],
    ['a RST to a SYN ends it at once', ['> S', '< R', '> S'], [N, E, N]],
    ['a RST to a SYN, whatever it acknowledges', ['> S 1000/0', '< R 77/55', '> S'], [N, E, N]],
    ['the middle of a connection, one side', ['> A', '> A', '> A'], [N, N, N]],
    ['the middle of a connection, both sides', ['> A', '< A', '> A'], [N, E, E]],
    ['data above the window', [...NUMBERED, '> A 201001/5001 +1'], [N, E, E, I]],
    ['data from long ago', [...NUMBERED, '> A 4294768297/5001 +1'], [N, E, E, E]],
    ['an ACK of data that was not sent', [...NUMBERED, '> A 1001/9001'], [N, E, E, I]],
    ['a RST out of the window', [...NUMBERED, '> R 201001/0'], [N, E, E, I]],
    ['a RST below what is acknowledged', [...NUMBERED, '> R 1000/0'], [N, E, E, I]],
    ['a SYN in the window', [...NUMBERED, '> S 1001/0'], [N, E, E, E]],
    ['a SYN out of the window', [...NUMBERED, '> S 900000/0'], [N, E, E, E]],
    ['a SYN of the server', [...NUMBERED, '< S 5001/0'], [N, E, E, I]],
    ['a SYN-ACK of the client', [...NUMBERED, '> SA 1001/5001'], [N, E, E, I]],
    ['no flags', [...HANDSHAKE, '> -'], [N, E, E, I]],
    ['a Christmas tree', [...HANDSHAKE, '> FPU'], [N, E, E, I]],
    ['FINs and a new SYN', [...HANDSHAKE, '> FA', '< FA', '> A', '> S'], [N, E, E, E, E, E, N]],
    [
      'a SYN of the server after the end',
      [...HANDSHAKE, '> FA', '< FA', '> A', '< S'],
      [N, E, E, E, E, E, N],
    ],
    ['data after a RST', [...HANDSHAKE, '> R', '> A'], [N, E, E, E, E]],
    ['a SYN after a RST of the same side', [...HANDSHAKE, '> R', '> S'], [N, E, E, E, N]],
    ['a SYN after a RST of the other side', [...HANDSHAKE, '< R', '> S'], [N, E, E, E, E]],
  ])('%s', (_name, sent, wanted) => {
    expect(statesOf(sent)).toEqual(wanted);
  });

  test.each(['> A 201001/5001 +1', '> R 201001/0'])(
    '%s passes when nothing is held to the window',
    (outOfWindow) => {
      const sysctls = { 'net.netfilter.nf_conntrack_tcp_be_liberal': 1 };
      expect(statesOf([...NUMBERED, outOfWindow], sysctls)).toEqual([N, E, E, E]);
    },
  );

  test('numbers that only some packets name fit as long as those agree', () => {
    expect(statesOf(['> S', '< SA', '> A', '> PA 77/900 +10', '< A 900/87'])).toEqual([
      N,
      E,
      E,
      E,
      E,
    ]);
    expect(statesOf(['> S', '< SA', '> A', '> PA 77/900 +10', '< A 900/9999'])).toEqual([
      N,
      E,
      E,
      E,
      I,
    ]);
  });
});

describe('the entry', () => {
  test.each<[string, string[], string, number]>([
    ['a SYN', ['> S'], 'SYN_SENT', 120],
    ['a SYN-ACK', ['> S', '< SA'], 'SYN_RECV', 60],
    ['a handshake', HANDSHAKE, 'ESTABLISHED', DAYS_5],
    ['a first answer in the middle', ['> A', '< A'], 'ESTABLISHED', 300],
    ['traffic of both sides in the middle', ['> A', '< A', '> A'], 'ESTABLISHED', DAYS_5],
    ['unacknowledged data', [...NUMBERED, '> PA 1001/5001 +10'], 'ESTABLISHED', 300],
    [
      'acknowledged data',
      [...NUMBERED, '> PA 1001/5001 +10', '< A 5001/1011'],
      'ESTABLISHED',
      DAYS_5,
    ],
    [
      'the same ACK four times',
      [...NUMBERED, ...Array<string>(3).fill('> A 1001/5001')],
      'ESTABLISHED',
      300,
    ],
    [
      'ordinary ACKs without numbers',
      [...HANDSHAKE, ...Array<string>(9).fill('> A')],
      'ESTABLISHED',
      DAYS_5,
    ],
    [
      'data far above the window',
      [...NUMBERED, '> A 201001/5001 +1', '> A 1001/5001'],
      'ESTABLISHED',
      DAYS_5,
    ],
    ['a RST at the next number', [...NUMBERED, '> R 1001/0'], 'CLOSE', 10],
    ['a RST without a number', [...HANDSHAKE, '> R'], 'CLOSE', 10],
    ['a RST elsewhere in the window', [...NUMBERED, '> R 1101/0'], 'ESTABLISHED', 10],
    ['a FIN', [...HANDSHAKE, '> FA'], 'FIN_WAIT', 120],
    ['an acknowledged FIN', [...HANDSHAKE, '> FA', '< A'], 'CLOSE_WAIT', 60],
    ['both FINs', [...HANDSHAKE, '> FA', '< FA'], 'LAST_ACK', 30],
    ['the last ACK', [...HANDSHAKE, '> FA', '< FA', '> A'], 'TIME_WAIT', 120],
    ['SYNs of both sides', ['> S', '< S'], 'SYN_SENT2', 120],
    [
      'simultaneous SYNs and SYN-ACKs',
      ['> S', '< S', '> SA', '< SA', '> A'],
      'ESTABLISHED',
      DAYS_5,
    ],
    [
      'a SYN let through and answered',
      [...NUMBERED, '> S 900000/0', '< SA 8000/900001'],
      'SYN_RECV',
      60,
    ],
    ['a SYN let through and refused', [...NUMBERED, '> S 900000/0', '< RA 0/900001'], 'CLOSE', 10],
    [
      'a challenge to a SYN while the last ACK is awaited',
      [...NUMBERED, '< FA 5001/1001', '> FA 1001/5002', '> S 70000/0', '< A 5002/1001'],
      'LAST_ACK',
      30,
    ],
  ])('after %s', (_name, sent, entry, left) => {
    expect(follow(sent).at(-1)).toMatchObject({ entry, left });
  });

  test('is assured by the ACK that ends the handshake', () => {
    const flows = new Flows();
    const assured = HANDSHAKE.map((text) => flows.send(segment(text)).connection?.assured);
    expect(assured).toEqual([false, false, true]);
  });

  test('does not live longer for a SYN that comes again', () => {
    const flows = new Flows();
    flows.send(segment('> S'));
    flows.nowMs = 100_000;
    expect(flows.send(segment('> S')).connection?.expiresAtMs).toBe(120_000);
  });

  test('closes when the host itself answers with a RST', () => {
    const flows = new Flows();
    for (const text of HANDSHAKE) flows.send(segment(text));
    const packet = flows.send(segment('> PA'));
    flows.tracker.setClosing(packet, 0);
    expect(packet.connection).toMatchObject({ protocolState: 'CLOSE', expiresAtMs: 10_000 });
  });

  test('follows the sysctls', () => {
    const sysctls = { 'net.netfilter.nf_conntrack_tcp_timeout_established': 3600 };
    expect(follow(HANDSHAKE, sysctls).at(-1)?.left).toBe(3600);
  });
});
