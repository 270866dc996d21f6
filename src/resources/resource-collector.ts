import type { SourceLocation } from '../source/location.ts';
import type { Problem, ProblemCode } from '../source/problem.ts';
import { CALICO_VERSIONS, type CalicoVersion } from './calico-version.ts';
import type { HostDocument } from './host-document.ts';
import type {
  KubernetesNetworkPolicy,
  Namespace,
  Pod,
  Service,
  ServiceAccount,
  ServiceEndpoint,
  ServiceName,
} from './kubernetes/kubernetes-resources.ts';
import type { CalicoApi } from './metadata.ts';
import type { Fields } from './reading/fields.ts';
import type { ReadingContext } from './reading/reading-context.ts';
import type {
  CalicoNode,
  FeatureUse,
  FelixConfiguration,
  HostEndpoint,
  IpPool,
  NetworkSet,
  NotModelled,
  PolicyResource,
  Profile,
  Tier,
  WorkloadEndpoint,
} from './resource-set.ts';
import type { ScenarioDocument } from './scenario-document.ts';
import { type ParsedSelector, parseSelector } from './selector/parse-selector.ts';

/** A problem that only some Calico versions have. */
export interface VersionedProblem {
  readonly problem: Problem;
  readonly versions: readonly CalicoVersion[];
}

/** The first document of a kind that may not be mixed with the other API's. */
export interface ApiUse {
  readonly kind: string;
  readonly location: SourceLocation;
  /** Reports that this document does not fit. */
  readonly refuse: (code: ProblemCode, message: string, hint: string) => void;
  /** Reports that it stands beside one of the other API. */
  readonly mixed: (message: string, other: SourceLocation) => void;
}

/** A document's claim to a name. */
export interface IdentityClaim {
  readonly key: string;
  /** Kind and name, for messages. */
  readonly title: string;
  readonly location: SourceLocation;
  readonly context: ReadingContext;
}

/** A document of one of the two APIs. */
export interface ApiNote {
  readonly api: CalicoApi;
  readonly kind: string;
  readonly exclusive: boolean;
  readonly context: ReadingContext;
  readonly location: SourceLocation;
  readonly versionAt: SourceLocation;
}

/** The first places of more uses of one feature say nothing new. */
const MAX_USES_OF_A_FEATURE = 20;

/**
 * What the readers of all documents of one input put together: the resources, and what can be judged only when every document is
 * known, such as names that occur twice and fields that the version does not have.
 */
export class ResourceCollector {
  readonly hostEndpoints: HostEndpoint[] = [];
  readonly workloadEndpoints: WorkloadEndpoint[] = [];
  readonly policies: PolicyResource[] = [];
  readonly profiles: Profile[] = [];
  readonly networkSets: NetworkSet[] = [];
  readonly tiers: Tier[] = [];
  readonly nodes: CalicoNode[] = [];
  readonly ipPools: IpPool[] = [];
  readonly felixConfigurations: FelixConfiguration[] = [];
  readonly services: Service[] = [];
  readonly serviceEndpoints: ServiceEndpoint[] = [];
  readonly describedServices: ServiceName[] = [];
  readonly namespaces: Namespace[] = [];
  readonly serviceAccounts: ServiceAccount[] = [];
  readonly pods: Pod[] = [];
  readonly kubernetesPolicies: KubernetesNetworkPolicy[] = [];
  readonly hosts: HostDocument[] = [];
  readonly scenarios: ScenarioDocument[] = [];
  readonly notModelled: NotModelled[] = [];
  readonly features: { readonly use: FeatureUse; readonly context: ReadingContext }[] = [];
  readonly versionedProblems: VersionedProblem[] = [];
  readonly tierReferences: { readonly tier: string; readonly report: (hint: string) => void }[] =
    [];
  /** The first documents of Calico's own kinds, of policy and endpoint kinds, in each API. */
  readonly apiUses: Map<CalicoApi, ApiUse> = new Map();
  readonly calicoApis: Map<CalicoApi, SourceLocation> = new Map();
  private readonly identities: Map<string, SourceLocation> = new Map();
  protected readonly selectors: Map<string, ParsedSelector>;
  private readonly featureCounts: Map<string, number> = new Map();
  private readonly noted: Set<string> = new Set();

  /** Selectors that are parsed already, by their texts. */
  constructor(selectors: Map<string, ParsedSelector> = new Map()) {
    this.selectors = selectors;
  }

  /** Remembers a resource's identity; reports when another document has it already. */
  identify(document: Fields, kind: string, ...parts: readonly (string | undefined)[]): void {
    const name = parts.filter((part) => part !== undefined).join('/');
    const { location, context } = document;
    const key = JSON.stringify([kind, ...parts]);
    this.claim({ key, title: `${kind} \`${name}\``, location, context }, () =>
      nameLocation(document),
    );
  }

  /** `nameAt` tells where the name stands; it is asked only when somebody has the name already. */
  claim(claim: IdentityClaim, nameAt: () => SourceLocation): void {
    const { key, title, location, context } = claim;
    const before = this.identities.get(key);
    if (before === undefined) this.identities.set(key, location);
    else {
      context.problemWith('duplicate-name', nameAt(), `${title} is defined twice`, {
        related: [before],
        hint: 'Rename or remove one of the two.',
      });
    }
  }

  /** Remembers that a document is of one of the two APIs; `exclusive` for kinds that may not be mixed. */
  useApi(document: Fields, use: { api: CalicoApi; kind: string; exclusive: boolean }): void {
    const { context, location } = document;
    // All documents but the first few say nothing new.
    if (this.calicoApis.has(use.api) && (!use.exclusive || this.apiUses.has(use.api))) return;
    this.noteApi({ ...use, context, location, versionAt: document.locationOf('apiVersion') });
  }

  noteApi({ api, kind, exclusive, context, location, versionAt }: ApiNote): void {
    if (!this.calicoApis.has(api)) this.calicoApis.set(api, location);
    if (!exclusive || this.apiUses.has(api)) return;
    this.apiUses.set(api, {
      kind,
      location: versionAt,
      refuse: (code, message, hint) => context.problem(code, versionAt, message, hint),
      mixed: (message, other) =>
        context.problemWith('mixed-apis', versionAt, message, {
          related: [other],
          hint: 'Use one API for all policies and endpoints.',
        }),
    });
  }

  /** Remembers that something which not every version has is used. */
  useFeature({ context }: Pick<Fields, 'context'>, use: FeatureUse): void {
    if (this.countUse(use)) this.features.push({ use, context });
  }

  /** Whether the use is one of those that are kept. */
  protected countUse({ feature }: FeatureUse): boolean {
    const count = this.featureCounts.get(feature) ?? 0;
    this.featureCounts.set(feature, count + 1);
    return count < MAX_USES_OF_A_FEATURE;
  }

  /** Remembers a problem that versions from `since` on have. */
  refuseSince(since: CalicoVersion, problem: Problem): void {
    const versions = CALICO_VERSIONS.slice(CALICO_VERSIONS.indexOf(since));
    this.versionedProblems.push({ problem, versions });
  }

  /** Says something unless it was said before by the same `key`: warnings that would be said of every document are said once. */
  once(key: string, say: () => void): void {
    if (this.noted.has(key)) return;
    this.noted.add(key);
    say();
  }

  /** Parses a selector; equal texts are parsed once, so that they share one tree. */
  parseSelector(text: string): ParsedSelector {
    const known = this.selectors.get(text);
    if (known !== undefined) return known;
    const parsed = parseSelector(text);
    this.selectors.set(text, parsed);
    return parsed;
  }
}

/** Where a document's name stands. */
export function nameLocation(document: Fields): SourceLocation {
  return document.fields('metadata')?.locationOf('name') ?? document.location;
}
