import type { Host, HostInterface } from '../../host/host.ts';

/** What sysctls make of one interface: effective values, `conf.all` and the interface's own combined as the kernel does. */
export interface InterfaceSettings {
  readonly name: string;
  readonly up: boolean;
  readonly forwarding4: boolean;
  /** 0 off, 1 strict, 2 loose. */
  readonly rpFilter: number;
  /** The sysctl that sets it, for people. */
  readonly rpFilterName: string;
  readonly acceptLocal: boolean;
  readonly routeLocalnet: boolean;
  readonly sendRedirects: boolean;
  readonly sourceValidMark: boolean;
  readonly broadcastForwarding: boolean;
  /** Of the whole host or, by force_forwarding, of this interface. */
  readonly forwarding6: boolean;
  /** Whether it is an IPv6 router towards its own link; it then is in the routers' groups and has anycast addresses. */
  readonly router6: boolean;
  readonly ipv6Disabled: boolean;
  /** Whether the kernel gives it a link-local address made from its MAC. */
  readonly linkLocalFromMac: boolean;
}

/**
 * The effective settings of an interface.
 *
 * A value that is left out is that of `conf.default`, which an interface gets when it appears; without that one, the value of
 * a fresh namespace, and forwarding on. Forwarding and disable_ipv6 of `conf.all` are copied to every interface when written.
 *
 * Source: include/linux/inetdevice.h, IN_DEV_*; net/ipv4/devinet.c, devinet_sysctl_forward; netfilter-facts 5.3 and 8.
 */
export function interfaceSettings(host: Host, link: HostInterface): InterfaceSettings {
  const v4 = new Configuration(host, 'net.ipv4', link.name);
  const v6 = new Configuration(host, 'net.ipv6', link.name);
  const hostForwarding4 = v4.all('forwarding') ?? host.sysctls.get('net.ipv4.ip_forward');
  const rpFilterAll = v4.all('rp_filter') ?? 0;
  const rpFilterOwn = v4.own('rp_filter') ?? 0;
  return {
    name: link.name,
    up: link.up,
    forwarding4:
      (v4.ownOnly('forwarding') ?? hostForwarding4 ?? v4.default('forwarding') ?? 1) !== 0,
    rpFilter: Math.max(rpFilterAll, rpFilterOwn),
    rpFilterName: `net.ipv4.conf.${rpFilterAll >= rpFilterOwn ? 'all' : link.name}.rp_filter`,
    acceptLocal: v4.either('accept_local', 0),
    routeLocalnet: v4.either('route_localnet', 0),
    sendRedirects: v4.either('send_redirects', 1),
    sourceValidMark: v4.either('src_valid_mark', 0),
    broadcastForwarding: v4.all('bc_forwarding') === 1 && v4.own('bc_forwarding') === 1,
    forwarding6: (v6.all('forwarding') ?? 1) !== 0 || (v6.own('force_forwarding') ?? 0) !== 0,
    router6: (v6.copied('forwarding') ?? 1) !== 0,
    ipv6Disabled: (v6.copied('disable_ipv6') ?? 0) !== 0,
    linkLocalFromMac: (v6.own('addr_gen_mode') ?? 0) === 0,
  };
}

/** The sysctls of one family that bear on one interface. */
class Configuration {
  readonly #host: Host;
  readonly #prefix: string;
  readonly #name: string;

  constructor(host: Host, prefix: string, name: string) {
    this.#host = host;
    this.#prefix = prefix;
    this.#name = name;
  }

  all(key: string): number | undefined {
    return this.#host.sysctls.get(`${this.#prefix}.conf.all.${key}`);
  }

  default(key: string): number | undefined {
    return this.#host.sysctls.get(`${this.#prefix}.conf.default.${key}`);
  }

  /** sysctl(8) writes the dot of a VLAN's name as a slash. */
  ownOnly(key: string): number | undefined {
    const sysctls = this.#host.sysctls;
    return (
      sysctls.get(`${this.#prefix}.conf.${this.#name}.${key}`) ??
      sysctls.get(`${this.#prefix}.conf.${this.#name.replaceAll('.', '/')}.${key}`)
    );
  }

  own(key: string): number | undefined {
    return this.ownOnly(key) ?? this.default(key);
  }

  copied(key: string): number | undefined {
    return this.ownOnly(key) ?? this.all(key) ?? this.default(key);
  }

  /** On where `conf.all` or the interface has it on. */
  either(key: string, fresh: number): boolean {
    return (this.all(key) ?? fresh) !== 0 || (this.own(key) ?? fresh) !== 0;
  }
}
