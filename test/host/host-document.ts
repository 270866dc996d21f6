import type { HostDocument } from '../../src/resources/host-document.ts';

const LOCATION = { file: 'host.yaml', line: 1, column: 1 };

/** What a test says of a Host document; the rest is as if left out. */
export interface HostWords {
  readonly interfaces?: readonly (Partial<HostDocument['interfaces'][number]> & { name: string })[];
  readonly routes?: readonly (Partial<HostDocument['routes'][number]> & { to: string })[];
  readonly rules?: readonly Partial<HostDocument['rules'][number]>[];
  readonly derivedRoutes?: boolean;
  readonly sysctls?: Readonly<Record<string, number>>;
}

/** A Host document as its reader would hand it over. */
export function hostDocument(words: HostWords): HostDocument {
  return {
    metadata: { name: 'node1', namespace: undefined, labels: new Map(), location: LOCATION },
    interfaces: (words.interfaces ?? []).map((one) => ({
      addresses: [],
      mac: undefined,
      up: true,
      master: undefined,
      type: undefined,
      location: LOCATION,
      ...one,
    })),
    routes: (words.routes ?? []).map((one) => ({
      type: 'unicast',
      via: undefined,
      dev: undefined,
      metric: undefined,
      table: undefined,
      src: undefined,
      notModelled: [],
      location: LOCATION,
      ...one,
    })),
    derivedRoutes: words.derivedRoutes ?? true,
    rules: (words.rules ?? []).map((one) => ({
      priority: undefined,
      not: false,
      from: undefined,
      to: undefined,
      iif: undefined,
      oif: undefined,
      fwmark: undefined,
      protocol: undefined,
      action: 'lookup',
      table: undefined,
      suppressPrefixLength: undefined,
      family: undefined,
      notModelled: [],
      location: LOCATION,
      ...one,
    })),
    sysctls: new Map(Object.entries(words.sysctls ?? {})),
    iptables: undefined,
    ip6tables: undefined,
    ipsets: undefined,
    connections: undefined,
    notModelled: [],
  };
}
