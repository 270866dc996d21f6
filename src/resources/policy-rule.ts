import type { Cidr } from '../address/cidr.ts';
import type { IpFamily } from '../address/ip-address.ts';
import type { PortRange } from '../address/port-range.ts';
import type { SourceLocation } from '../source/location.ts';
import type { WrittenSelector } from './metadata.ts';

/** What a rule does with the packets that it matches, in one spelling for both APIs. */
export type RuleAction = 'allow' | 'deny' | 'log' | 'pass';

/** A port or range in numbers, or a port that endpoints give a name to. */
export type RulePort =
  | { readonly kind: 'numeric'; readonly range: PortRange }
  | { readonly kind: 'named'; readonly name: string };

/** ICMP type and code as written. A code without a type is refused. */
export interface IcmpFields {
  readonly type: number | undefined;
  readonly code: number | undefined;
}

/** One side of a rule. All criteria are ANDed; the elements of a positive list are ORed, of a negated list none may match. */
export interface EntityRule {
  readonly nets: readonly Cidr[];
  readonly notNets: readonly Cidr[];
  readonly selector: WrittenSelector | undefined;
  readonly notSelector: WrittenSelector | undefined;
  readonly namespaceSelector: WrittenSelector | undefined;
  readonly serviceAccounts:
    | { readonly names: readonly string[]; readonly selector: WrittenSelector | undefined }
    | undefined;
  readonly services: { readonly name: string; readonly namespace: string } | undefined;
  readonly ports: readonly RulePort[];
  readonly notPorts: readonly RulePort[];
  /** v1 only: endpoints with a profile that carries the tag. */
  readonly tag: string | undefined;
  readonly notTag: string | undefined;
}

/** One side of a rule without any criterion. */
export const ANY_ENTITY: EntityRule = {
  nets: [],
  notNets: [],
  selector: undefined,
  notSelector: undefined,
  namespaceSelector: undefined,
  serviceAccounts: undefined,
  services: undefined,
  ports: [],
  notPorts: [],
  tag: undefined,
  notTag: undefined,
};

/** One rule of a policy or profile, in the same shape for both APIs. */
export interface PolicyRule {
  readonly action: RuleAction;
  readonly ipVersion: IpFamily | undefined;
  readonly protocol: number | undefined;
  readonly notProtocol: number | undefined;
  readonly icmp: IcmpFields | undefined;
  readonly notIcmp: IcmpFields | undefined;
  readonly source: EntityRule;
  readonly destination: EntityRule;
  /** Whether the rule has an `http` match, which the kernel's rules ignore. */
  readonly http: boolean;
  readonly annotations: ReadonlyMap<string, string>;
  /** Position in the document's list where that is not its position in the list here: one written rule became several. */
  readonly index?: number | undefined;
  /** The line of the rule's first field. */
  readonly location: SourceLocation;
}
