import type { ElementPart, IpSetType } from '../ip-set.ts';

/** What a dimension of a set is written as. `net`: a block; `ip`: an address, or several that stand for one element each. */
export type Dimension = 'ip' | 'net' | Exclude<ElementPart['kind'], 'net'>;

/** The dimensions of every type of set. */
export const DIMENSIONS: Readonly<Record<IpSetType, readonly Dimension[]>> = {
  'hash:net': ['net'],
  'hash:ip': ['ip'],
  'hash:ip,port': ['ip', 'port'],
  'hash:net,port': ['net', 'port'],
  'hash:ip,port,ip': ['ip', 'port', 'ip'],
  'hash:ip,port,net': ['ip', 'port', 'net'],
  'hash:net,net': ['net', 'net'],
  'hash:net,port,net': ['net', 'port', 'net'],
  'hash:ip,mark': ['ip', 'mark'],
  'hash:net,iface': ['net', 'interface'],
  'hash:mac': ['mac'],
  'hash:ip,mac': ['ip', 'mac'],
  'bitmap:ip': ['ip'],
  'bitmap:ip,mac': ['ip', 'mac'],
  'bitmap:port': ['port'],
  'list:set': ['set'],
};

/** The names that types had before ipset 5. Source: ipset(8), 7.17. */
const OLD_NAMES: Readonly<Record<string, IpSetType>> = {
  ipmap: 'bitmap:ip',
  macipmap: 'bitmap:ip,mac',
  portmap: 'bitmap:port',
  iphash: 'hash:ip',
  nethash: 'hash:net',
  ipporthash: 'hash:ip,port',
  ipportiphash: 'hash:ip,port,ip',
  ipportnethash: 'hash:ip,port,net',
  setlist: 'list:set',
};

/** The type of a name, old or new; undefined for one that there is not. */
export function findIpSetType(name: string): IpSetType | undefined {
  return Object.hasOwn(DIMENSIONS, name) ? (name as IpSetType) : OLD_NAMES[name];
}

/** Whether elements of the type have blocks of their own length, and with them `nomatch`. */
export function hasNets(type: IpSetType): boolean {
  return DIMENSIONS[type].includes('net');
}

/** Whether the type's elements have addresses, so that a set of it has a family. */
export function hasFamily(type: IpSetType): boolean {
  return DIMENSIONS[type].some((dimension) => dimension === 'ip' || dimension === 'net');
}
