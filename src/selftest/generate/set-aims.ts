import { hostCidr } from '../../address/cidr.ts';
import type { ElementPart, IpSet, IpSetMember } from '../../ruleset/ip-set.ts';
import type { SetDirection } from '../../ruleset/match/set.ts';

import type { Variant } from './aims.ts';
import { addressEdges, portEdges } from './edges.ts';

/** The edges of every member of a set, from both sides; the first lies inside. Nothing for members that no packet can be aimed at. */
export function setVariants(
  set: IpSet | undefined,
  directions: readonly SetDirection[],
): readonly Variant[] {
  return (set?.members ?? []).flatMap((member) => memberVariants(member, directions));
}

function memberVariants(
  member: IpSetMember,
  directions: readonly SetDirection[],
): readonly Variant[] {
  const parts = partsOf(member).map((part, at) =>
    partVariants(part, (directions[at] ?? directions[0]) === 'src'),
  );
  // What lies inside of all dimensions at once, then the edges of each with the others met.
  const inside: Variant = Object.assign({}, ...parts.map(([first]) => first));
  return [inside, ...parts.flat().map((variant) => ({ ...inside, ...variant }))];
}

function partsOf(member: IpSetMember): readonly ElementPart[] {
  switch (member.kind) {
    case 'net':
      return [{ kind: 'net', cidr: member.cidr }];
    case 'address-port': {
      const { address, protocol, port } = member;
      return [
        { kind: 'net', cidr: hostCidr(address) },
        { kind: 'port', protocol, port },
      ];
    }
    case 'element':
      return member.parts;
  }
}

/** What of a packet a dimension looks at; the first lies inside. */
function partVariants(part: ElementPart, isSource: boolean): readonly Variant[] {
  switch (part.kind) {
    case 'net': {
      const addresses = [part.cidr.network, ...addressEdges(part.cidr)];
      return addresses.map((address) =>
        isSource ? { source: address } : { destination: address },
      );
    }
    case 'port': {
      const { port } = part;
      const protocol = part.protocol === 0 ? {} : { protocol: part.protocol };
      return [port, ...portEdges({ first: port, last: port })].map((edge) =>
        isSource ? { ...protocol, sourcePort: edge } : { ...protocol, destinationPort: edge },
      );
    }
    case 'mark':
      return [{ mark: part.mark }, { mark: (part.mark ^ 1) >>> 0 }];
    case 'interface':
      return isSource && !part.name.endsWith('+') ? [{ in: part.name }] : [];
    default:
      return [];
  }
}
