/** How long entries live, in milliseconds of simulated time, and the other settings of connection tracking. */
export interface ConntrackSettings {
  /** Indexed by TCP_STATE. */
  readonly tcpMs: readonly number[];
  readonly tcpMaxRetransMs: number;
  readonly tcpUnacknowledgedMs: number;
  readonly tcpLoose: boolean;
  readonly tcpBeLiberal: boolean;
  readonly tcpIgnoreInvalidRst: boolean;
  readonly tcpMaxRetrans: number;
  /** Whether checksums of arriving packets are looked at. */
  readonly checksum: boolean;
  readonly udpMs: number;
  readonly udpStreamMs: number;
  readonly icmpMs: number;
  readonly icmpv6Ms: number;
  readonly greMs: number;
  readonly greStreamMs: number;
  readonly genericMs: number;
  /** Indexed by SCTP_STATE. */
  readonly sctpMs: readonly number[];
  /** Connections that the table holds at most. */
  readonly maximum: number;
}

/**
 * Reads the settings from sysctls by full name (`net.netfilter.nf_conntrack_udp_timeout`, in seconds); what is absent has the
 * kernel's default.
 */
export function conntrackSettings(sysctls: ReadonlyMap<string, number>): ConntrackSettings {
  const value = (name: string, otherwise: number): number =>
    sysctls.get(`net.netfilter.nf_conntrack_${name}`) ?? otherwise;
  const ms = (name: string, seconds: number): number => value(name, seconds) * 1000;
  const synSent = ms('tcp_timeout_syn_sent', 120);
  const sctpClosed = ms('sctp_timeout_closed', 10);
  return {
    tcpMs: [
      0,
      synSent,
      ms('tcp_timeout_syn_recv', 60),
      ms('tcp_timeout_established', 432_000),
      ms('tcp_timeout_fin_wait', 120),
      ms('tcp_timeout_close_wait', 60),
      ms('tcp_timeout_last_ack', 30),
      ms('tcp_timeout_time_wait', 120),
      ms('tcp_timeout_close', 10),
      // SYN_SENT2 has no sysctl of its own.
      120_000,
    ],
    tcpMaxRetransMs: ms('tcp_timeout_max_retrans', 300),
    tcpUnacknowledgedMs: ms('tcp_timeout_unacknowledged', 300),
    tcpLoose: value('tcp_loose', 1) !== 0,
    tcpBeLiberal: value('tcp_be_liberal', 0) !== 0,
    tcpIgnoreInvalidRst: value('tcp_ignore_invalid_rst', 0) !== 0,
    tcpMaxRetrans: value('tcp_max_retrans', 3),
    checksum: value('checksum', 1) !== 0,
    udpMs: ms('udp_timeout', 30),
    udpStreamMs: ms('udp_timeout_stream', 120),
    icmpMs: ms('icmp_timeout', 30),
    icmpv6Ms: ms('icmpv6_timeout', 30),
    greMs: ms('gre_timeout', 30),
    greStreamMs: ms('gre_timeout_stream', 180),
    genericMs: ms('generic_timeout', 600),
    sctpMs: [
      sctpClosed,
      sctpClosed,
      ms('sctp_timeout_cookie_wait', 3),
      ms('sctp_timeout_cookie_echoed', 3),
      ms('sctp_timeout_established', 210),
      ms('sctp_timeout_shutdown_sent', 3),
      ms('sctp_timeout_shutdown_recd', 3),
      ms('sctp_timeout_shutdown_ack_sent', 3),
      ms('sctp_timeout_heartbeat_sent', 30),
    ],
    maximum:
      sysctls.get('net.netfilter.nf_conntrack_max') ??
      sysctls.get('net.nf_conntrack_max') ??
      262_144,
  };
}
