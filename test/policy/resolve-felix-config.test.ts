import { expect, test } from 'vitest';
import { InputError } from '../../src/source/errors.ts';
import { felixConfiguration, ipPool } from '../support/documents.ts';
import { resolvedNode } from '../support/resolved.ts';

const ports = (list: readonly { protocol: number; port: number }[]) =>
  list.map(({ protocol, port }) => `${protocol === 6 ? 'tcp' : 'udp'}:${port}`).join(',');

test.each([
  ['2.6', 'tcp:22,udp:68', 'tcp:2379,tcp:2380,tcp:4001,tcp:7001,udp:53,udp:67'],
  [
    '3.9',
    'tcp:22,udp:68,tcp:179,tcp:2379,tcp:2380,tcp:6666,tcp:6667',
    'udp:53,udp:67,tcp:179,tcp:2379,tcp:2380,tcp:6666,tcp:6667',
  ],
  [
    '3.32',
    'tcp:22,udp:68,tcp:179,tcp:2379,tcp:2380,tcp:5473,tcp:6443,tcp:6666,tcp:6667',
    'udp:53,udp:67,tcp:179,tcp:2379,tcp:2380,tcp:5473,tcp:6443,tcp:6666,tcp:6667',
  ],
] as const)('6: the failsafe ports of %s', (version, inbound, outbound) => {
  const { config } = resolvedNode(version, {});
  expect(ports(config.failsafeInbound)).toBe(inbound);
  expect(ports(config.failsafeOutbound)).toBe(outbound);
});

test('contract 1: the environment wins over the node, the node over the default', () => {
  const documents = {
    felixConfigurations: [
      felixConfiguration('default', { logPrefix: 'one', vxlanPort: '1', interfacePrefix: 'tap' }),
      felixConfiguration('node.node1', { logPrefix: 'two', vxlanPort: '2' }),
      felixConfiguration('node.node2', { logPrefix: 'other' }),
    ],
  };
  const { config } = resolvedNode('3.32', documents, { LogPrefix: 'three' });
  expect(config.logPrefix).toBe('three');
  expect(config.vxlanPort).toBe(2);
  expect(config.interfacePrefixes).toEqual(['tap']);
});

test('trap 27: an empty value is ignored, so what is below it stays; only `none` clears', () => {
  const documents = {
    felixConfigurations: [felixConfiguration('default', { failsafeInboundHostPorts: 'udp:1' })],
  };
  const inbound = (value: string) =>
    ports(
      resolvedNode('3.9', documents, { FailsafeInboundHostPorts: value }).config.failsafeInbound,
    );
  expect(inbound('')).toBe('udp:1');
  expect(inbound('None')).toBe('');
  expect(inbound('22')).toBe('tcp:22');
});

test.each([
  ['DefaultEndpointToHostAction', 'Accept', { defaultEndpointToHostAction: 'accept' }],
  ['IptablesFilterAllowAction', 'RETURN', { filterAllowAction: 'return' }],
  ['IptablesMangleAllowAction', 'return', { mangleAllowAction: 'return' }],
  ['IptablesFilterDenyAction', 'Reject', { filterDenyAction: 'reject' }],
  ['ChainInsertMode', 'append', { chainInsertMode: 'append' }],
  ['IptablesMarkMask', '0xf0', { markMask: 0xf0 }],
  ['DisableConntrackInvalidCheck', 'yes', { disableConntrackInvalidCheck: true }],
  ['IpInIpEnabled', 'true', { ipipEnabled: true }],
  ['VXLANEnabled', '1', { vxlanEnabled: true }],
  ['AllowVXLANPacketsFromWorkloads', 'true', { allowVxlanFromWorkloads: true }],
  ['AllowIPIPPacketsFromWorkloads', 'true', { allowIpipFromWorkloads: true }],
  ['Ipv6Support', 'false', { ipv6Support: false }],
  ['InterfacePrefix', 'cali,tap', { interfacePrefixes: ['cali', 'tap'] }],
])('5.0: %s=%s is understood from the environment', (name, value, expected) => {
  expect(resolvedNode('3.32', {}, { [name]: value }).config).toMatchObject(expected);
});

test('5.0: parameters that a version does not have yet do nothing', () => {
  const { config } = resolvedNode(
    '2.6',
    {},
    { IptablesFilterDenyAction: 'Reject', VXLANEnabled: 'true' },
  );
  expect(config).toMatchObject({ filterDenyAction: 'drop', vxlanEnabled: false });
});

test('IPIP and VXLAN are on when a pool uses them, unless a parameter says otherwise', () => {
  const documents = {
    ipPools: [
      ipPool('a', { cidr: '10.0.0.0/16', ipip: true }),
      ipPool('b', { cidr: '10.1.0.0/16', vxlan: true }),
    ],
  };
  expect(resolvedNode('3.9', documents).config).toMatchObject({
    ipipEnabled: true,
    vxlanEnabled: true,
  });
  expect(resolvedNode('3.9', documents, { VXLANEnabled: 'false' }).config).toMatchObject({
    ipipEnabled: true,
    vxlanEnabled: false,
  });
  expect(resolvedNode('3.9', {}).config).toMatchObject({ ipipEnabled: false, vxlanEnabled: false });
});

test.each([
  ['FailsafeInboundHostPorts', 'tcp:10.0.0.0/8:22'],
  ['DefaultEndpointToHostAction', 'maybe'],
  ['DefaultEndpointToHostAction', 'none'],
  ['IptablesMarkMask', '0x7'],
  ['VXLANPort', '70000'],
  ['InterfacePrefix', 'cali tap'],
  ['Ipv6Support', 'perhaps'],
])('%s=%s is an error that names the variable', (name, value) => {
  const variable = `FELIX_${name.toUpperCase()}`;
  let caught: unknown;
  try {
    resolvedNode('3.9', {}, { [name]: value });
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(InputError);
  expect((caught as InputError).problems.map(({ location }) => location.file)).toEqual([variable]);
});

test('what is not modelled counts as it is in force, whoever sets it', () => {
  const on = { felixConfigurations: [felixConfiguration('default', { bpfEnabled: 'true' })] };
  const found = (
    documents: Parameters<typeof resolvedNode>[1],
    environment: Readonly<Record<string, string>> = {},
  ) => resolvedNode('3.32', documents, environment).notModelled.map(({ what }) => what);
  expect(found(on)).toEqual(['the Felix parameter `bpfEnabled: true`']);
  expect(found(on, { bpfEnabled: 'false' })).toEqual([]);
  expect(found({}, { bpfEnabled: '1' })).toEqual(['the Felix parameter `bpfEnabled: 1`']);
  expect(found({}, { nftablesMode: 'Enabled' })).toHaveLength(1);
  expect(found({}, { nftablesMode: 'Disabled', interfaceExclude: 'kube-ipvs0' })).toEqual([]);
  const node = felixConfiguration('node.node1', { bpfEnabled: 'false' });
  expect(found({ felixConfigurations: [...on.felixConfigurations, node] })).toEqual([]);
});

test('6: SCTP failsafes come from documents of the newest version alone', () => {
  const sctp = {
    felixConfigurations: [felixConfiguration('default', { failsafeInboundHostPorts: 'sctp:80' })],
  };
  expect(resolvedNode('3.32', sctp).config.failsafeInbound).toEqual([
    { protocol: 132, port: 80, net: undefined },
  ]);
  expect(() => resolvedNode('3.9', sctp)).toThrow(InputError);
  const environment = { failsafeInboundHostPorts: 'sctp:80' };
  expect(() => resolvedNode('3.32', {}, environment)).toThrow(InputError);
});
