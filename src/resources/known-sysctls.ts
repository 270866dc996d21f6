/** Sysctls of interfaces that bear on where packets go, by what stands before `.conf.IFACE.`. */
export const PER_INTERFACE_SYSCTLS: Readonly<Record<string, readonly string[]>> = {
  'net.ipv4': [
    ...['forwarding', 'rp_filter', 'accept_local', 'route_localnet', 'src_valid_mark'],
    ...['bc_forwarding', 'send_redirects', 'accept_source_route', 'log_martians'],
    'ignore_routes_with_linkdown',
  ],
  'net.ipv6': [
    ...['forwarding', 'force_forwarding', 'disable_ipv6', 'accept_ra', 'accept_source_route'],
    ...['addr_gen_mode', 'proxy_ndp', 'ignore_routes_with_linkdown'],
  ],
};

/** Those of the host as a whole. */
export const SYSCTLS: readonly string[] = [
  'net.ipv4.ip_forward',
  'net.nf_conntrack_max',
  ...[
    ...['max', 'tcp_loose', 'tcp_be_liberal', 'tcp_ignore_invalid_rst', 'tcp_max_retrans'],
    ...['acct', 'checksum', 'helper', 'generic_timeout', 'icmp_timeout', 'icmpv6_timeout'],
    ...['udp_timeout', 'udp_timeout_stream', 'gre_timeout', 'gre_timeout_stream'],
    ...['syn_sent', 'syn_recv', 'established', 'fin_wait', 'close_wait', 'last_ack', 'time_wait']
      .concat(['close', 'max_retrans', 'unacknowledged'])
      .map((state) => `tcp_timeout_${state}`),
    ...['closed', 'cookie_wait', 'cookie_echoed', 'established', 'shutdown_sent', 'shutdown_recd']
      .concat(['shutdown_ack_sent', 'heartbeat_sent'])
      .map((state) => `sctp_timeout_${state}`),
  ].map((name) => `net.netfilter.nf_conntrack_${name}`),
];

/** All of them, `IFACE` standing for all, default or an interface. */
export const KNOWN_SYSCTLS: readonly string[] = [
  ...SYSCTLS,
  ...Object.entries(PER_INTERFACE_SYSCTLS).flatMap(([family, names]) =>
    names.map((name) => `${family}.conf.IFACE.${name}`),
  ),
];
