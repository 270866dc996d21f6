import type { Host } from '../host/host.ts';

/** One file below /proc/sys, and what is written there. */
export interface SysctlWrite {
  readonly path: string;
  readonly value: number;
  /** Older kernels lack it, or do not let a namespace have its own. */
  readonly optional: boolean;
}

/** What every fresh namespace of a kernel has, written out because a namespace takes IPv4's from the machine that it is made on. */
const FRESH4: Readonly<Record<string, number>> = {
  rp_filter: 0,
  accept_local: 0,
  route_localnet: 0,
  src_valid_mark: 0,
  bc_forwarding: 0,
  send_redirects: 1,
  secure_redirects: 1,
};

/** Nothing that the host would send of itself, and no waiting for addresses to be checked. */
const QUIET6: Readonly<Record<string, number>> = {
  disable_ipv6: 0,
  accept_dad: 0,
  dad_transmits: 0,
  router_solicitations: 0,
  accept_ra: 0,
};

/** The limits on ICMP errors would have rejections look like drops. */
const UNLIMITED: Readonly<Record<string, number>> = {
  'net/ipv4/icmp_ratelimit': 0,
  'net/ipv4/icmp_msgs_per_sec': 1_000_000_000,
  'net/ipv4/icmp_msgs_burst': 1_000_000_000,
  'net/ipv6/icmp/ratelimit': 0,
};

/** Sysctls to write before the interfaces are made, in this order: what a fresh namespace has and forwarding on, then the host's. */
export function namespaceSysctls(host: Host): readonly SysctlWrite[] {
  const writes: SysctlWrite[] = Object.entries(UNLIMITED).map(([path, value]) => ({
    path,
    value,
    optional: true,
  }));
  for (const place of ['all', 'default', 'lo']) {
    for (const [key, value] of Object.entries(FRESH4)) {
      writes.push({ path: `net/ipv4/conf/${place}/${key}`, value, optional: true });
    }
    for (const [key, value] of Object.entries(QUIET6)) {
      writes.push({ path: `net/ipv6/conf/${place}/${key}`, value, optional: true });
    }
  }
  writes.push(
    { path: 'net/ipv4/conf/all/accept_source_route', value: 0, optional: false },
    { path: 'net/ipv4/ip_forward', value: 1, optional: false },
    { path: 'net/ipv6/conf/all/forwarding', value: 1, optional: true },
  );
  // Writing to `all` copies some values to `default`, so that it comes last.
  const given = [...host.sysctls].filter(([name]) => ownInterface(name, host) === undefined);
  const isDefault = (name: string): boolean => name.includes('.conf.default.');
  return [
    ...writes,
    ...given.filter(([name]) => isDefault(name)).map(hostWrite),
    ...given.filter(([name]) => !isDefault(name)).map(hostWrite),
  ];
}

function hostWrite([name, value]: readonly [string, number]): SysctlWrite {
  return { path: name.replaceAll('.', '/'), value, optional: false };
}

/** Sysctls of single interfaces, to write when these are there. */
export function interfaceSysctls(host: Host): readonly SysctlWrite[] {
  return [...host.sysctls].flatMap(([name, value]) => {
    const own = ownInterface(name, host);
    if (own === undefined) return [];
    return [{ path: `net/${own.family}/conf/${own.link}/${own.key}`, value, optional: false }];
  });
}

const OF_INTERFACE = /^net\.(ipv[46])\.conf\.(.+)\.([^.]+)$/;

/** The interface that a sysctl is about; sysctl(8) writes the dot of a VLAN's name as a slash. */
function ownInterface(
  name: string,
  host: Host,
): { readonly family: string; readonly link: string; readonly key: string } | undefined {
  const parts = OF_INTERFACE.exec(name);
  if (parts === null) return undefined;
  const [, family, written, key] = parts as unknown as readonly [string, string, string, string];
  const link = host.interfaces.find(
    (one) => one.name === written || one.name.replaceAll('.', '/') === written,
  );
  return link === undefined ? undefined : { family, link: link.name, key };
}
