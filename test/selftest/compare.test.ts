import { describe, expect, test } from 'vitest';
import type { Observation } from '../../src/lab/kernel-lab.ts';
import { compareObservation } from '../../src/selftest/compare.ts';
import { address } from '../support/documents.ts';
import { run, simulator } from '../support/simulations.ts';
import { observationOf } from './fake-lab.ts';

const host = simulator(`
  *mangle
  -A PREROUTING -j MARK --set-xmark 0x10/0x10
  COMMIT
  *filter
  -A INPUT -m conntrack --ctstate INVALID -j DROP
  -A INPUT -p tcp -m tcp --dport 80 -j ACCEPT
  -A INPUT -j DROP
  COMMIT`);
const accepted = run(host, 'tcp 203.0.113.7:40000 -> 192.0.2.1:80 in=eth0');
const dropped = run(host, 'tcp 203.0.113.7:40000 -> 192.0.2.1:81 in=eth0');

const faults: readonly (readonly [string, Partial<Observation>])[] = [
  ['verdict', { verdict: 'drop' }],
  ['verdict', { verdict: 'reject' }],
  ['delivered', { delivered: 'eth1' }],
  ['delivered', { delivered: null }],
  ['final.src', { final: { ...accepted.final, source: address('203.0.113.8') } }],
  ['final.dst', { final: { ...accepted.final, destination: address('192.0.2.2') } }],
  ['final.sport', { final: { ...accepted.final, sourcePort: 1 } }],
  ['final.dport', { final: { ...accepted.final, destinationPort: 1 } }],
  ['mark', { mark: 0 }],
  ['state', { state: 'established' }],
  ['state', { state: undefined }],
  ['hops', { rules: [] }],
];

describe('comparison', () => {
  test('finds nothing where the kernel did as simulated, traced or not', () => {
    for (const result of [accepted, dropped]) {
      expect(compareObservation(result, observationOf(result))).toEqual([]);
      expect(compareObservation(result, observationOf(result, true))).toEqual([]);
    }
  });

  test.each(faults)('finds a wrong %s: %j', (field, fault) => {
    const differences = compareObservation(accepted, { ...observationOf(accepted), ...fault });
    expect(differences.map((one) => one.field)).toEqual([field]);
  });

  test('finds one rule too many, one too few, and two changed over', () => {
    const right = observationOf(accepted, true);
    const hops = right.rules ?? [];
    expect(hops.length).toBeGreaterThan(1);
    for (const rules of [[...hops, ...hops.slice(0, 1)], hops.slice(1), [...hops].reverse()]) {
      const differences = compareObservation(accepted, { ...right, rules });
      expect(differences.map(({ field }) => field)).toEqual(['hops']);
    }
  });

  test('knows that nobody sees a mark that was set in the hook that dropped the packet', () => {
    const marking = simulator(`
      *filter
      -A INPUT -j MARK --set-xmark 0x1/0x1
      -A INPUT -j DROP
      COMMIT`);
    const result = run(marking, 'udp 203.0.113.7:40000 -> 192.0.2.1:53 in=eth0');
    expect(result.mark).toBe(1);
    expect(observationOf(result).mark).toBe(0);
  });

  test('takes a route’s missing answer for the rate limit, but none of a rule', () => {
    const rejecting = simulator(
      '*filter\n-A INPUT -j REJECT --reject-with icmp-port-unreachable\nCOMMIT',
    );
    const byRule = run(rejecting, 'udp 203.0.113.7:40000 -> 192.0.2.1:53 in=eth0');
    const silent = { ...observationOf(byRule), verdict: 'drop' as const };
    expect(compareObservation(byRule, silent).map(({ field }) => field)).toEqual(['verdict']);
  });
});

describe('where chance has several ways', () => {
  const service = simulator(`
    *nat
    -A PREROUTING -m statistic --mode random --probability 0.5 -j DNAT --to-destination 203.0.113.10:8080
    -A PREROUTING -j DNAT --to-destination 203.0.113.11:8080
    COMMIT`);
  const result = run(service, 'tcp 192.0.2.10:40000 -> 192.0.2.1:80 in=eth0');
  const [other] = result.otherWays ?? [];

  test('each of them is right, in every respect', () => {
    if (other === undefined) throw new Error('there is one way only');
    expect(result.verdict).toBe('accept');
    expect(other.final.destination).not.toEqual(result.final.destination);
    for (const way of [result, other]) {
      expect(compareObservation(result, observationOf(way, true))).toEqual([]);
    }
  });

  test('and nothing beside them, nor a mixture', () => {
    if (other === undefined) throw new Error('there is one way only');
    const elsewhere = { ...result.final, destination: address('203.0.113.12') };
    const mixed = { ...observationOf(result, true), final: other.final };
    for (const observed of [{ ...observationOf(result), final: elsewhere }, mixed]) {
      expect(compareObservation(result, observed)).not.toEqual([]);
    }
  });
});
