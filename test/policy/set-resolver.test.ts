import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Cidr, cidrOf, compareCidrs, renderCidr } from '../../src/address/cidr.ts';
import { ipv4, ipv6 } from '../../src/address/ip-address.ts';
import { SetResolver } from '../../src/policy/set-resolver.ts';

const NO_KUBERNETES = {
  services: [],
  endpoints: [],
  describedServices: [],
  namespaces: [],
  serviceAccounts: [],
  pods: [],
  networkPolicies: [],
};

/** What a selector of everything finds behind endpoints that have three nets each. */
function membersOf(nets: readonly Cidr[]): readonly string[] {
  const endpoints = [];
  for (let at = 0; at < nets.length; at += 3) {
    endpoints.push({ labels: new Map<string, string>(), nets: nets.slice(at, at + 3), ports: [] });
  }
  const resolver = new SetResolver(endpoints, NO_KUBERNETES);
  return resolver.bySelector({ kind: 'all' }).members.map(renderCidr);
}

function sortedOnce(nets: readonly Cidr[]): readonly string[] {
  return [...new Set([...nets].sort(compareCidrs).map(renderCidr))];
}

const word = fc.oneof(fc.nat(3), fc.integer({ min: 0, max: 0xffffffff }), fc.constant(0xffffffff));
const net = fc.oneof(
  fc.tuple(word, fc.nat(32)).map(([value, length]) => cidrOf(ipv4(value), length)),
  fc
    .tuple(word, word, fc.nat(128))
    .map(([high, low, length]) => cidrOf(ipv6(high, 0, 0, low), length)),
);

test('the nets of a set are in ascending order, each once, IPv4 before IPv6', () => {
  fc.assert(
    fc.property(fc.array(net, { maxLength: 60 }), (nets) => {
      expect(membersOf(nets)).toEqual(sortedOnce(nets));
    }),
  );
});

test('however many nets there are', () => {
  const nets = Array.from({ length: 40_000 }, (_, at) => {
    const value = Math.imul(at % 35_000, 0x9e3779b1) >>> 0;
    return at % 9 === 0 ? cidrOf(ipv6(value, 0, 0, 1), 64) : cidrOf(ipv4(value), 20 + (at % 13));
  });
  expect(membersOf(nets)).toEqual(sortedOnce(nets));
  const fewer = nets.slice(0, 32_000);
  expect(membersOf(fewer)).toEqual(sortedOnce(fewer));
});
