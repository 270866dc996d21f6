import type { Mutation } from './mutation.ts';

const INPUT4 = 'src/simulate/routing/route-input-ipv4.ts';
const INPUT6 = 'src/simulate/routing/route-input-ipv6.ts';
const SOURCES = 'src/simulate/routing/validate-source.ts';

/** Faults in routing and in what it refuses. */
export const ROUTING_MUTATIONS: readonly Mutation[] = [
  {
    name: 'ttl-one-too-many',
    file: INPUT4,
    find: `if (packet.ttl > 1) return outcome;`,
    replace: `if (packet.ttl > 0) return outcome;`,
    fault: 'a packet whose TTL is used up is forwarded',
  },
  {
    name: 'hop-limit-one-too-many',
    file: INPUT6,
    find: `if (packet.ttl <= 1) {`,
    replace: `if (packet.ttl < 1) {`,
    fault: 'a packet whose hop limit is used up is forwarded',
  },
  {
    name: 'forwards-though-off',
    file: INPUT4,
    find: `  if (!settings.forwarding4) return { kind: 'drop', reason: forwardingOff(settings) };
`,
    replace: ``,
    fault: 'ip_forward=0 does not keep packets from being forwarded',
  },
  {
    name: 'forwards-ipv6-though-off',
    file: INPUT6,
    find: `  if (!settings.forwarding6) return { kind: 'drop', reason: 'IPv6 forwarding is off' };
`,
    replace: ``,
    fault: 'forwarding=0 does not keep IPv6 packets from being forwarded',
  },
  {
    name: 'loose-rp-filter-is-strict',
    file: SOURCES,
    find: `if (settings.rpFilter === 1) return elsewhere`,
    replace: `if (settings.rpFilter !== 0) return elsewhere`,
    fault: 'rp_filter=2 filters as 1 does',
  },
  {
    name: 'strict-rp-filter-is-loose',
    file: SOURCES,
    find: `if (settings.rpFilter === 1) return elsewhere`,
    replace: `if (settings.rpFilter === 3) return elsewhere`,
    fault: 'rp_filter=1 filters as 2 does',
  },
  {
    name: 'rp-filter-the-smaller',
    file: 'src/simulate/routing/interface-settings.ts',
    find: `rpFilter: Math.max(rpFilterAll, rpFilterOwn)`,
    replace: `rpFilter: Math.min(rpFilterAll, rpFilterOwn)`,
    fault: 'of conf.all and the interface the smaller rp_filter counts',
  },
  {
    name: 'own-source-arrives',
    file: SOURCES,
    find: `network.ipv4Addresses.has(packet.source.w3) ? ownSource(packet) : undefined`,
    replace: `undefined`,
    fault: `a packet from an address of the host's own is let in`,
  },
  {
    name: 'loopback-source-arrives',
    file: INPUT4,
    find: `    if (isLoopback(source)) return martianSource(source);
`,
    replace: ``,
    fault: 'a packet from 127.0.0.0/8 is let in from a link',
  },
  {
    name: 'subnet-broadcast-unroutable',
    file: 'src/simulate/routing/fib-table.ts',
    find: `  if (type === 'broadcast')
    return {`,
    replace: `  if (type === 'broadcast' && dev === '')
    return {`,
    fault: 'the broadcast address of a subnet is not delivered locally',
  },
  {
    name: 'blackhole-answers',
    file: INPUT4,
    find: `if (entry.type === 'blackhole') return { kind: 'drop', reason };`,
    replace: `if (entry.type === 'throw') return { kind: 'drop', reason };`,
    fault: 'a blackhole route says so to the sender',
  },
  {
    name: 'masquerade-takes-the-last-address',
    file: 'src/simulate/routing/masquerade-address.ts',
    find: `own.find((one) => cidrContains(one.cidr, towards)) ?? own[0]`,
    replace: `own.at(-1)`,
    fault: 'MASQUERADE takes the last address of the interface',
  },
  {
    name: 'rpfilter-match-without-interface',
    file: 'src/simulate/routing/rpfilter-match.ts',
    find: `return counts && (loose === true || back.dev === inInterface);`,
    replace: `return counts;`,
    fault: '-m rpfilter passes whatever interface the way back takes',
  },
];
