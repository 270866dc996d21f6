/** The `spec` of a Host document as it is written down; fields that say nothing are left out. */
export interface HostSpec {
  readonly interfaces: readonly InterfaceSpec[];
  readonly routes: readonly RouteSpec[];
  /** Left out where addresses bring their own routes along. */
  readonly derivedRoutes?: false;
  readonly rules?: readonly Readonly<Record<string, unknown>>[];
  readonly sysctls: Readonly<Record<string, number>>;
  readonly iptables?: string;
  readonly ip6tables?: string;
  readonly ipsets?: string;
  readonly connections?: string;
  readonly notModelled?: readonly RemarkSpec[];
}

/** An interface of a Host document. */
export interface InterfaceSpec {
  readonly name: string;
  readonly type?: string;
  readonly parent?: string;
  readonly vlan?: number;
  readonly master?: string;
  readonly mac?: string;
  readonly up?: false;
  readonly state?: string;
  readonly addresses: readonly string[];
}

/** A route of a Host document, in the words of `ip route`. */
export interface RouteSpec {
  readonly to: string;
  readonly type?: string;
  readonly via?: string;
  readonly via6?: string;
  readonly dev?: string;
  readonly metric?: number;
  readonly table?: string;
  readonly src?: string;
  readonly nexthops?: readonly Readonly<Record<string, unknown>>[];
  readonly encap?: string;
  readonly tos?: string;
  readonly from?: string;
  readonly nhid?: number;
}

/** Something that no document can hold and that may do anything to packets. */
export interface RemarkSpec {
  readonly what: string;
  readonly family?: 4 | 6;
}

/** A part of the machine that could not be read, and why. */
export interface Missing {
  readonly what: string;
  readonly why: string;
}

/** A mapping without the fields that are undefined: these are not written down. */
export function written<T extends object>(
  fields: {
    readonly [K in keyof T]: T[K] | undefined;
  },
): Present<T> {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as Present<T>;
}

/** The same with every field that may be undefined left out where it is. */
type Present<T> = { readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};
