/** What a TCP header says beside ports, flags and numbers. Filled anew where packets come fast. */
export interface TcpWireFacts {
  /** As the header bears it, unscaled. */
  window: number;
  /** Of the window scale option, at most 14; -1 without one. */
  windowScale: number;
  sackPermitted: boolean;
  hasSack: boolean;
  /** The highest right edge of the selective acknowledgements; 0 without any. */
  sackHighest: number;
  payloadBytes: number;
}

/** What only the bytes of a packet say. A packet that is written as fields has none of it. */
export interface WireFacts {
  /** Why connection tracking takes the packet for INVALID, whatever its connection; undefined where headers and checksums are sound. */
  readonly unsound: string | undefined;
  /** The packet ends before its ports, or the type of its ICMP message, are told: rules that ask for them drop it. */
  readonly isCutShort: boolean;
  /** Whether headers of IPv6 stand before the packet's protocol. Where nobody looked it is undefined. */
  readonly hasExtensions?: boolean | undefined;
  /** Undefined for other protocols. */
  readonly tcp: Readonly<TcpWireFacts> | undefined;
}
