import type { IpAddress } from '../../address/ip-address.ts';

/** 224.0.0.0/4 or ff00::/8. HOT */
export function isMulticast(address: IpAddress): boolean {
  return address.family === 4 ? address.w3 >>> 28 === 14 : address.w0 >>> 24 === 255;
}

/** 255.255.255.255. HOT */
export function isLimitedBroadcast(address: IpAddress): boolean {
  return address.family === 4 && address.w3 === 0xffffffff;
}

/** 127.0.0.0/8 or ::1. HOT */
export function isLoopback(address: IpAddress): boolean {
  if (address.family === 4) return address.w3 >>> 24 === 127;
  return address.w3 === 1 && address.w2 === 0 && address.w1 === 0 && address.w0 === 0;
}

/** 0.0.0.0 or ::. Only the one address: the kernel takes the rest of 0.0.0.0/8 as unicast. HOT */
export function isUnspecified(address: IpAddress): boolean {
  return address.w3 === 0 && address.w2 === 0 && address.w1 === 0 && address.w0 === 0;
}

/** 224.0.0.0/24. HOT */
export function isLocalMulticast(address: IpAddress): boolean {
  return address.family === 4 && address.w3 >>> 8 === 0xe00000;
}

/** fe80::/10. IPv4's 169.254.0.0/16 is no special address to routing. HOT */
export function isLinkLocal(address: IpAddress): boolean {
  return address.family === 6 && address.w0 >>> 22 === 0x3fa;
}

/** The scope field of an IPv6 multicast address: 1 interface, 2 link, 5 site, ... HOT */
export function multicastScope(address: IpAddress): number {
  return (address.w0 >>> 16) & 15;
}

/** An IPv6 destination that means something only on one link, so that only routes by the input interface count. HOT */
export function needsInterface(address: IpAddress): boolean {
  return (
    address.family === 6 && (isLinkLocal(address) || isMulticast(address) || isLoopback(address))
  );
}

/** Whether the route that comes with every link-local address covers it: fe80::/64 of all of fe80::/10. */
export function isOnLink({ w0, w1 }: IpAddress): boolean {
  return w0 === 0xfe800000 && w1 === 0;
}

/** fe80::, the anycast address of a link's routers. */
export function isLinkAnycast(address: IpAddress): boolean {
  return isOnLink(address) && address.w2 === 0 && address.w3 === 0;
}
