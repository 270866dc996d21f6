import {
  askNetfilter,
  NETFILTER_HEADER_BYTES,
  NETLINK_HEADER_BYTES,
  openNetfilterSocket,
} from './netfilter-socket.ts';
import { ERRNO, lastErrno, receiveBytes, SOCKET, setSocketOption } from './system-calls.ts';

/** Source: Linux, include/uapi/linux/netfilter/nfnetlink_log.h. */
const MESSAGE_CONFIG = 0x401;
const MESSAGE_PACKET = 0x400;
const CONFIG = { command: 1, mode: 2, bufferBytes: 3, timeout: 4, threshold: 5, flags: 6 } as const;
const COMMAND_BIND = 1;
const COPY_PACKET = 2;
const FLAG_SEQUENCE = 1;
const ATTRIBUTE = {
  header: 1,
  mark: 2,
  inIndex: 4,
  outIndex: 5,
  payload: 9,
  prefix: 10,
  sequence: 12,
} as const;

const RECEIVE_BUFFER_BYTES = 256 * 1024 * 1024;
const MESSAGE_BUFFER_BYTES = 65536;
/** One report a message: a second report never waits for a third. */
const THRESHOLD = 1;
/** What the kernel sets aside for a message. It takes more where that does not do; a large one costs it more than the packet. */
const KERNEL_BUFFER_BYTES = 512;

/** One report of the kernel. One record, filled anew for every report. */
export interface LogMessage {
  /** First byte of the prefix. */
  code: number;
  /** Interface numbers; 0 where there is none. */
  inIndex: number;
  outIndex: number;
  mark: number;
  /** The hook's number, 0 for PREROUTING to 4 for POSTROUTING. */
  hook: number;
  /** Where the prefix stands in `bytes`, without its end mark. */
  prefixStart: number;
  prefixEnd: number;
  /** Where the IP packet's first bytes stand in `bytes`. */
  payloadStart: number;
  payloadEnd: number;
  bytes: Uint8Array;
}

/** Reads what the rules with target NFLOG, and the kernel's TRACE, report in this process's namespace. */
export class NetfilterLog {
  readonly #fd: number;
  readonly #bytes = new Uint8Array(MESSAGE_BUFFER_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #message: LogMessage;
  /** The next sequence number by group. */
  readonly #expected = new Map<number, number>();
  #lost = 0;

  constructor(groups: readonly number[], copyBytes: number) {
    this.#fd = openNetfilterSocket();
    setSocketOption(this.#fd, SOCKET.SOL_SOCKET, SOCKET.SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES);
    for (const group of groups) {
      this.#configure(group, attribute(CONFIG.command, Uint8Array.of(COMMAND_BIND)));
      this.#configure(group, packetMode(copyBytes));
    }
    this.#message = {
      code: 0,
      inIndex: 0,
      outIndex: 0,
      mark: 0,
      hook: 0,
      prefixStart: 0,
      prefixEnd: 0,
      payloadStart: 0,
      payloadEnd: 0,
      bytes: this.#bytes,
    };
  }

  /** How many reports the kernel could not deliver so far. */
  get lost(): number {
    return this.#lost;
  }

  /** Gives every report that is there to `take`, oldest first; returns how many. HOT */
  drain(take: (message: LogMessage) => void): number {
    let count = 0;
    for (;;) {
      const length = receiveBytes(this.#fd, this.#bytes);
      if (length < 0) {
        const errno = lastErrno();
        if (errno === ERRNO.EAGAIN) return count;
        if (errno !== ERRNO.ENOBUFS) throw new Error(`netlink recv: error ${errno}`);
        this.#lost++;
        continue;
      }
      count += this.#read(length, take);
    }
  }

  #read(length: number, take: (message: LogMessage) => void): number {
    let count = 0;
    let at = 0;
    while (at + NETLINK_HEADER_BYTES <= length) {
      const size = this.#view.getUint32(at, true);
      if (size < NETLINK_HEADER_BYTES) break;
      if (this.#view.getUint16(at + 4, true) === MESSAGE_PACKET) {
        this.#readMessage(at, at + size);
        take(this.#message);
        count++;
      }
      at += (size + 3) & ~3;
    }
    return count;
  }

  #readMessage(start: number, end: number): void {
    const view = this.#view;
    const message = this.#message;
    message.inIndex = 0;
    message.outIndex = 0;
    message.mark = 0;
    message.payloadEnd = message.payloadStart;
    let at = start + NETLINK_HEADER_BYTES + NETFILTER_HEADER_BYTES;
    while (at + 4 <= end) {
      const size = view.getUint16(at, true);
      if (size < 4) break;
      const value = at + 4;
      switch (view.getUint16(at + 2, true)) {
        case ATTRIBUTE.header:
          message.hook = this.#bytes[value + 2]!;
          break;
        case ATTRIBUTE.mark:
          message.mark = view.getUint32(value);
          break;
        case ATTRIBUTE.inIndex:
          message.inIndex = view.getUint32(value);
          break;
        case ATTRIBUTE.outIndex:
          message.outIndex = view.getUint32(value);
          break;
        case ATTRIBUTE.payload:
          message.payloadStart = value;
          message.payloadEnd = at + size;
          break;
        case ATTRIBUTE.prefix:
          message.code = this.#bytes[value]!;
          message.prefixStart = value;
          message.prefixEnd = at + size - 1;
          break;
        case ATTRIBUTE.sequence:
          this.#checkSequence(
            view.getUint16(start + NETLINK_HEADER_BYTES + 2),
            view.getUint32(value),
          );
          break;
      }
      at += (size + 3) & ~3;
    }
  }

  #checkSequence(group: number, sequence: number): void {
    const expected = this.#expected.get(group);
    if (expected !== undefined && expected !== sequence) this.#lost += sequence - expected;
    this.#expected.set(group, sequence + 1);
  }

  #configure(group: number, attributes: Uint8Array): void {
    const request = { type: MESSAGE_CONFIG, resource: group, attributes };
    const error = askNetfilter(this.#fd, request, this.#bytes);
    if (error !== 0) throw new Error(`NFLOG group ${group} cannot be had: error ${error}`);
  }
}

function packetMode(copyBytes: number): Uint8Array {
  const mode = new Uint8Array(6);
  new DataView(mode.buffer).setUint32(0, copyBytes);
  mode[4] = COPY_PACKET;
  return concatenate([
    attribute(CONFIG.mode, mode),
    attribute(CONFIG.bufferBytes, number32(KERNEL_BUFFER_BYTES)),
    attribute(CONFIG.timeout, number32(1)),
    attribute(CONFIG.threshold, number32(THRESHOLD)),
    attribute(CONFIG.flags, Uint8Array.of(0, FLAG_SEQUENCE)),
  ]);
}

function number32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** A netlink attribute, padded to four bytes. Headers are in the machine's byte order, which is little-endian wherever Node runs Linux. */
function attribute(type: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array((4 + value.length + 3) & ~3);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 4 + value.length, true);
  view.setUint16(2, type, true);
  bytes.set(value, 4);
  return bytes;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
