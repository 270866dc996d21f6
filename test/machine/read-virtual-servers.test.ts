import { expect, test } from 'vitest';
import { foreignServers, parseVirtualServers } from '../../src/machine/read-virtual-servers.ts';

/** As a kernel prints them whose kube-proxy has a Service and a node port, beside two servers of somebody else. */
const PRINTED = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  0A600001:01BB rr
  -> C0000201:192B      Masq    1      0          0
TCP  C0000201:7C6C rr
UDP  [2001:0db8:000f:0000:0000:0000:0000:000a]:0035 rr
TCP  C0000263:0050 wlc
FWM  00000007 wlc
`;
const SERVERS = parseVirtualServers(PRINTED);

test('virtual servers are read as the kernel prints them', () => {
  expect(SERVERS.map(({ protocol, address, port }) => `${protocol} ${address} ${port}`)).toEqual([
    'TCP 10.96.0.1 443',
    'TCP 192.0.2.1 31852',
    'UDP 2001:db8:f::a 53',
    'TCP 192.0.2.99 80',
    'FWM undefined 0',
  ]);
});

test('those of kube-proxy show in its device and its sets, others are foreign', () => {
  const interfaces = [
    { name: 'eth0', addresses: ['192.0.2.1/24'] },
    { name: 'kube-ipvs0', addresses: ['10.96.0.1/32', '2001:db8:f::a/128'] },
  ];
  const sets =
    'create KUBE-NODE-PORT-TCP bitmap:port range 0-65535\nadd KUBE-NODE-PORT-TCP 31852\n';
  expect(foreignServers(SERVERS, interfaces, sets)).toEqual(SERVERS.slice(3));
  expect(foreignServers(SERVERS, interfaces, '')).toHaveLength(3);
  expect(foreignServers(SERVERS, [], sets)).toHaveLength(4);
});
