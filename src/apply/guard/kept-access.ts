import { type IpAddress, ipv6, parseIpAddress, renderIpAddress } from '../../address/ip-address.ts';
import type { Host, HostInterface } from '../../host/host.ts';
import { LOCAL, type Packet } from '../../packet/packet.ts';
import { type PacketFields, packetToFields, renderPacketLine } from '../../packet/packet-text.ts';

/** Access that new rules must not take away: packets that must all arrive, in order, through one connection table that is empty at first. */
export interface KeptAccess {
  /** What it is, for people. */
  readonly name: string;
  readonly steps: readonly AccessStep[];
}

export type AccessStep =
  | { readonly kind: 'packet'; readonly fields: PacketFields }
  /** The answer to the step before, as its receiver would send it, with these fields of its own. */
  | { readonly kind: 'reply'; readonly fields: PacketFields };

/** Both ends of a connection to this host, as sshd writes them in SSH_CONNECTION. */
export interface SshConnection {
  readonly client: IpAddress;
  readonly clientPort: number;
  readonly server: IpAddress;
  readonly serverPort: number;
  /** The zone of link-local addresses: the interface. */
  readonly zone: string | undefined;
}

/** Reads `CLIENT PORT SERVER PORT`; undefined for anything else. */
export function parseSshConnection(text: string): SshConnection | undefined {
  const [client, clientPort, server, serverPort, ...more] = text.trim().split(/\s+/);
  if (serverPort === undefined || more.length > 0) return undefined;
  const [clientText = '', zone] = (client as string).split('%');
  const addresses = [
    parseIpAddress(clientText),
    parseIpAddress((server as string).split('%')[0] ?? ''),
  ];
  const ports = [Number(clientPort), Number(serverPort)];
  const [from, to] = addresses;
  if (from === undefined || to === undefined || from.family !== to.family) return undefined;
  if (!ports.every((port) => Number.isInteger(port) && port > 0 && port < 65536)) return undefined;
  return {
    client: from,
    clientPort: ports[0] as number,
    server: to,
    serverPort: ports[1] as number,
    zone,
  };
}

/**
 * The SSH connection in use, in both directions: as it goes on, as the kernel takes it up again where it was not tracked before, and a new one like it.
 */
export function sshAccess(ssh: SshConnection): readonly KeptAccess[] {
  const between = `${endText(ssh.client, ssh.clientPort)} and ${endText(ssh.server, ssh.serverPort)}`;
  const from: PacketFields = {
    ...(ssh.zone === undefined ? {} : { in: ssh.zone }),
    proto: 'tcp',
    src: renderIpAddress(ssh.client),
    sport: ssh.clientPort,
    dst: renderIpAddress(ssh.server),
    dport: ssh.serverPort,
  };
  const goesOn = { state: 'established', flags: 'PA' };
  return [
    {
      name: `the SSH connection in use goes on (between ${between})`,
      steps: [packetStep({ ...from, ...goesOn }), replyStep(goesOn)],
    },
    {
      name: `the SSH connection in use is taken up by connection tracking (between ${between})`,
      steps: [packetStep({ ...from, flags: 'A' }), replyStep({ flags: 'PA' })],
    },
    {
      name: `a new SSH connection like the one in use (between ${between})`,
      steps: [
        packetStep({ ...from, flags: 'S' }),
        replyStep({ flags: 'SA' }),
        packetStep({ ...from, flags: 'A' }),
        replyStep({ flags: 'PA' }),
      ],
    },
  ];
}

/** One packet that must arrive. */
export function packetAccess(packet: Packet): KeptAccess {
  return {
    name: `--keep ${renderPacketLine(packet)}`,
    steps: [packetStep(packetToFields(packet))],
  };
}

/** Connections of the host to itself. */
export function loopbackAccess(): readonly KeptAccess[] {
  return (['127.0.0.1', '::1'] as const).flatMap((address) =>
    (['tcp', 'udp'] as const).map((proto) => ({
      name: `loopback: ${proto} between processes of the host at ${address}`,
      steps: [
        packetStep({ in: LOCAL, proto, src: address, sport: 40000, dst: address, dport: 40001 }),
        replyStep({}),
      ],
    })),
  );
}

/** A connection of the host to a datastore or an API server. */
export function datastoreAccess(what: string, server: IpAddress, port: number): KeptAccess {
  const any = server.family === 4 ? '0.0.0.0' : '::';
  const source = { in: LOCAL, proto: 'tcp', src: any, sport: 40000 };
  return {
    name: `${what} at ${endText(server, port)}`,
    steps: [
      packetStep({ ...source, dst: renderIpAddress(server), dport: port }),
      replyStep({ flags: 'SA' }),
    ],
  };
}

/** Neighbour discovery with the default gateways of IPv6, in both directions: without it nothing of IPv6 works. */
export function neighbourAccess(host: Host): readonly KeptAccess[] {
  const kept: KeptAccess[] = [];
  for (const { family, to, via, dev } of host.routes) {
    if (family !== 6 || to.prefixLength !== 0 || via === undefined) continue;
    const link = host.interfaces.find(({ name }) => name === dev) ?? interfaceTowards(host, via);
    const own = link === undefined ? undefined : ownAddress(link);
    if (link === undefined || own === undefined || !link.up) continue;
    kept.push(...discoveryBetween(own, via, link.name));
  }
  return kept;
}

function discoveryBetween(own: IpAddress, gateway: IpAddress, link: string): readonly KeptAccess[] {
  const us = renderIpAddress(own);
  const them = renderIpAddress(gateway);
  const asks = { proto: 'icmpv6', type: NEIGHBOUR_SOLICITATION };
  const says = { proto: 'icmpv6', type: NEIGHBOUR_ADVERTISEMENT };
  const about = `neighbour discovery with the IPv6 gateway ${them} on ${link}`;
  return [
    ['our question', { ...asks, in: LOCAL, src: us, dst: renderIpAddress(solicitedNode(gateway)) }],
    ['its answer', { ...says, in: link, src: them, dst: us }],
    ['its question', { ...asks, in: link, src: them, dst: renderIpAddress(solicitedNode(own)) }],
    ['our answer', { ...says, in: LOCAL, src: us, dst: them }],
  ].map(([part, fields]) => ({
    name: `${about}: ${part as string}`,
    steps: [packetStep({ ttl: 255, ...(fields as PacketFields) })],
  }));
}

const NEIGHBOUR_SOLICITATION = 135;
const NEIGHBOUR_ADVERTISEMENT = 136;

/** ff02::1:ff00:0/104 with the last 24 bits of the address. Source: RFC 4291, 2.7.1. */
function solicitedNode(address: IpAddress): IpAddress {
  return ipv6(0xff020000, 0, 1, (0xff000000 | (address.w3 & 0xffffff)) >>> 0);
}

function interfaceTowards(host: Host, via: IpAddress): HostInterface | undefined {
  return host.interfaces.find(({ addresses }) =>
    addresses.some(({ address }) => address.family === 6 && address.w0 === via.w0),
  );
}

/** Link-local where it has one: that is what neighbours speak with. */
function ownAddress({ addresses }: HostInterface): IpAddress | undefined {
  const v6 = addresses.map(({ address }) => address).filter(({ family }) => family === 6);
  return v6.find(({ w0 }) => w0 >>> 22 === 0xfe80 >>> 6) ?? v6[0];
}

function packetStep(fields: PacketFields): AccessStep {
  return { kind: 'packet', fields };
}

function replyStep(fields: PacketFields): AccessStep {
  return { kind: 'reply', fields };
}

function endText(address: IpAddress, port: number): string {
  const text = renderIpAddress(address);
  return address.family === 4 ? `${text}:${port}` : `[${text}]:${port}`;
}
