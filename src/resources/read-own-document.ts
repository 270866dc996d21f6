import type { NameRule } from './calico-names.ts';
import type { Metadata } from './metadata.ts';
import { readMetadata } from './read-metadata.ts';
import type { Fields } from './reading/fields.ts';

/**
 * Reads what the kinds of hepsim's own API have in common, `document` being the root mapping: metadata, and a spec, which is returned unread. Undefined
 * where there is none. `hint` says what a spec may look like.
 */
export function readOwnDocument(
  document: Fields,
  options: { readonly kind: string; readonly nameRule: NameRule; readonly hint: string },
): { readonly metadata: Metadata; readonly spec: Fields } | undefined {
  document.ignore('apiVersion', 'kind');
  const { metadata, fields } = readMetadata(document, {
    api: 'v3',
    nameRule: options.nameRule,
    namespaced: false,
  });
  fields?.finish();
  const spec = document.fields('spec');
  if (!document.has('spec')) {
    const message = `${options.kind} has no \`spec\``;
    document.problem('missing-field', document.location, message, options.hint);
  }
  document.finish();
  return spec === undefined ? undefined : { metadata, spec };
}
