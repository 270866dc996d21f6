import { describe, expect, test } from 'vitest';
import { parseCidr, renderCidr } from '../../src/address/cidr.ts';
import { type IpAddress, parseIpAddress, renderIpAddress } from '../../src/address/ip-address.ts';
import { deriveHost } from '../../src/host/derive-host.ts';
import type { Host } from '../../src/host/host.ts';
import type { HostEndpoint, WorkloadEndpoint } from '../../src/resources/resource-set.ts';

const LOCATION = { file: 'a.yaml', line: 1, column: 1 };

const ip = (text: string): IpAddress => parseIpAddress(text) as IpAddress;

function hostEndpoint(
  name: string,
  interfaceName?: string,
  expectedIPs: string[] = [],
  node = 'node1',
): HostEndpoint {
  return {
    api: 'v3',
    metadata: { name, namespace: undefined, labels: new Map(), location: LOCATION },
    node,
    interfaceName,
    expectedIPs: expectedIPs.map(ip),
    profiles: [],
    ports: [],
  };
}

function workload(
  name: string,
  interfaceName: string,
  nets: string[],
  node = 'node1',
): WorkloadEndpoint {
  return {
    api: 'v3',
    metadata: { name, namespace: 'default', labels: new Map(), location: LOCATION },
    node,
    interfaceName,
    ipNetworks: nets.flatMap((net) => parseCidr(net) ?? []),
    ipNats: [],
    profiles: [],
    ports: [],
  };
}

function interfacesOf(host: Host): readonly string[] {
  return host.interfaces
    .filter((one) => one.name !== 'lo')
    .map((one) => [one.name, ...one.addresses.map((a) => renderIpAddress(a.address))].join(' '));
}

function routesOf(host: Host): readonly string[] {
  return host.routes.map((one) => `${renderCidr(one.to)} ${one.dev}`);
}

describe('a host made of its endpoints', () => {
  test('has one interface each, and the default routes by the first named one', () => {
    const host = deriveHost(
      'node1',
      [hostEndpoint('b', 'eth1'), hostEndpoint('a', 'eth0', ['192.0.2.1'])],
      [workload('w', 'cali1', ['10.65.0.2/32', 'fd00::2/128'])],
    );
    expect(interfacesOf(host)).toEqual(['eth0 192.0.2.1', 'eth1', 'cali1']);
    expect(routesOf(host)).toEqual([
      '0.0.0.0/0 eth0',
      '::/0 eth0',
      '10.65.0.2/32 cali1',
      'fd00::2/128 cali1',
    ]);
    expect(host.derived).toBe(true);
  });

  test('is the same whatever the order of the documents', () => {
    const endpoints = [
      hostEndpoint('b', 'eth1'),
      hostEndpoint('a', 'eth0'),
      hostEndpoint('c', undefined, ['10.0.0.1']),
    ];
    const host = deriveHost('node1', endpoints, []);
    expect(deriveHost('node1', [...endpoints].reverse(), [])).toEqual(host);
  });

  test('leaves out other nodes’ endpoints', () => {
    const host = deriveHost(
      'node1',
      [hostEndpoint('a', 'eth0'), hostEndpoint('b', 'eth7', [], 'node2')],
      [workload('w', 'cali7', ['10.65.0.7/32'], 'node2')],
    );
    expect(interfacesOf(host)).toEqual(['eth0']);
  });

  test('has a free interface for an endpoint that only expects addresses', () => {
    const host = deriveHost(
      'node1',
      [hostEndpoint('a', 'eth0'), hostEndpoint('b', undefined, ['192.0.2.9'])],
      [],
    );
    expect(interfacesOf(host)).toEqual(['eth0', 'eth1 192.0.2.9']);
    expect(routesOf(host)).toEqual(['0.0.0.0/0 eth0', '::/0 eth0']);
  });

  test('has no second interface for an address that a named one expects', () => {
    const host = deriveHost(
      'node1',
      [hostEndpoint('a', undefined, ['192.0.2.9']), hostEndpoint('b', 'ens3', ['192.0.2.9'])],
      [],
    );
    expect(interfacesOf(host)).toEqual(['ens3 192.0.2.9']);
  });

  test.each([
    ['only * names an interface', [hostEndpoint('a', '*')]],
    ['there is no host endpoint', []],
  ])('has eth0 where %s', (_name, endpoints) => {
    const host = deriveHost('node1', endpoints, [workload('w', 'cali1', ['10.65.0.2/32'])]);
    expect(interfacesOf(host)).toEqual(['eth0', 'cali1']);
    expect(routesOf(host)[0]).toBe('0.0.0.0/0 eth0');
  });

  test('has the addresses that other documents give the node', () => {
    const host = deriveHost(
      'node1',
      [hostEndpoint('a', 'eth0', ['192.0.2.1'])],
      [],
      [ip('192.0.2.1'), ip('192.0.2.2')],
    );
    expect(interfacesOf(host)).toEqual(['eth0 192.0.2.1 192.0.2.2']);
  });
});
