import {
  bindSocket,
  lastErrno,
  openSocket,
  receiveBytes,
  SOCKET,
  sendBytesTo,
} from './system-calls.ts';

/** Source: Linux, include/uapi/linux/netlink.h, netfilter/nfnetlink.h. */
const NETLINK_NETFILTER = 12;
const NLM_F_REQUEST_ACK = 5;
const MESSAGE_ERROR = 2;

export const NETLINK_HEADER_BYTES = 16;
/** What netfilter's messages begin with, behind the netlink header. */
export const NETFILTER_HEADER_BYTES = 4;

/** One request to a part of netfilter. */
export interface NetfilterRequest {
  /** The part's number and what it shall do. */
  readonly type: number;
  /** What the part's header names: a group, or 0. */
  readonly resource: number;
  readonly attributes: Uint8Array;
}

/** A socket to netfilter in this process's namespace. @throws Error when there can be none. */
export function openNetfilterSocket(): number {
  const fd = openSocket(SOCKET.AF_NETLINK, SOCKET.SOCK_RAW, NETLINK_NETFILTER);
  if (bindSocket(fd, netlinkAddress()) < 0) throw new Error(`netlink bind: error ${lastErrno()}`);
  return fd;
}

/**
 * Sends a request and returns the kernel's error number for it, 0 where it did what it was asked. `buffer` is overwritten. Nothing else may
 * be waiting in the socket.
 *
 * @throws Error when there is no answer.
 */
export function askNetfilter(
  fd: number,
  { type, resource, attributes }: NetfilterRequest,
  buffer: Uint8Array,
): number {
  const headers = NETLINK_HEADER_BYTES + NETFILTER_HEADER_BYTES;
  const request = new Uint8Array(headers + attributes.length);
  const view = new DataView(request.buffer);
  view.setUint32(0, request.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, NLM_F_REQUEST_ACK, true);
  view.setUint32(8, 1, true);
  view.setUint16(NETLINK_HEADER_BYTES + 2, resource);
  request.set(attributes, headers);
  if (sendBytesTo(fd, request, netlinkAddress()) < 0) {
    throw new Error(`netlink send: error ${lastErrno()}`);
  }
  const answered = receiveBytes(fd, buffer);
  const answer = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  if (answered < NETLINK_HEADER_BYTES + 4 || answer.getUint16(4, true) !== MESSAGE_ERROR) {
    throw new Error(`netlink request ${type} was not answered`);
  }
  return -answer.getInt32(NETLINK_HEADER_BYTES, true);
}

/** The kernel's own, and any of this process's. */
function netlinkAddress(): Uint8Array {
  const address = new Uint8Array(12);
  new Uint16Array(address.buffer)[0] = SOCKET.AF_NETLINK;
  return address;
}
