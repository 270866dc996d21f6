import { describe, expect, test } from 'vitest';
import type { HostWords } from '../../host/host-document.ts';
import { inFlight, lab, type PacketWords, route, routerOf } from './routed-packet.ts';

type Case = readonly [name: string, packet: PacketWords, wanted: string, host: HostWords];

const OWN = '192.0.2.1';
const filter = (values: Record<string, number>, more: HostWords = {}): HostWords =>
  lab({
    ...more,
    sysctls: Object.fromEntries(
      Object.entries(values).map(([name, value]) => [`net.ipv4.conf.${name}`, value]),
    ),
  });
const strict = filter({ 'all.rp_filter': 1 });
const loose = filter({ 'all.rp_filter': 2 });
/** Without a default route a source can be without any. */
const alone = (value: number): HostWords => ({
  interfaces: [{ name: 'eth0', addresses: ['192.0.2.1/24'] }],
  sysctls: { 'net.ipv4.conf.all.rp_filter': value },
});

// Expectations: netfilter-facts 5.3.
describe('rp_filter', () => {
  const cases: readonly Case[] = [
    ['0 takes any way', { src: '198.51.100.9', dst: OWN }, 'local', filter({})],
    ['1 takes the way back', { src: '192.0.2.9', dst: OWN }, 'local', strict],
    ['1 refuses another way', { src: '198.51.100.9', dst: OWN }, 'drop', strict],
    [
      '1 refuses what a default route elsewhere covers',
      { src: '8.8.8.8', dst: OWN },
      'drop',
      strict,
    ],
    [
      '1 takes what the default route here covers',
      { in: 'eth1', src: '8.8.8.8', dst: OWN },
      'local',
      strict,
    ],
    ['1 judges transit too', { src: '8.8.8.8', dst: '203.0.113.10' }, 'drop', strict],
    [
      '1 takes a workload by its route',
      { in: 'cali0', src: '203.0.113.10', dst: '8.8.8.8' },
      'forward eth1',
      strict,
    ],
    [
      '1 refuses a workload’s forged source',
      { in: 'cali0', src: '203.0.113.11', dst: '8.8.8.8' },
      'drop',
      strict,
    ],
    ['1 refuses an own address', { src: '198.51.100.1', dst: OWN }, 'drop', strict],
    ['2 takes another way', { src: '198.51.100.9', dst: OWN }, 'local', loose],
    ['2 takes a default route elsewhere', { src: '8.8.8.8', dst: OWN }, 'local', loose],
    ['2 refuses a source without any route', { src: '8.8.8.8', dst: OWN }, 'drop', alone(2)],
    ['0 takes a source without any route', { src: '8.8.8.8', dst: OWN }, 'local', alone(0)],
    [
      '2 is strict where the interface has no address',
      { in: 'cali0', src: '8.8.8.8', dst: OWN },
      'drop',
      loose,
    ],
    [
      '2 without an address takes the way back',
      { in: 'cali0', src: '203.0.113.10', dst: OWN },
      'local',
      loose,
    ],
    [
      'all=1 and the interface’s 2 is 2',
      { src: '8.8.8.8', dst: OWN },
      'local',
      filter({ 'all.rp_filter': 1, 'eth0.rp_filter': 2 }),
    ],
    [
      'all=2 and the interface’s 1 is 2',
      { src: '8.8.8.8', dst: OWN },
      'local',
      filter({ 'all.rp_filter': 2, 'eth0.rp_filter': 1 }),
    ],
    [
      'of one interface does not bind another',
      { src: '8.8.8.8', dst: OWN },
      'local',
      filter({ 'eth1.rp_filter': 1 }),
    ],
    [
      'of conf.default is that of interfaces that say nothing',
      { src: '8.8.8.8', dst: OWN },
      'drop',
      filter({ 'default.rp_filter': 1 }),
    ],
    [
      'takes 0.0.0.0 to 255.255.255.255',
      { src: '0.0.0.0', dst: '255.255.255.255' },
      'local',
      strict,
    ],
    [
      'refuses a broadcast from the wrong side',
      { src: '198.51.100.9', dst: '192.0.2.255' },
      'drop',
      strict,
    ],
    ['is not for IPv6', { src: '2001:db8:100::9', dst: '2001:db8:2::1' }, 'local', strict],
  ];
  test.each(cases)('%s', (_name, packet, wanted, host) => {
    expect(route(routerOf(host), packet)).toBe(wanted);
  });

  const byMark: HostWords = {
    routes: [{ to: 'default', via: '192.0.2.254', dev: 'eth0', table: '100' }],
    rules: [{ priority: 100, fwmark: '0x1', table: '100', family: 4 }],
  };
  test.each([
    ['is asked without the mark', 0, 'drop'],
    ['is asked with the mark where src_valid_mark is on', 1, 'local'],
  ])('%s', (_name, validMark, wanted) => {
    const host = filter({ 'all.rp_filter': 1, 'eth0.src_valid_mark': validMark }, byMark);
    expect(route(routerOf(host), { src: '8.8.8.8', dst: OWN, mark: 1 })).toBe(wanted);
  });
});

// Expectations: netfilter-facts 6.6; IPv6 observed on Linux 6.18.
describe('-m rpfilter', () => {
  const host = lab({
    routes: [
      { to: 'fd00:9::/32', dev: 'eth0', metric: 10 },
      { to: 'fd00:9::/32', dev: 'eth1', metric: 20 },
      { to: 'default', via: '192.0.2.254', dev: 'eth0', table: '100' },
    ],
    rules: [{ priority: 100, fwmark: '0x1', table: '100', family: 4 }],
  });
  const cases: readonly (readonly [string, PacketWords, boolean, boolean?])[] = [
    ['passes what came the way back', { src: '192.0.2.9', dst: OWN }, true],
    ['fails what came another way', { src: '8.8.8.8', dst: OWN }, false],
    ['fails an own address', { src: '198.51.100.1', dst: OWN }, false],
    ['fails 127/8', { src: '127.0.0.1', dst: OWN }, false],
    ['fails 0.0.0.0', { src: '0.0.0.0', dst: OWN }, false],
    ['fails a subnet’s broadcast', { src: '192.0.2.255', dst: OWN }, false],
    ['passes 0.0.0.0 to 255.255.255.255', { src: '0.0.0.0', dst: '255.255.255.255' }, true],
    ['passes everything on lo', { in: 'lo', src: '8.8.8.8', dst: OWN }, true],
    ['looks up without the mark', { src: '8.8.8.8', dst: OWN, mark: 1 }, false],
    ['looks up with the mark by --validmark', { src: '8.8.8.8', dst: OWN, mark: 1 }, true, true],
    ['passes IPv6 that came the way back', { src: '2001:db8:2::9', dst: '2001:db8:2::1' }, true],
    ['fails IPv6 that came another way', { src: '2001:db8:100::9', dst: '2001:db8:2::1' }, false],
    ['fails an own IPv6 address', { src: '2001:db8:100::1', dst: '2001:db8:2::1' }, false],
    ['passes the unspecified IPv6 address', { src: '::', dst: '2001:db8:2::1' }, true],
    [
      'passes IPv6 by a dearer route of the same prefix',
      { in: 'eth1', src: 'fd00:9::1', dst: '2001:db8:2::1' },
      true,
    ],
    [
      'fails IPv6 by no route of the prefix',
      { in: 'cali0', src: 'fd00:9::1', dst: '2001:db8:2::1' },
      false,
    ],
  ];
  const complete = cases.map(
    ([name, packet, wanted, mark]) => [name, packet, wanted, mark ?? false] as const,
  );
  test.each(complete)('%s', (_name, packet, wanted, validMark) => {
    expect(routerOf(host).passesRpfilter(inFlight(packet), { validMark })).toBe(wanted);
  });
});
