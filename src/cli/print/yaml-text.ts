import { stringify } from 'yaml';

/** A value as one YAML document. */
export function renderYaml(value: unknown): string {
  return stringify(value, { aliasDuplicateObjects: false });
}
