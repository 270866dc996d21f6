import { type IpAddress, ipv6 } from '../../address/ip-address.ts';
import type { RoutedInterface } from './build-tables.ts';

/** Whether a host listens to a group on an interface; `unknown` where that depends on an address or a past that is not known. */
export type Membership = 'member' | 'stranger' | 'unknown';

const ALL_SYSTEMS = 0xe0000001;

/** The groups that the kernel itself joins; those that programs join are not in a Host document. */
export class MulticastGroups {
  readonly #interfaces: ReadonlyMap<string, RoutedInterface>;
  /** By interface, the last 24 bits of every IPv6 address on it. */
  readonly #solicited: ReadonlyMap<string, ReadonlySet<number>>;

  constructor(interfaces: readonly RoutedInterface[]) {
    this.#interfaces = new Map(interfaces.map((one) => [one.link.name, one]));
    this.#solicited = new Map(interfaces.map((one) => [one.link.name, solicitedTails(one)]));
  }

  /**
   * The host's membership of a multicast group on an interface.
   *
   * Source: net/ipv4/igmp.c, ip_mc_up (224.0.0.1); net/ipv6/addrconf.c, addrconf_join_solict, dev_forward_change (ff02::2,
   * ff05::2 on routers); RFC 4291 2.7.1.
   */
  membership(group: IpAddress, name: string): Membership {
    if (group.family === 4) return group.w3 === ALL_SYSTEMS ? 'member' : 'stranger';
    const one = this.#interfaces.get(name);
    if (one === undefined) return 'stranger';
    if (group.w1 === 0 && group.w2 === 0) return wellKnown(group, one);
    const isSolicited =
      group.w0 === 0xff020000 && group.w1 === 0 && group.w2 === 1 && group.w3 >>> 24 === 0xff;
    if (!isSolicited) return 'stranger';
    if (this.#solicited.get(name)?.has(group.w3 & 0xffffff) === true) return 'member';
    return one.linkLocal.kind === 'unknown' ? 'unknown' : 'stranger';
  }
}

function wellKnown(group: IpAddress, one: RoutedInterface): Membership {
  if (group.w0 === 0xff020000 && group.w3 === 1) return 'member';
  const isRouters = (group.w0 === 0xff020000 || group.w0 === 0xff050000) && group.w3 === 2;
  if (!isRouters || !one.settings.router6 || one.link.name === 'lo') return 'stranger';
  // The kernel joins ff05::2 when forwarding is turned on, but not on interfaces that are made later.
  return group.w0 === 0xff020000 ? 'member' : 'unknown';
}

function solicitedTails({ link, linkLocal, settings }: RoutedInterface): ReadonlySet<number> {
  const made: IpAddress[] = linkLocal.kind === 'made' ? [linkLocal.address] : [];
  const own = link.addresses.filter((one) => one.address.family === 6);
  const tails = new Set([...own.map((one) => one.address), ...made].map((a) => a.w3 & 0xffffff));
  // The subnets' router addresses (prefix::) are joined too.
  if (settings.router6) {
    for (const { cidr } of own) if (cidr.prefixLength < 127) tails.add(cidr.network.w3 & 0xffffff);
    if (made.length > 0) tails.add(ipv6(0xfe800000, 0, 0, 0).w3);
  }
  return tails;
}
