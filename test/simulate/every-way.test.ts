import { describe, expect, test } from 'vitest';
import { renderIpAddress } from '../../src/address/ip-address.ts';
import { Simulator } from '../../src/simulate/simulator.ts';
import { testHost } from '../support/hosts.ts';
import { packet } from '../support/packets.ts';
import { rules } from '../support/rules.ts';
import { outcome, run, simulator, way } from '../support/simulations.ts';

/** A Service with one endpoint out of each of the addresses, as kube-proxy writes them. */
function service(...endpoints: readonly string[]): string {
  const choices = endpoints.map((_, i) => {
    const left = endpoints.length - i;
    const chance = left === 1 ? '' : `-m statistic --mode random --probability ${1 / left}`;
    return `-A KUBE-SVC ${chance} -j KUBE-SEP-${i}`;
  });
  return [
    '*nat',
    '-A PREROUTING -d 10.96.0.1 -p tcp -m tcp --dport 80 -j KUBE-SVC',
    ...choices,
    ...endpoints.map(
      (endpoint, i) => `-A KUBE-SEP-${i} -p tcp -j DNAT --to-destination ${endpoint}`,
    ),
  ].join('\n');
}

const TO_SERVICE = 'tcp 192.0.2.10:1000 -> 10.96.0.1:80 in=eth0';

describe('a Service with several endpoints', () => {
  const THREE = ['203.0.113.10:8080', '203.0.113.11:8080', '203.0.113.10:8081'];

  test('is decided where all endpoints agree, and the headers are those of the first', () => {
    const result = run(simulator(service(...THREE)), TO_SERVICE);
    expect(outcome(result), way(result)).toBe('accept cali0');
    expect(renderIpAddress(result.final.destination)).toBe('203.0.113.10');
    expect(result.final.destinationPort).toBe(8080);
    expect(result.because).toBeUndefined();
  });

  test('leaves the connection to the first endpoint in the table', () => {
    const on = simulator(service(...THREE));
    run(on, TO_SERVICE);
    const answer = run(on, 'tcp 203.0.113.10:8080 -> 192.0.2.10:1000 in=cali0 flags=SA');
    expect([answer.state, renderIpAddress(answer.final.source)]).toEqual([
      'established',
      '10.96.0.1',
    ]);
    const other = run(on, 'tcp 203.0.113.11:8080 -> 192.0.2.10:1000 in=cali0 flags=SA');
    expect(other.state).toBe('invalid');
  });

  test('is undetermined where they do not, and every endpoint is named', () => {
    const on = simulator(`${service(...THREE)}\n*filter\n-A FORWARD -d 203.0.113.11 -j DROP`);
    const result = run(on, TO_SERVICE);
    expect(outcome(result)).toBe('undetermined');
    expect(result.because).toEqual(
      expect.arrayContaining([
        'to 203.0.113.10:8080: accept, delivered to cali0',
        'to 203.0.113.11:8080: drop',
        'to 203.0.113.10:8081: accept, delivered to cali0',
      ]),
    );
  });

  test('differs when they are delivered at different places', () => {
    const result = run(simulator(service('203.0.113.10:80', '198.51.100.10:80')), TO_SERVICE);
    expect(result.because).toEqual(
      expect.arrayContaining([
        'to 203.0.113.10:80: accept, delivered to cali0',
        'to 198.51.100.10:80: accept, delivered to eth1',
      ]),
    );
  });

  test('an established connection keeps its endpoint, and nothing is left to chance', () => {
    const on = simulator(`${service(...THREE)}\n*filter\n-A FORWARD -d 203.0.113.11 -j DROP`);
    run(on, TO_SERVICE);
    run(on, 'tcp 203.0.113.10:8080 -> 192.0.2.10:1000 in=cali0 flags=SA');
    expect(outcome(run(on, `${TO_SERVICE} flags=A`))).toBe('accept cali0');
  });
});

test.each([
  ['-m statistic --mode random --probability 1', 'drop'],
  ['-m statistic --mode random --probability 0', 'accept eth1'],
  ['-m statistic --mode random --probability 0.5', 'undetermined'],
  ['-m recent --rcheck --name x', 'undetermined'],
  ['-m recent --set --name x', 'drop'],
  ['-m limit --limit 10/min', 'undetermined'],
  ['-p udp -m limit --limit 10/min', 'accept eth1'],
])('a rule with %s that drops: %s', (match, wanted) => {
  const result = run(
    simulator(`*filter\n-A FORWARD ${match} -j DROP`),
    'tcp 192.0.2.10:1 -> 198.51.100.10:80 in=eth0',
  );
  expect(outcome(result), way(result)).toBe(wanted);
});

test('only the rules on which the verdict depends are named', () => {
  const on = simulator(
    [
      '*mangle',
      '-A PREROUTING -m limit --limit 1/min -j MARK --set-xmark 0x1/0x1',
      '*filter',
      '-A FORWARD -m recent --rcheck --name x -j DROP',
      '-A FORWARD -m limit --limit 2/min -j RETURN',
    ].join('\n'),
  );
  const result = run(on, 'tcp 192.0.2.10:1 -> 198.51.100.10:80 in=eth0');
  expect(result.because?.slice(0, -2)).toEqual([
    'rule 1 of chain FORWARD in table filter (-m recent --rcheck --name x --mask 255.255.255.255 --rsource -j DROP): whether it matches cannot be known, for nobody says who is in the list x',
  ]);
});

test('whether a limited LOG rule logs decides nothing', () => {
  const on = simulator('*filter\n-A FORWARD -m limit --limit 10/min -j LOG');
  expect(outcome(run(on, 'tcp 192.0.2.10:1 -> 198.51.100.10:80 in=eth0'))).toBe('accept eth1');
});

test('more ways than can be followed are undetermined, with the reason', () => {
  const marks = Array.from(
    { length: 11 },
    (_, i) => `-A FORWARD -m limit --limit 1/sec -j MARK --set-xmark ${1 << i}/${1 << i}`,
  );
  const on = simulator(`*filter\n${marks.join('\n')}`);
  const result = run(on, 'tcp 192.0.2.10:1 -> 198.51.100.10:80 in=eth0');
  expect(result.verdict).toBe('undetermined');
  expect(result.because).toContainEqual(expect.stringMatching(/more than 1024 ways/));
});

describe('what is not known of the host', () => {
  test('a packet that meets opaque rules is undetermined, one that is dropped before is not', () => {
    const on = simulator('*raw\n-A PREROUTING -p udp -j DROP\n*filter\n-A FORWARD -j OPAQUE');
    expect(outcome(run(on, 'tcp 192.0.2.10:1 -> 198.51.100.10:80 in=eth0'))).toBe('undetermined');
    expect(outcome(run(on, 'udp 192.0.2.10:1 -> 198.51.100.10:80 in=eth0'))).toBe('drop');
  });

  test('what the documents leave unmodelled concerns packets that meet a rule of ours', () => {
    const ours = (family: 4 | 6) =>
      rules('*filter\n-A INPUT -j hep-INPUT\n-A hep-INPUT -j RETURN', family);
    const on = new Simulator({
      host: testHost(),
      rulesets: [ours(4), ours(6)],
      notModelled: [{ what: 'egress gateways', family: 4, concerns: 'own-rule' }],
    });
    const met = on.run(packet('tcp 192.0.2.10:1 -> 192.0.2.1:80 in=eth0'));
    expect([met.verdict, met.because]).toEqual(['undetermined', ['egress gateways']]);
    expect(on.run(packet('tcp 192.0.2.10:1 -> 198.51.100.10:80 in=eth0')).verdict).toBe('accept');
    const other = on.run(packet('tcp [2001:db8:0:2::10]:1 -> [2001:db8:0:2::1]:80 in=eth0'));
    expect(other.verdict).toBe('accept');
  });

  test('a source port that the kernel chooses by chance is undetermined', () => {
    const on = simulator('*nat\n-A POSTROUTING -o eth1 -j MASQUERADE');
    run(on, 'udp 192.0.2.10:1000 -> 198.51.100.10:53 in=eth0');
    const result = run(on, 'udp 192.0.2.11:1000 -> 198.51.100.10:53 in=eth0');
    expect(result.verdict, way(result)).toBe('undetermined');
    expect(result.because).toHaveLength(1);
  });
});
