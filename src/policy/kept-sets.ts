import type { ResourceSet } from '../resources/resource-set.ts';
import { clusterEndpoints, type ProfilesByName } from './labelled-endpoints.ts';
import { SetResolver } from './set-resolver.ts';

/** With more sets than this, most are of selectors that documents had long ago. */
const MOST_SETS = 50_000;

/** What the addresses behind selectors depend on, each list as it was read. */
type Sources = readonly (readonly unknown[])[];

/**
 * The sets of documents that are read again and again: as long as endpoints, network sets, profiles and what Kubernetes says of Services are the same
 * objects, so are the addresses behind every selector.
 */
export class KeptSets {
  #sources: Sources = [];
  #resolver: SetResolver | undefined;

  /** What finds the addresses behind selectors of these documents. */
  resolverFor(resources: ResourceSet, profiles: ProfilesByName): SetResolver {
    const sources = sourcesOf(resources);
    const isSame =
      sources.length === this.#sources.length &&
      sources.every((list, i) => areSame(list, this.#sources[i] ?? []));
    const kept = this.#resolver;
    if (isSame && kept !== undefined && kept.size <= MOST_SETS) return kept;
    const made = new SetResolver(clusterEndpoints(resources, profiles), resources.kubernetes);
    this.#resolver = made;
    this.#sources = sources;
    return made;
  }
}

function sourcesOf(resources: ResourceSet): Sources {
  const { workloadEndpoints, hostEndpoints, networkSets, profiles, kubernetes } = resources;
  return [
    workloadEndpoints,
    hostEndpoints,
    networkSets,
    profiles,
    ...Object.values(kubernetes).map((value): readonly unknown[] =>
      Array.isArray(value) ? value : [value],
    ),
  ];
}

function areSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}
