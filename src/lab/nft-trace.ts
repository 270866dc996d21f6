import { openNetfilterSocket } from './netfilter-socket.ts';
import { ERRNO, lastErrno, receiveBytes, SOCKET, setSocketOption } from './system-calls.ts';

/** Source: Linux, include/uapi/linux/netlink.h, netfilter/nf_tables.h. */
const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
const GROUP_TRACE = 9;
const MESSAGE_TRACE = 0xa11;
const ATTRIBUTE = { table: 1, chain: 2, handle: 3 } as const;
const ATTRIBUTE_TYPE_MASK = 0x3fff;
const HEADER_BYTES = 20;
const RECEIVE_BUFFER_BYTES = 64 * 1024 * 1024;
const FAMILIES: ReadonlyMap<number, string> = new Map([
  [2, 'ip'],
  [10, 'ip6'],
]);

/** What nft's tracing says of one step of a packet's way. */
export interface NftTraceMessage {
  /** `ip` or `ip6`; undefined for tables that are not of iptables. */
  readonly family: string | undefined;
  readonly table: string;
  readonly chain: string;
  /** The rule that matched; undefined at a chain's end. */
  readonly handle: number | undefined;
}

/** Reads nft's traces in this process's namespace. */
export class NftTrace {
  readonly #fd: number;
  readonly #bytes = new Uint8Array(65536);
  readonly #view = new DataView(this.#bytes.buffer);
  #lost = 0;

  constructor() {
    this.#fd = openNetfilterSocket();
    setSocketOption(this.#fd, SOCKET.SOL_SOCKET, SOCKET.SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES);
    setSocketOption(this.#fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, GROUP_TRACE);
  }

  /** How many traces the kernel could not deliver so far. */
  get lost(): number {
    return this.#lost;
  }

  /** The traces that are there, oldest first. */
  drain(): readonly NftTraceMessage[] {
    const messages: NftTraceMessage[] = [];
    for (;;) {
      const length = receiveBytes(this.#fd, this.#bytes);
      if (length >= 0) {
        this.#read(length, messages);
        continue;
      }
      const errno = lastErrno();
      if (errno === ERRNO.EAGAIN) return messages;
      if (errno !== ERRNO.ENOBUFS) throw new Error(`netlink recv: error ${errno}`);
      this.#lost++;
    }
  }

  #read(length: number, messages: NftTraceMessage[]): void {
    for (let at = 0; at + HEADER_BYTES <= length; ) {
      const size = this.#view.getUint32(at, true);
      if (size < HEADER_BYTES) return;
      if (this.#view.getUint16(at + 4, true) === MESSAGE_TRACE) {
        messages.push(this.#message(at, at + size));
      }
      at += (size + 3) & ~3;
    }
  }

  #message(start: number, end: number): NftTraceMessage {
    const family = FAMILIES.get(this.#bytes[start + 16]!);
    let [table, chain] = ['', ''];
    let handle: number | undefined;
    for (let at = start + HEADER_BYTES; at + 4 <= end; ) {
      const size = this.#view.getUint16(at, true);
      if (size < 4) break;
      switch (this.#view.getUint16(at + 2, true) & ATTRIBUTE_TYPE_MASK) {
        case ATTRIBUTE.table:
          table = this.#text(at + 4, at + size);
          break;
        case ATTRIBUTE.chain:
          chain = this.#text(at + 4, at + size);
          break;
        case ATTRIBUTE.handle:
          handle = Number(this.#view.getBigUint64(at + 4));
          break;
      }
      at += (size + 3) & ~3;
    }
    return { family, table, chain, handle };
  }

  /** A text with its end mark. */
  #text(start: number, end: number): string {
    return Buffer.from(this.#bytes.subarray(start, end - 1)).toString('latin1');
  }
}
