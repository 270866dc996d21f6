import type { IpAddress, IpFamily } from '../address/ip-address.ts';
import type { ElementPart, IpSet, IpSetMember } from './ip-set.ts';
import { isSetName } from './match/set.ts';
import { isInterfacePattern } from './option/interface-codec.ts';
import { isPrintableAscii, isUnsigned } from './restore-text.ts';

/**
 * Checks name, family and members of a set.
 *
 * @throws Error naming what ipset would refuse or misread.
 */
export function checkIpSet(set: IpSet, family: IpFamily | undefined): void {
  const where = `set ${JSON.stringify(set.name)}`;
  if (!isSetName(set.name)) throw new Error(`${where}: a name that ipset cannot take`);
  if (family !== undefined && set.family !== undefined && set.family !== family) {
    throw new Error(`${where}: of another family than its ruleset`);
  }
  for (const member of set.members) {
    const problem = memberProblem(set, member);
    if (problem !== undefined) throw new Error(`${where}: ${problem}`);
  }
}

function memberProblem(set: IpSet, member: IpSetMember): string | undefined {
  if (member.kind !== kindOfMembers(set)) return 'a member of another type';
  const parts = partsOf(member);
  const address = member.kind === 'address-port' ? member.address : undefined;
  const addresses = [address, ...parts.map(addressOf)];
  if (addresses.some((one) => one !== undefined && one.family !== set.family)) {
    return 'a member of another family';
  }
  if (parts.some(isCatchAll) && set.type !== 'hash:net,iface') {
    return 'ipset cannot hold a block of every address';
  }
  const problem = parts.map(partProblem).find((one) => one !== undefined);
  if (problem !== undefined) return problem;
  const { comment, skbprio } = member.extras ?? {};
  if (comment !== undefined && !isIpSetComment(comment)) return 'a comment that ipset cannot take';
  return skbprio === undefined || /^[\da-f]{1,4}:[\da-f]{1,4}$/i.test(skbprio)
    ? undefined
    : 'a priority that ipset cannot take';
}

/** Whether ipset takes the comment, and a restore file holds it: at most 255 bytes without a double quote. */
export function isIpSetComment(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  return new TextEncoder().encode(text).length <= 255 && !/["\u0000-\u001f\u007f]/.test(text);
}

/** Of what kind the members of a set are. */
export function kindOfMembers({ type }: Pick<IpSet, 'type'>): IpSetMember['kind'] {
  if (type === 'hash:net' || type === 'hash:ip' || type === 'bitmap:ip') return 'net';
  return type === 'hash:ip,port' ? 'address-port' : 'element';
}

function partsOf(member: IpSetMember): readonly ElementPart[] {
  switch (member.kind) {
    case 'net':
      return [member];
    case 'address-port':
      return [{ kind: 'port', protocol: member.protocol, port: member.port }];
    case 'element':
      return member.parts;
  }
}

function addressOf(part: ElementPart): IpAddress | undefined {
  return part.kind === 'net' ? part.cidr.network : undefined;
}

function isCatchAll(part: ElementPart): boolean {
  return part.kind === 'net' && part.cidr.prefixLength === 0;
}

function partProblem(part: ElementPart): string | undefined {
  switch (part.kind) {
    case 'net':
      return undefined;
    case 'port':
      return isUnsigned(part.port, 65535) && isUnsigned(part.protocol, 255)
        ? undefined
        : `port ${part.port} of protocol ${part.protocol}`;
    case 'interface':
      return isInterfacePattern(part.name) && !/["',]/.test(part.name)
        ? undefined
        : 'an interface name that ipset cannot take';
    case 'mark':
      return isUnsigned(part.mark, 0xffffffff) ? undefined : 'a mark of more than 32 bits';
    case 'mac':
      return part.mac === undefined || /^(?:[\dA-F]{2}:){5}[\dA-F]{2}$/i.test(part.mac)
        ? undefined
        : 'a MAC address that ipset cannot take';
    case 'set':
      return isSetName(part.name) && isPrintableAscii(part.name)
        ? undefined
        : 'the name of a set that ipset cannot take';
  }
}
