import { isMap, isScalar, isSeq, type Node } from 'yaml';
import { nearestName } from '../source/nearest-name.ts';
import { CALICO_API_VERSIONS, IGNORED_CALICO_KINDS, KIND_READERS } from './kinds.ts';
import { isIgnoredKubernetesKind } from './kubernetes/ignored-kinds.ts';
import { Fields, type Written } from './reading/fields.ts';
import type { ReadingContext } from './reading/reading-context.ts';
import { describeNode, shorten } from './reading/wording.ts';
import type { ResourceCollector } from './resource-collector.ts';

/** How many lists of resources may stand in one another. */
const MAX_LISTS = 4;

/** Reads what one document holds: nothing, a resource, a `List` of them, or a bare list. */
export function readDocument(
  context: ReadingContext,
  contents: Node | null,
  collector: ResourceCollector,
): void {
  readNode(context, contents, { collector, depth: 0 });
}

interface Position {
  readonly collector: ResourceCollector;
  readonly depth: number;
}

function readNode(context: ReadingContext, node: Node | null, position: Position): void {
  const resolved = context.resolve(node);
  if (resolved === null || resolved === undefined) return;
  if (isScalar(resolved) && resolved.value === null) return;
  if (isSeq(resolved) && position.depth < MAX_LISTS) {
    for (const item of resolved.items) {
      readNode(context, item as Node | null, { ...position, depth: position.depth + 1 });
    }
  } else if (isMap(resolved)) {
    readResource(new Fields(context, resolved, 'document'), position);
  } else {
    context.problem(
      'wrong-type',
      context.locateNode(resolved),
      `a document must be a mapping, but is ${describeNode(resolved)}`,
      'Begin it with `apiVersion` and `kind`.',
    );
  }
}

function readResource(header: Fields, position: Position): void {
  const apiVersion = header.requiredString('apiVersion');
  const kind = header.requiredString('kind');
  if (apiVersion === undefined || kind === undefined) return;
  const reader = KIND_READERS.get(`${apiVersion.value}/${kind.value}`);
  if (reader !== undefined) reader(header.as(kind.value), position.collector);
  else if (kind.value.endsWith('List') && header.has('items')) readList(header, position);
  else if (isIgnored(apiVersion.value, kind.value)) noteIgnored(header, kind, position.collector);
  else reportUnknownKind(header, apiVersion, kind);
}

function readList(header: Fields, position: Position): void {
  if (position.depth >= MAX_LISTS) {
    header.problem('yaml-limit', header.location, 'too many lists in one another');
    return;
  }
  header.ignore('metadata');
  for (const item of header.list('items')) {
    readNode(header.context, item, { ...position, depth: position.depth + 1 });
  }
  header.finish();
}

/** An unknown kind of Calico's own is ignored, unless it looks like a slip of the fingers; of Kubernetes' those that are known to say nothing. */
function isIgnored(apiVersion: string, kind: string): boolean {
  if (isIgnoredKubernetesKind(apiVersion, kind)) return true;
  if (!CALICO_API_VERSIONS.includes(apiVersion)) return apiVersion === 'v1' && kind === 'bgpPeer';
  return IGNORED_CALICO_KINDS.has(kind) || nearestName(kind, kindsOf(apiVersion)) === undefined;
}

function noteIgnored(header: Fields, kind: Written<string>, collector: ResourceCollector): void {
  const { context } = header;
  collector.once(`ignored ${kind.value}`, () =>
    context.problem(
      'ignored-kind',
      kind.location,
      `documents of the kind \`${shorten(kind.value)}\` are ignored`,
      kind.value.startsWith('Staged')
        ? 'Felix does not program staged policy.'
        : "It says nothing of a host's packets.",
      'warning',
    ),
  );
}

function reportUnknownKind(
  header: Fields,
  apiVersion: Written<string>,
  kind: Written<string>,
): void {
  const versions = new Set([...KIND_READERS.keys()].map(versionOf));
  if (!versions.has(apiVersion.value)) {
    const nearest = nearestName(apiVersion.value, versions);
    header.problem(
      'unknown-kind',
      apiVersion.location,
      `unknown apiVersion \`${shorten(apiVersion.value)}\``,
      nearest === undefined
        ? `Known: ${[...versions].join(', ')}.`
        : `Did you mean \`${nearest}\`?`,
    );
    return;
  }
  header.problem(
    'unknown-kind',
    kind.location,
    `unknown kind \`${shorten(kind.value)}\` of ${apiVersion.value}`,
    kindHint(apiVersion.value, kind.value),
  );
}

/** The same kind in another API is likelier than one that is spelled alike. */
function kindHint(apiVersion: string, kind: string): string {
  const elsewhere = [...KIND_READERS.keys()].find((key) => kindOf(key) === kind);
  if (elsewhere !== undefined) return `\`${kind}\` is a kind of ${versionOf(elsewhere)}.`;
  const kinds = kindsOf(apiVersion);
  const nearest = nearestName(kind, kinds);
  return nearest === undefined
    ? `Known kinds: ${kinds.join(', ')}.`
    : `Did you mean \`${nearest}\`?`;
}

function kindsOf(apiVersion: string): readonly string[] {
  return [...KIND_READERS.keys()].filter((key) => versionOf(key) === apiVersion).map(kindOf);
}

function versionOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/'));
}

function kindOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}
