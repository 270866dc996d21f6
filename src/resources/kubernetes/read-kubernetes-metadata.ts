import type { Metadata } from '../metadata.ts';
import { WITHOUT_MEANING } from '../read-metadata.ts';
import type { Fields } from '../reading/fields.ts';

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/**
 * Reads the metadata of a Kubernetes document at its root. Undefined when it has no usable name; that is reported.
 * Source: Kubernetes API conventions, DNS-1123 subdomain names.
 */
export function readKubernetesMetadata(
  root: Fields,
  scope: 'cluster' | 'namespaced',
): Metadata | undefined {
  root.ignore('apiVersion', 'kind', 'status');
  const fields = root.fields('metadata');
  if (fields === undefined) {
    root.problem('missing-field', root.location, `${root.what} has no \`metadata\``);
    return undefined;
  }
  fields.ignore(...WITHOUT_MEANING);
  const name = fields.requiredString('name');
  const namespace = fields.string('namespace');
  for (const written of [name, namespace]) {
    if (written === undefined || written.value === '') continue;
    if (written.value.length > 253 || !SUBDOMAIN.test(written.value)) {
      fields.problem(
        'invalid-name',
        written.location,
        `\`${written.value}\` is not a Kubernetes name`,
        'Use lower-case letters, digits, `-` and `.`, beginning and ending with a letter or digit.',
      );
      return undefined;
    }
  }
  const labels = new Map<string, string>();
  for (const label of fields.stringMap('labels')) labels.set(label.name.value, label.value.value);
  fields.finish();
  if (name === undefined) return undefined;
  const inNamespace = scope === 'namespaced' ? namespace?.value || 'default' : undefined;
  return { name: name.value, namespace: inNamespace, labels, location: root.location };
}
