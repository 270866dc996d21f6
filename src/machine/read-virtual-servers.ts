import { readFileSync } from 'node:fs';
import { ipv4, parseIpAddress, renderIpAddress } from '../address/ip-address.ts';
import type { InterfaceSpec } from './host-spec.ts';

/** One virtual server of IPVS; one without an address is chosen by a mark. */
export interface VirtualServer {
  readonly protocol: 'TCP' | 'UDP' | 'SCTP' | 'FWM';
  readonly address: string | undefined;
  readonly port: number;
}

/** The virtual servers that the kernel has, undefined where it does not say. */
export function readVirtualServers(): readonly VirtualServer[] | undefined {
  try {
    return parseVirtualServers(readFileSync('/proc/net/ip_vs', 'utf8'));
  } catch {
    return undefined;
  }
}

/** The servers of `/proc/net/ip_vs`. Source: ip_vs_info_seq_show, ip_vs_ctl.c, Linux 6.6. */
export function parseVirtualServers(text: string): readonly VirtualServer[] {
  return text.split('\n').flatMap((line): VirtualServer[] => {
    if (line.startsWith('FWM ')) return [{ protocol: 'FWM', address: undefined, port: 0 }];
    const found = /^(TCP|UDP|SCTP) +(?:\[([\da-f:]+)\]|([\dA-F]{8})):([\dA-F]{4}) /.exec(line);
    if (found === null) return [];
    const [, protocol, groups, quad, port] = found;
    return [
      {
        protocol: protocol as VirtualServer['protocol'],
        address: quad === undefined ? canonical(groups ?? '') : renderIpAddress(ipv4(hex(quad))),
        port: hex(port ?? ''),
      },
    ];
  });
}

function hex(digits: string): number {
  return Number.parseInt(digits, 16);
}

/** The one spelling of an address. */
function canonical(text: string): string {
  const address = parseIpAddress(text);
  return address === undefined ? text : renderIpAddress(address);
}

/**
 * Those of the servers that are not to be seen in the interfaces and sets that kube-proxy keeps for its own: an address of `kube-ipvs0`, or a port in a set
 * of node ports.
 */
export function foreignServers(
  servers: readonly VirtualServer[],
  interfaces: readonly InterfaceSpec[],
  sets: string,
): readonly VirtualServer[] {
  const addresses = interfaces
    .filter(({ name }) => name === 'kube-ipvs0')
    .flatMap((device) => device.addresses)
    .map((block) => canonical(block.replace(/\/.*/, '')));
  const nodePorts = new Set(
    [...sets.matchAll(/^add KUBE-(?:6-)?NODE-PORT-(TCP|UDP|SCTP)(?:-HASH)? (?:.*:)?(\d+)/gm)].map(
      ([, protocol, port]) => `${protocol} ${port}`,
    ),
  );
  return servers.filter(
    ({ protocol, address, port }) =>
      !(address !== undefined && addresses.includes(address)) &&
      !nodePorts.has(`${protocol} ${port}`),
  );
}
