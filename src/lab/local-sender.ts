import type { IpAddress, IpFamily } from '../address/ip-address.ts';
import { putAddress } from '../packet/header-bytes.ts';
import type { Packet } from '../packet/packet.ts';
import {
  bindSocket,
  lastErrno,
  openSocket,
  SOCKET,
  sendBytesTo,
  setSocketOption,
} from './system-calls.ts';

/** Source: Linux, include/uapi/linux/in.h and in6.h. */
const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const IPPROTO_RAW = 255;
const IP_HDRINCL = 3;
const IP_FREEBIND = 15;
const IPV6_HDRINCL = 36;
const IPV6_FREEBIND = 78;

/** Sends packets of this namespace's own processes, headers and all, through raw sockets. */
export class LocalSender {
  readonly #fds: Readonly<Record<IpFamily, number>>;
  readonly #marks: Record<IpFamily, number> = { 4: 0, 6: 0 };
  readonly #interfaceWith: (source: IpAddress) => number;

  /** `interfaceWith` names the number of the interface that has an address, or 0. */
  constructor(interfaceWith: (source: IpAddress) => number) {
    this.#interfaceWith = interfaceWith;
    this.#fds = {
      4: openSocket(SOCKET.AF_INET, SOCKET.SOCK_RAW, IPPROTO_RAW),
      6: openSocket(SOCKET.AF_INET6, SOCKET.SOCK_RAW, IPPROTO_RAW),
    };
    setSocketOption(this.#fds[4], IPPROTO_IP, IP_HDRINCL, 1);
    setSocketOption(this.#fds[4], IPPROTO_IP, IP_FREEBIND, 1);
    setSocketOption(this.#fds[4], SOCKET.SOL_SOCKET, SOCKET.SO_BROADCAST, 1);
    setSocketOption(this.#fds[6], IPPROTO_IPV6, IPV6_HDRINCL, 1);
    setSocketOption(this.#fds[6], IPPROTO_IPV6, IPV6_FREEBIND, 1);
  }

  /** Sends the bytes of a packet; 0, or the error's number. The packet has passed the whole way when this returns. */
  send(packet: Packet, bytes: Uint8Array): number {
    const { family } = packet;
    const fd = this.#fds[family];
    if (this.#marks[family] !== packet.mark) {
      setSocketOption(fd, SOCKET.SOL_SOCKET, SOCKET.SO_MARK, packet.mark | 0);
      this.#marks[family] = packet.mark;
    }
    // Rules by source look at the address that the socket is bound to. What cannot be bound is sent as from an unbound one.
    bindSocket(
      fd,
      this.#socketAddress(isBindable(packet.source) ? packet.source : zero(family), 0),
    );
    const scope = needsScope(packet.destination) ? this.#interfaceWith(packet.source) : 0;
    const sent = sendBytesTo(fd, bytes, this.#socketAddress(packet.destination, scope));
    return sent < 0 ? lastErrno() : 0;
  }

  /** `struct sockaddr_in` or `sockaddr_in6`. */
  #socketAddress(address: IpAddress, scope: number): Uint8Array {
    const bytes = new Uint8Array(address.family === 4 ? 16 : 28);
    const words = new Uint16Array(bytes.buffer, 0, 1);
    words[0] = address.family === 4 ? SOCKET.AF_INET : SOCKET.AF_INET6;
    putAddress(bytes, address.family === 4 ? 4 : 8, address);
    if (scope !== 0) new Uint32Array(bytes.buffer, 24, 1)[0] = scope;
    return bytes;
  }
}

function zero(family: IpFamily): IpAddress {
  return { family, w0: 0, w1: 0, w2: 0, w3: 0 };
}

/** Loopback addresses would keep the packet on the host, and link-local ones say nothing without their link. */
function isBindable(source: IpAddress): boolean {
  if (source.family === 4) return source.w3 >>> 24 !== 127 && source.w3 >>> 28 !== 0xe;
  if (source.w0 >>> 24 === 0xff || source.w0 >>> 22 === 0xfe80 >>> 6) return false;
  return !(source.w0 === 0 && source.w1 === 0 && source.w2 === 0 && source.w3 === 1);
}

function needsScope(destination: IpAddress): boolean {
  if (destination.family === 4) return false;
  return destination.w0 >>> 24 === 0xff || destination.w0 >>> 22 === 0xfe80 >>> 6;
}
