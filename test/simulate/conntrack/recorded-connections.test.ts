import { describe, expect, test } from 'vitest';
import { renderIpAddress } from '../../../src/address/ip-address.ts';
import { parseConnections } from '../../../src/host/connections/parse-connections.ts';
import { Simulator } from '../../../src/simulate/simulator.ts';
import { foreignRules } from '../../support/foreign-rules.ts';
import { testHost } from '../../support/hosts.ts';
import { rules } from '../../support/rules.ts';
import { run } from '../../support/simulations.ts';

const LOCATION = { file: 'table.txt', line: 1, column: 1 };

// A MASQUERADE that nothing meets keeps connection tracking on.
const RULES = '*nat\n-A POSTROUTING -s 10.9.9.9 -j MASQUERADE';

/** The test host with the connections that the lines of `conntrack -L` tell. */
function withTable(lines: string, target = '', more: readonly string[] = []): Simulator {
  const { records } = parseConnections(lines, LOCATION);
  const raw = ['*raw', ':PREROUTING ACCEPT', `-A PREROUTING -j ${target}`, 'COMMIT'];
  const nat = RULES.replace('\n', '\n:POSTROUTING ACCEPT\n');
  const text = [nat, 'COMMIT', ...(target === '' ? [] : raw), ...more].join('\n');
  return new Simulator({
    host: testHost(),
    rulesets: [foreignRules(text), rules(RULES.replace('10.9.9.9', '2001:db8::9'), 6)],
    notModelled: [],
    connections: records,
  });
}

/** `established`, or `undetermined` where nobody knows. */
function stateOf(on: Simulator, line: string): string | null {
  const result = run(on, line);
  return result.verdict === 'undetermined' ? 'undetermined' : result.state;
}

const CLIENT = '192.0.2.10';
const SERVER = '198.51.100.10';
/** A connection through the host, from a client on eth0 to a server on eth1. */
const flow = (protocol: string, flags = ['', '']): string =>
  `${protocol} src=${CLIENT} dst=${SERVER} sport=1000 dport=80 ${flags[0]} src=${SERVER} dst=${CLIENT} sport=80 dport=1000 ${flags[1]} mark=0 use=1`;
const OUT = `tcp ${CLIENT}:1000 -> ${SERVER}:80 in=eth0`;
const BACK = `tcp ${SERVER}:80 -> ${CLIENT}:1000 in=eth1`;

// Expectations: netfilter-facts 3.1 and 3.3, for an entry in that state.
describe('a TCP connection goes on from the state it is in', () => {
  test.each([
    ['ESTABLISHED', '[ASSURED]', 'A', 'established', 'A', 'established'],
    ['ESTABLISHED', '[ASSURED]', 'FA', 'established', 'R', 'established'],
    ['ESTABLISHED', '[ASSURED]', 'S', 'established', 'SA', 'established'],
    ['ESTABLISHED', '[ASSURED]', 'SA', 'invalid', 'S', 'invalid'],
    ['SYN_SENT', '', 'S', 'new', 'SA', 'established'],
    ['SYN_SENT', '', 'A', 'invalid', 'R', 'established'],
    ['SYN_RECV', '', 'A', 'established', 'SA', 'established'],
    ['FIN_WAIT', '[ASSURED]', 'A', 'established', 'FA', 'established'],
    ['LAST_ACK', '[ASSURED]', 'A', 'established', 'A', 'established'],
    ['TIME_WAIT', '[ASSURED]', 'S', 'new', 'SA', 'established'],
    ['CLOSE', '[ASSURED]', 'A', 'established', 'A', 'established'],
    ['CLOSE', '[ASSURED]', 'S', 'undetermined', 'A', 'undetermined'],
    ['LISTEN', '', 'A', 'undetermined', 'A', 'undetermined'],
  ])('%s %s: %s is %s, then %s back is %s', (state, assured, out, outState, back, backState) => {
    const flags = state === 'SYN_SENT' ? ['[UNREPLIED]', ''] : ['', assured];
    const on = withTable(flow(`tcp 6 1000 ${state}`, flags));
    expect([stateOf(on, `${OUT} flags=${out}`), stateOf(on, `${BACK} flags=${back}`)]).toEqual([
      outState,
      backState,
    ]);
  });

  test('picked up in the middle, it is new until the other side is heard', () => {
    const on = withTable(flow('tcp 6 300 ESTABLISHED', ['[UNREPLIED]', '']));
    expect(stateOf(on, `${OUT} flags=A`)).toBe('new');
    expect(stateOf(on, `${BACK} flags=A`)).toBe('established');
    expect(stateOf(on, `${OUT} flags=A`)).toBe('established');
  });

  test('the first numbers fit, whatever they are; far from these nobody knows', () => {
    const on = withTable(flow('tcp 6 1000 ESTABLISHED', ['', '[ASSURED]']));
    expect(stateOf(on, `${OUT} flags=A seq=3000000000 ack=7`)).toBe('established');
    expect(stateOf(on, `${BACK} flags=A seq=7 ack=3000000000`)).toBe('established');
    expect(stateOf(on, `${OUT} flags=A seq=3000001000 ack=7`)).toBe('established');
    expect(stateOf(on, `${OUT} flags=A seq=1000000 ack=7`)).toBe('undetermined');
  });
});

describe('other protocols', () => {
  test.each([
    ['udp, answered', flow('udp 17 100'), 'udp', 'established', 'established'],
    ['udp, unanswered', flow('udp 17 30', ['[UNREPLIED]', '']), 'udp', 'new', 'established'],
  ])('%s', (_name, lines, protocol, out, back) => {
    const on = withTable(lines);
    expect(stateOf(on, OUT.replace('tcp', protocol))).toBe(out);
    expect(stateOf(on, BACK.replace('tcp', protocol))).toBe(back);
  });

  test('echo, by its identifier, of both families', () => {
    const on = withTable(`
icmp 1 29 src=${CLIENT} dst=${SERVER} type=8 code=0 id=77 src=${SERVER} dst=${CLIENT} type=0 code=0 id=77 mark=0
icmpv6 58 29 src=2001:db8:0:2::9 dst=2001:db8:0:100::9 type=128 code=0 id=7 src=2001:db8:0:100::9 dst=2001:db8:0:2::9 type=129 code=0 id=7 mark=0`);
    expect(stateOf(on, `icmp ${CLIENT} -> ${SERVER} type=8 id=77 in=eth0`)).toBe('established');
    expect(stateOf(on, `icmp ${CLIENT} -> ${SERVER} type=8 id=78 in=eth0`)).toBe('new');
    expect(stateOf(on, `icmp ${SERVER} -> ${CLIENT} type=0 id=77 in=eth1`)).toBe('established');
    const v6 = 'icmpv6 2001:db8:0:100::9 -> 2001:db8:0:2::9 type=129 id=7 in=eth1';
    expect(stateOf(on, v6)).toBe('established');
  });

  test('an SCTP association takes data once it is established', () => {
    const on = withTable(flow('sctp 132 200 ESTABLISHED', ['', '[ASSURED]']));
    expect(stateOf(on, `${OUT.replace('tcp', 'sctp')} chunk=DATA`)).toBe('established');
    expect(stateOf(on, `${BACK.replace('tcp', 'sctp')} chunk=SACK`)).toBe('established');
  });

  test('protocols without ports by their addresses', () => {
    const on = withTable(
      `unknown 112 99 src=${CLIENT} dst=${SERVER} src=${SERVER} dst=${CLIENT} mark=0`,
    );
    expect(stateOf(on, `112 ${CLIENT} -> ${SERVER} in=eth0`)).toBe('established');
  });

  test('an ICMP error about a connection of the table is related', () => {
    const on = withTable(flow('udp 17 30', ['[UNREPLIED]', '']));
    const quoted = `udp ${CLIENT}:1000 -> ${SERVER}:80`;
    expect(stateOf(on, `icmp ${SERVER} -> ${CLIENT} type=3 code=3 in=eth1 quoted=${quoted}`)).toBe(
      'related',
    );
  });
});

describe('translation is read off the reply', () => {
  /** Source and destination at the end. */
  const end = (on: Simulator, line: string): string => {
    const { source, sourcePort, destination, destinationPort } = run(on, line).final;
    return `${renderIpAddress(source)}:${sourcePort} ${renderIpAddress(destination)}:${destinationPort}`;
  };

  test('of the destination, as for a service', () => {
    const on = withTable(
      `tcp 6 1000 ESTABLISHED src=${CLIENT} dst=192.0.2.1 sport=1000 dport=8080 src=203.0.113.10 dst=${CLIENT} sport=80 dport=1000 [ASSURED] mark=0`,
    );
    expect(end(on, `tcp ${CLIENT}:1000 -> 192.0.2.1:8080 in=eth0 flags=A`)).toBe(
      `${CLIENT}:1000 203.0.113.10:80`,
    );
    expect(end(on, `tcp 203.0.113.10:80 -> ${CLIENT}:1000 in=cali0 flags=A`)).toBe(
      `192.0.2.1:8080 ${CLIENT}:1000`,
    );
  });

  test('of the source, with another port', () => {
    const on = withTable(
      `udp 17 100 src=${CLIENT} dst=${SERVER} sport=1000 dport=53 src=${SERVER} dst=198.51.100.1 sport=53 dport=2000 [ASSURED] mark=0`,
    );
    expect(end(on, `udp ${CLIENT}:1000 -> ${SERVER}:53 in=eth0`)).toBe(
      `198.51.100.1:2000 ${SERVER}:53`,
    );
    expect(end(on, `udp ${SERVER}:53 -> 198.51.100.1:2000 in=eth1`)).toBe(
      `${SERVER}:53 ${CLIENT}:1000`,
    );
  });

  test('of the identifier of an echo', () => {
    const on = withTable(
      `icmp 1 29 src=${CLIENT} dst=${SERVER} type=8 code=0 id=7 src=${SERVER} dst=198.51.100.1 type=0 code=0 id=9 mark=0`,
    );
    const answer = run(on, `icmp ${SERVER} -> 198.51.100.1 type=0 id=9 in=eth1`);
    expect(answer.delivered).toBe('eth0');
    expect(renderIpAddress(answer.final.destination)).toBe(CLIENT);
  });
});

describe('the table', () => {
  test('forgets a connection when its time is over, and not before', () => {
    const on = withTable(flow('udp 17 30'));
    expect(stateOf(on, `${OUT.replace('tcp', 'udp')} time=29`)).toBe('established');
    const again = withTable(flow('udp 17 30'));
    expect(stateOf(again, `${OUT.replace('tcp', 'udp')} time=31`)).toBe('new');
  });

  test('is back as it was after a reset, whatever came between', () => {
    const on = withTable(flow('tcp 6 1000 ESTABLISHED', ['', '[ASSURED]']));
    expect(stateOf(on, `${OUT} flags=R`)).toBe('established');
    run(on, `${OUT} flags=S time=11`);
    on.reset();
    expect(stateOf(on, `${OUT} flags=A`)).toBe('established');
    on.empty();
    expect(stateOf(on, `${OUT} flags=S`)).toBe('new');
    on.reset();
    expect(stateOf(on, `${BACK} flags=SA`)).toBe('invalid');
  });

  test('a connection in a zone is met by what rules put there alone', () => {
    const on = withTable(`${flow('udp 17 100')} zone=3`);
    expect(stateOf(on, OUT.replace('tcp', 'udp'))).toBe('new');
    const zoned = withTable(`${flow('udp 17 100')} zone=3`, 'CT --zone 3');
    expect(stateOf(zoned, OUT.replace('tcp', 'udp'))).toBe('established');
    expect(stateOf(zoned, BACK.replace('tcp', 'udp'))).toBe('established');
  });

  test('a zone of one direction alone is that direction’s', () => {
    const udp = flow('udp 17 100').replace('dport=80 ', 'dport=80 zone-orig=3 ');
    const on = withTable(udp);
    expect(stateOf(on, BACK.replace('tcp', 'udp'))).toBe('established');
    const zoned = withTable(udp, 'CT --zone-orig 3');
    expect(stateOf(zoned, OUT.replace('tcp', 'udp'))).toBe('established');
  });

  test('what a helper of a connection there may expect is followed both ways', () => {
    const on = withTable(`${flow('tcp 6 1000 ESTABLISHED', ['', '[ASSURED]'])} helper=ftp`, '', [
      '*filter',
      ':FORWARD ACCEPT',
      '-A FORWARD -m conntrack --ctstate NEW -j DROP',
      'COMMIT',
    ]);
    const data = `tcp ${SERVER}:20 -> ${CLIENT}:5000 in=eth1`;
    const result = run(on, data);
    expect(result.verdict).toBe('undetermined');
    expect(result.because?.[0]).toBe(
      'whether the helper ftp of another connection expects this one is not known',
    );
    expect(run(on, `${OUT} flags=A`).verdict).toBe('accept');
    expect(run(on, `tcp 192.0.2.11:1 -> 198.51.100.11:2 in=eth0`).verdict).toBe('drop');
  });
});
