import type { SourceLocation } from '../source/location.ts';
import type { Problem } from '../source/problem.ts';
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

/** What was found in documents, to be put together with what was found in others, as often as wanted. */
export interface Findings {
  readonly lists: readonly (readonly [keyof typeof LISTS, readonly unknown[]])[];
  readonly claims: readonly { readonly claim: IdentityClaim; readonly nameAt: SourceLocation }[];
  /** What only its first occurrences count of. */
  readonly notes: readonly ApiNote[];
  readonly uses: readonly { readonly user: FeatureUser; readonly use: FeatureUse }[];
  readonly sayings: readonly { readonly key: string; readonly say: () => void }[];
  readonly problems: readonly Problem[];
}

interface FeatureUser {
  readonly context: ReadingContext;
}

/** Collects what the readers of documents find, and leaves open what depends on documents that it does not know. */
export class PartCollector extends ResourceCollector {
  readonly #claims: { readonly claim: IdentityClaim; readonly nameAt: SourceLocation }[] = [];
  readonly #notes: ApiNote[] = [];
  readonly #uses: { readonly user: FeatureUser; readonly use: FeatureUse }[] = [];
  readonly #sayings = new Map<string, () => void>();
  readonly #problems: Problem[] = [];

  override claim(claim: IdentityClaim, nameAt: () => SourceLocation): void {
    // Later the document's tree is gone.
    this.#claims.push({ claim, nameAt: nameAt() });
  }

  override noteApi(note: ApiNote): void {
    const isKnown = this.#notes.some(
      ({ api, exclusive }) => api === note.api && exclusive === note.exclusive,
    );
    if (!isKnown) this.#notes.push(note);
  }

  override useFeature({ context }: FeatureUser, use: FeatureUse): void {
    if (this.countUse(use)) this.#uses.push({ user: { context }, use });
  }

  override once(key: string, say: () => void): void {
    if (!this.#sayings.has(key)) this.#sayings.set(key, say);
  }

  /** A problem of these documents. */
  readonly report = (problem: Problem): void => {
    this.#problems.push(problem);
  };

  findings(): Findings {
    return {
      lists: LIST_NAMES.filter((name) => this[name].length > 0).map((name) => [name, this[name]]),
      claims: this.#claims,
      notes: this.#notes,
      uses: this.#uses,
      sayings: [...this.#sayings].map(([key, say]) => ({ key, say })),
      problems: this.#problems,
    };
  }
}

/** Adds what was found to a collector, in the order in which it was found. */
export function addFindings(
  { lists, claims, notes, uses, sayings, problems }: Findings,
  whole: ResourceCollector,
  report: (problem: Problem) => void,
): void {
  for (const problem of problems) report(problem);
  for (const [name, found] of lists) {
    const list = whole[name] as unknown[];
    for (const one of found) list.push(one);
  }
  for (const { claim, nameAt } of claims) whole.claim(claim, () => nameAt);
  for (const note of notes) whole.noteApi(note);
  for (const { user, use } of uses) whole.useFeature(user, use);
  for (const { key, say } of sayings) whole.once(key, say);
}

/** What was found in several parts, as if they were one. */
export function joinFindings(parts: readonly Findings[]): Findings {
  const collector = new PartCollector();
  for (const part of parts) addFindings(part, collector, collector.report);
  return collector.findings();
}
