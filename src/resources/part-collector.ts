import type { SourceLocation } from '../source/location.ts';
import type { ReadingContext } from './reading/reading-context.ts';
import { type ApiNote, type IdentityClaim, ResourceCollector } from './resource-collector.ts';
import type { FeatureUse } from './resource-set.ts';

/** The lists of a collector that only grow. */
type ListName = {
  [Name in keyof ResourceCollector]: ResourceCollector[Name] extends readonly unknown[]
    ? Name
    : never;
}[keyof ResourceCollector];

/** All of them but features, of which not all are kept. A list that is missing here does not compile. */
const LISTS: Readonly<Record<Exclude<ListName, 'features'>, true>> = {
  hostEndpoints: true,
  workloadEndpoints: true,
  policies: true,
  profiles: true,
  networkSets: true,
  tiers: true,
  nodes: true,
  ipPools: true,
  felixConfigurations: true,
  services: true,
  serviceEndpoints: true,
  describedServices: true,
  namespaces: true,
  serviceAccounts: true,
  pods: true,
  kubernetesPolicies: true,
  hosts: true,
  scenarios: true,
  notModelled: true,
  versionedProblems: true,
  tierReferences: true,
};

const LIST_NAMES = Object.keys(LISTS) as readonly (keyof typeof LISTS)[];

/** What was found in a part of the input, to be put together with that of other parts as often as wanted. */
export interface PartFindings {
  readonly addTo: (whole: ResourceCollector) => void;
}

type Later = (whole: ResourceCollector) => void;

/** Collects what the readers of one document find, and leaves what depends on other documents until they are known. */
export class PartCollector extends ResourceCollector {
  readonly #later: Later[] = [];

  override claim(claim: IdentityClaim, nameAt: () => SourceLocation): void {
    // Later the document's tree is gone.
    const at = nameAt();
    this.#later.push((whole) => whole.claim(claim, () => at));
  }

  override noteApi(note: ApiNote): void {
    this.#later.push((whole) => whole.noteApi(note));
  }

  override useFeature({ context }: { readonly context: ReadingContext }, use: FeatureUse): void {
    const user = { context };
    this.#later.push((whole) => whole.useFeature(user, use));
  }

  override once(key: string, say: () => void): void {
    this.#later.push((whole) => whole.once(key, say));
  }

  findings(): PartFindings {
    return findingsOf(
      LIST_NAMES.filter((name) => this[name].length > 0).map((name) => [name, this[name]]),
      this.#later,
    );
  }
}

/** Of its own, so that it holds nothing of the collector but this. */
function findingsOf(
  lists: readonly (readonly [keyof typeof LISTS, readonly unknown[]])[],
  later: readonly Later[],
): PartFindings {
  return {
    addTo: (whole) => {
      for (const [name, found] of lists) {
        for (const one of found) (whole[name] as unknown[]).push(one);
      }
      for (const act of later) act(whole);
    },
  };
}
