import { describe, expect, test } from 'vitest';
import { renderPacketLine } from '../../src/packet/packet-text.ts';
import { generateCase } from '../../src/selftest/generate/random-documents.ts';
import { Random } from '../../src/selftest/random.ts';
import { randomSource } from '../../src/selftest/random-source.ts';
import { modelOf } from '../../src/selftest/ruleset-case.ts';
import { simulateSequences } from '../../src/selftest/simulate-sequences.ts';

const linesOf = (seed: string, index: number): readonly string[] => {
  const source = randomSource(seed);
  const ruleset = source.caseOf(index);
  const model = modelOf(ruleset);
  const random = new Random(`${seed}/${index}`);
  const starts = source.startsOf(ruleset, model, random);
  const { sequences } = simulateSequences(model, {
    packets: 60,
    random,
    nextStart: () => starts.next(),
  });
  return sequences.flatMap(({ packets }) => packets.map(({ packet }) => renderPacketLine(packet)));
};

describe('Random', () => {
  test('makes the same choices of the same seed, and others of another', () => {
    const numbers = (seed: string): readonly number[] => {
      const random = new Random(seed);
      return Array.from({ length: 20 }, () => random.below(1_000_000));
    };
    expect(numbers('a')).toEqual(numbers('a'));
    expect(numbers('a')).not.toEqual(numbers('b'));
    expect(numbers('1/0')).not.toEqual(numbers('1/1'));
  });

  test('reaches every element of a list, and nothing outside of it', () => {
    const random = new Random('all');
    const seen = new Set(Array.from({ length: 400 }, () => random.pick(['a', 'b', 'c', 'd'])));
    expect([...seen].sort()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('takes as many elements as it may, in the list’s order', () => {
    const random = new Random('some');
    for (let i = 0; i < 200; i++) {
      const some = random.some([1, 2, 3, 4, 5], 1, 3);
      expect(some.length).toBeGreaterThanOrEqual(1);
      expect(some.length).toBeLessThanOrEqual(3);
      expect(some).toEqual([...some].sort());
    }
  });
});

describe('generated rulesets', { timeout: 60_000 }, () => {
  test('depend on seed and number alone, packets and answers included', () => {
    expect(generateCase('s', 3)).toEqual(generateCase('s', 3));
    expect(generateCase('s', 3)).not.toEqual(generateCase('t', 3));
    expect(linesOf('s', 4)).toEqual(linesOf('s', 4));
  });

  test('are valid for every version, and share a host where labs are shared', () => {
    const hosts = new Set<string>();
    const versions = new Set<string>();
    for (let index = 0; index < 30; index++) {
      const ruleset = generateCase('valid', index);
      hosts.add(JSON.stringify(ruleset.documents[0]));
      versions.add(ruleset.version);
      expect(() => modelOf(ruleset).ruleset(6)).not.toThrow();
    }
    // Four in turn, of which one is exchanged every sixteen rulesets.
    expect(hosts.size).toBeGreaterThanOrEqual(4);
    expect(hosts.size).toBeLessThanOrEqual(8);
    expect([...versions].sort()).toEqual(['2.6', '3.32', '3.9']);
  });

  test('together meet every kind of decision, every state, both families and every protocol', () => {
    const seen = new Set<string>();
    for (let index = 0; index < 24; index++) {
      const source = randomSource('variety');
      const ruleset = source.caseOf(index);
      const model = modelOf(ruleset);
      const random = new Random(`variety/${index}`);
      const starts = source.startsOf(ruleset, model, random);
      const nextStart = (): ReturnType<typeof starts.next> => starts.next();
      for (const { apiVersion, kind } of ruleset.documents) seen.add(`${apiVersion} ${kind}`);
      const simulated = simulateSequences(model, { packets: 150, random, nextStart });
      for (const { packet, result } of simulated.sequences.flatMap(({ packets }) => packets)) {
        seen.add(result.verdict).add(result.decision.kind).add(`state ${result.state}`);
        seen.add(`family ${packet.family}`).add(`protocol ${packet.protocol}`);
        if (packet.quoted !== undefined) seen.add('quoting');
        if (result.otherWays?.length) seen.add('several ways');
        if (result.final.destinationPort !== packet.destinationPort) seen.add('translated');
      }
    }
    const wanted = [
      ...['accept', 'drop', 'reject', 'policy', 'profile', 'failsafe', 'default', 'conntrack'],
      ...['workload', 'unpoliced', 'routing', 'state new', 'state established', 'state related'],
      ...['state invalid', 'state untracked', 'state null', 'family 4', 'family 6', 'protocol 6'],
      ...['protocol 17', 'protocol 1', 'protocol 58', 'protocol 47', 'protocol 132'],
      ...['protocol 136', 'quoting', 'translated', 'several ways', 'v1 Service', 'v1 Pod'],
      ...['networking.k8s.io/v1 NetworkPolicy', 'discovery.k8s.io/v1 EndpointSlice'],
      ...['projectcalico.org/v3 NetworkPolicy', 'projectcalico.org/v3 FelixConfiguration'],
    ];
    expect([...seen]).toEqual(expect.arrayContaining(wanted));
  });
});
