import { describe, expect, test } from 'vitest';
import { renderIpAddress } from '../../src/address/ip-address.ts';
import { type Aim, aimsOf } from '../../src/selftest/generate/aims.ts';
import { addressEdges, byteEdges, portEdges } from '../../src/selftest/generate/edges.ts';
import { cidr } from '../support/documents.ts';
import { rules } from '../support/rules.ts';

describe('edges', () => {
  test.each([
    ['192.0.2.0/24', ['192.0.1.255', '192.0.2.0', '192.0.3.0', '192.0.2.255']],
    ['192.0.2.7/32', ['192.0.2.6', '192.0.2.7', '192.0.2.8']],
    ['0.0.0.0/0', ['0.0.0.0', '255.255.255.255']],
    ['255.255.255.255/32', ['255.255.255.254', '255.255.255.255']],
    [
      '2001:db8::/32',
      [
        '2001:db7:ffff:ffff:ffff:ffff:ffff:ffff',
        '2001:db8::',
        '2001:db9::',
        '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
      ],
    ],
  ])('of %s', (block, wanted) => {
    expect(addressEdges(cidr(block)).map(renderIpAddress)).toEqual(wanted);
  });

  test('of ports and types stay within what there is', () => {
    expect(portEdges({ first: 80, last: 90 })).toEqual([79, 80, 90, 91]);
    expect(portEdges({ first: 0, last: 65535 })).toEqual([0, 65535]);
    expect(byteEdges(0)).toEqual([0, 1]);
    expect(byteEdges(255)).toEqual([254, 255]);
  });
});

describe('aims', () => {
  const aims = aimsOf(
    rules(`
      *filter
      -A INPUT -m mark --mark 0x10/0x30 -j ACCEPT
      -A INPUT -s 10.0.0.0/8 -p tcp -m multiport --dports 80,90:91 -j ACCEPT
      COMMIT`),
  );
  const of = (fields: (aim: Aim) => unknown): readonly unknown[] => [...new Set(aims.map(fields))];

  test('lie on both sides of every border while the other criteria are met', () => {
    const ports = aims.filter(
      (aim) =>
        aim.protocol === 6 &&
        aim.source !== undefined &&
        renderIpAddress(aim.source) === '10.0.0.0',
    );
    expect(ports.map(({ destinationPort }) => destinationPort)).toEqual(
      expect.arrayContaining([79, 80, 81, 89, 90, 91, 92]),
    );
    expect(of(({ source }) => source && renderIpAddress(source))).toEqual(
      expect.arrayContaining(['9.255.255.255', '10.0.0.0', '10.255.255.255', '11.0.0.0']),
    );
  });

  test('carry the marks that rules ask for, and one bit off', () => {
    expect(of(({ mark }) => mark)).toEqual(expect.arrayContaining([0x10, 0x00]));
  });

  test('lie on both sides of every member of a set, and say in which chain the rule is', () => {
    const set = aimsOf(
      rules(`
        create all hash:ip,port
        add all 10.0.0.1,tcp:80
        add all 10.0.0.9,udp:53
        *filter
        :inner -
        -A inner -m set --match-set all src,dst -j ACCEPT
        COMMIT`),
    );
    const texts = set.map(
      ({ source, protocol, destinationPort }) =>
        `${source && renderIpAddress(source)} ${protocol} ${destinationPort}`,
    );
    expect(texts).toEqual(
      expect.arrayContaining([
        ...['10.0.0.1 6 80', '10.0.0.0 6 80', '10.0.0.2 6 80', '10.0.0.1 6 79', '10.0.0.1 6 81'],
        ...['10.0.0.9 17 53', '10.0.0.8 17 53', '10.0.0.10 17 53', '10.0.0.9 17 54'],
      ]),
    );
    expect(set.map(({ chain }) => chain?.name)).toEqual(set.map(() => 'inner'));
  });
});
