import { openSync } from 'node:fs';
import { controlDevice } from './system-calls.ts';

/** Source: Linux, include/uapi/linux/if_tun.h. */
const TUNSETIFF = 0x400454ca;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;

/** `struct ifreq`: the name in 16 bytes, then the flags. */
const REQUEST_BYTES = 40;
const FLAGS_OFFSET = 16;

/**
 * Makes a tap device in this process's namespace and returns the descriptor of its far end: what is written there has arrived on the
 * device, and has passed the whole packet path when `write` returns. The device goes when the descriptor is closed.
 */
export function openTap(name: string): number {
  const fd = openSync('/dev/net/tun', 'r+');
  const request = new Uint8Array(REQUEST_BYTES);
  new TextEncoder().encodeInto(name, request);
  new Uint16Array(request.buffer, FLAGS_OFFSET, 1)[0] = IFF_TAP | IFF_NO_PI;
  controlDevice(fd, TUNSETIFF, request);
  return fd;
}
