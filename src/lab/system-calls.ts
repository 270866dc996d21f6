import { load, errno as readErrno } from 'koffi';

/** The C library that this process runs with. */
const libc = load(null);

const callIoctl = libc.func('int ioctl(int fd, ulong request, _Inout_ uint8_t *argument)');
const callWrite = libc.func('long write(int fd, const uint8_t *bytes, size_t count)');
const callSocket = libc.func('int socket(int domain, int type, int protocol)');
const callBind = libc.func('int bind(int fd, const uint8_t *address, uint32_t length)');
const callSetOption = libc.func(
  'int setsockopt(int fd, int level, int option, const uint8_t *value, uint32_t length)',
);
const callReceive = libc.func('long recv(int fd, _Out_ uint8_t *bytes, size_t count, int flags)');
const callSendTo = libc.func(
  'long sendto(int fd, const uint8_t *bytes, size_t count, int flags, const uint8_t *address, uint32_t length)',
);

/** Error numbers that have a meaning here. Source: Linux, include/uapi/asm-generic/errno-base.h and errno.h. */
export const ERRNO = { EPERM: 1, EIO: 5, EAGAIN: 11, ENOBUFS: 105 } as const;

/** Numbers of the socket interface, the same on all architectures that Node runs on. Source: Linux 6.18, include/uapi. */
export const SOCKET = {
  AF_INET: 2,
  AF_INET6: 10,
  AF_NETLINK: 16,
  SOCK_RAW: 3,
  SOCK_CLOEXEC: 0o2000000,
  SOL_SOCKET: 1,
  SO_BROADCAST: 6,
  SO_RCVBUFFORCE: 33,
  SO_MARK: 36,
  MSG_DONTWAIT: 0x40,
} as const;

/** The number of the error that the last call ended with. */
export function lastErrno(): number {
  return readErrno();
}

/** What a call that failed must say: its name and the error's number. */
function failure(call: string): Error {
  return new Error(`${call} failed with error ${readErrno()}`);
}

/** `ioctl` with a record as its argument, which it may change. @throws Error when it fails. */
export function controlDevice(fd: number, request: number, argument: Uint8Array): void {
  if (callIoctl(fd, request, argument) < 0) throw failure('ioctl');
}

/** `write`: bytes written, or -1 with `lastErrno`. */
export function writeBytes(fd: number, bytes: Uint8Array): number {
  return callWrite(fd, bytes, bytes.length);
}

/** `socket`. @throws Error when it fails. */
export function openSocket(domain: number, type: number, protocol: number): number {
  const fd: number = callSocket(domain, type | SOCKET.SOCK_CLOEXEC, protocol);
  if (fd < 0) throw failure('socket');
  return fd;
}

/** `bind` to an address record: 0, or -1 with `lastErrno`. */
export function bindSocket(fd: number, address: Uint8Array): number {
  return callBind(fd, address, address.length);
}

/** `setsockopt` with a number. @throws Error when it fails. */
export function setSocketOption(fd: number, level: number, option: number, value: number): void {
  const bytes = new Uint8Array(Int32Array.of(value).buffer);
  if (callSetOption(fd, level, option, bytes, 4) < 0) throw failure(`setsockopt ${option}`);
}

/** `recv` that does not wait: bytes received, or -1 with `lastErrno`. HOT */
export function receiveBytes(fd: number, bytes: Uint8Array): number {
  return callReceive(fd, bytes, bytes.length, SOCKET.MSG_DONTWAIT);
}

/** `sendto` an address record: bytes sent, or -1 with `lastErrno`. */
export function sendBytesTo(fd: number, bytes: Uint8Array, address: Uint8Array): number {
  return callSendTo(fd, bytes, bytes.length, 0, address, address.length);
}
