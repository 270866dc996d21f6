import type { SourceLocation } from '../source/location.ts';
import { isLabelKey, isLabelValue, isNamedBy, LABEL_NAME, type NameRule } from './calico-names.ts';
import type { CalicoApi, Metadata } from './metadata.ts';
import type { Fields, Written } from './reading/fields.ts';
import { shorten } from './reading/wording.ts';

/** What Kubernetes and calicoctl put into metadata, and what has no meaning for packets. */
export const WITHOUT_MEANING: readonly string[] = [
  'annotations',
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'finalizers',
  'generateName',
  'generation',
  'managedFields',
  'ownerReferences',
  'resourceVersion',
  'selfLink',
  'uid',
];

/** What the kind's metadata may have. */
export interface MetadataOptions {
  readonly api: CalicoApi;
  readonly nameRule: NameRule;
  readonly namespaced: boolean;
  /** False for kinds of the original API without labels. */
  readonly labels?: boolean;
}

/** A resource's metadata, and its fields, for what only this kind has. `finish` is the caller's to call. */
export interface MetadataReading {
  readonly metadata: Metadata;
  readonly fields: Fields | undefined;
  readonly nameLocation: SourceLocation;
}

const NO_LABELS: ReadonlyMap<string, string> = new Map();

/**
 * Reads a document's metadata. A name that is missing or wrong is reported, and reading goes on with what is there, so that all
 * problems come out in one run.
 */
export function readMetadata(document: Fields, options: MetadataOptions): MetadataReading {
  const fields = document.fields('metadata');
  if (fields === undefined) {
    if (!document.has('metadata')) {
      document.problem(
        'missing-field',
        document.location,
        `${document.what} has no \`metadata\``,
        'Add `metadata: {name: ...}`.',
      );
    }
    return { metadata: emptyMetadata(document), fields, nameLocation: document.location };
  }
  const name = fields.requiredString('name');
  if (name !== undefined) checkName(fields, name, { rule: options.nameRule, what: 'name' });
  fields.ignore(...WITHOUT_MEANING);
  const labels = options.labels === false ? NO_LABELS : readLabels(fields, 'labels', options.api);
  return {
    metadata: {
      name: name?.value ?? '',
      namespace: readNamespace(fields, options),
      labels,
      location: document.location,
    },
    fields,
    nameLocation: name?.location ?? fields.location,
  };
}

function emptyMetadata(document: Fields): Metadata {
  return { name: '', namespace: undefined, labels: NO_LABELS, location: document.location };
}

function readNamespace(fields: Fields, options: MetadataOptions): string | undefined {
  if (!options.namespaced) {
    fields.refuse(
      'namespace',
      'unknown-field',
      `${fields.what} has no \`namespace\`: the kind is for the whole cluster`,
      'Remove the namespace.',
    );
    return undefined;
  }
  const namespace = fields.string('namespace');
  if (namespace === undefined || namespace.value === '') return 'default';
  checkName(fields, namespace, { rule: LABEL_NAME, what: 'namespace' });
  return namespace.value;
}

/** Reports a name that is not spelled as it must be. */
export function checkName(
  fields: Fields,
  name: Written<string>,
  options: { readonly rule: NameRule; readonly what: string },
): boolean {
  if (isNamedBy(options.rule, name.value)) return true;
  fields.problem(
    'invalid-name',
    name.location,
    `${options.what} \`${shorten(name.value)}\` is not valid`,
    placeholderHint(name.value) ?? options.rule.hint,
  );
  return false;
}

/** Reads a mapping of labels; keys and values that the API does not allow are reported. */
export function readLabels(
  fields: Fields,
  name: string,
  api: CalicoApi,
): ReadonlyMap<string, string> {
  const written = fields.stringMap(name);
  if (written.length === 0) return NO_LABELS;
  const labels = new Map<string, string>();
  for (const { name: key, value } of written) {
    if (!isLabelKey(api, key.value)) {
      fields.problem(
        'invalid-label',
        key.location,
        `label name \`${shorten(key.value)}\` is not valid`,
        api === 'v1'
          ? 'Use letters, digits, `_`, `.`, `/` and `-`.'
          : 'Use at most 63 letters, digits, `_`, `.` and `-`, after an optional `domain/`.',
      );
    }
    if (!isLabelValue(api, value.value)) {
      fields.problem(
        'invalid-label',
        value.location,
        `label value \`${shorten(value.value)}\` is not valid`,
        placeholderHint(value.value) ??
          'Use at most 63 letters, digits, `_`, `.` and `-`, beginning and ending with a letter or digit.',
      );
    }
    labels.set(key.value, value.value);
  }
  return labels;
}

/** The hint for text in angle brackets, which documentation leaves for the reader to fill in. */
export function placeholderHint(text: string): string | undefined {
  return /^<.*>/.test(text) ? 'Put a real value in place of what is in angle brackets.' : undefined;
}
