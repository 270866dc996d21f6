import type { CalicoApi } from './metadata.ts';

/** A rule of spelling: what is matched, and how to say it to people. */
export interface NameRule {
  readonly pattern: RegExp;
  readonly maxLength: number;
  readonly hint: string;
}

/** DNS-1123 subdomain: most names of Kubernetes and of Calico's current API. */
export const SUBDOMAIN_NAME: NameRule = {
  pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  maxLength: 253,
  hint: 'Use lower case letters, digits, `-` and `.`, beginning and ending with a letter or digit.',
};

/** DNS-1123 label: namespaces, tiers. */
export const LABEL_NAME: NameRule = {
  pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
  maxLength: 63,
  hint: 'Use at most 63 lower case letters, digits and `-`, beginning and ending with a letter or digit.',
};

/** Names of policies: one label, in newer Calico with an optional `tier.` before it. */
export const POLICY_NAME: NameRule = {
  pattern: /^([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
  maxLength: 253,
  hint: 'Use lower case letters, digits and `-`, beginning and ending with a letter or digit.',
};

/** Names of Calico's original API. Source: libcalico-go v1.7.2, lib/validator/validator.go. */
export const V1_NAME: NameRule = {
  pattern: /^[a-zA-Z0-9_./-]+$/,
  maxLength: 128,
  hint: 'Use at most 128 letters, digits, `_`, `.`, `/` and `-`.',
};

/** Nodes and tags of the original API. */
export const V1_NODE_NAME: NameRule = {
  pattern: /^[a-zA-Z0-9_.-]+$/,
  maxLength: 128,
  hint: 'Use at most 128 letters, digits, `_`, `.` and `-`.',
};

/** Ports of the current API that have a name. */
export const PORT_NAME: NameRule = {
  pattern: /^[a-zA-Z0-9_.-]+$/,
  maxLength: 128,
  hint: 'Use at most 128 letters, digits, `_`, `.` and `-`.',
};

/** Ports of endpoints: an IANA service name, as Kubernetes wants it. */
export const SERVICE_PORT_NAME: NameRule = {
  pattern: /^(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
  maxLength: 15,
  hint: 'Use at most 15 lower case letters, digits and single `-`, with at least one letter.',
};

/** Interfaces that a host endpoint may name. */
export const INTERFACE_NAMES: Readonly<Record<CalicoApi, NameRule>> = {
  v1: {
    pattern: /^[a-zA-Z0-9_-]+$/,
    maxLength: 15,
    hint: 'Use at most 15 letters, digits, `_` and `-`.',
  },
  v3: {
    pattern: /^(\*|[a-zA-Z0-9_.-]+)$/,
    maxLength: 15,
    hint: 'Use `*`, or at most 15 letters, digits, `_`, `.` and `-`.',
  },
};

/** Whether the name is spelled as the rule wants it. */
export function isNamedBy(rule: NameRule, name: string): boolean {
  return name.length <= rule.maxLength && rule.pattern.test(name);
}

const V1_LABEL_KEY = /^[a-zA-Z0-9_./-]{1,512}$/;
const LABEL_VALUE = /^([a-zA-Z0-9]([a-zA-Z0-9_.-]{0,61}[a-zA-Z0-9])?)?$/;
const V1_LABEL_VALUE = /^[a-zA-Z0-9]?([a-zA-Z0-9_.-]{0,61}[a-zA-Z0-9])?$/;
const QUALIFIED_NAME = /^[a-zA-Z0-9]([a-zA-Z0-9_.-]{0,61}[a-zA-Z0-9])?$/;

/** Whether a label may be called so. v3: a Kubernetes qualified name, `prefix/name`. */
export function isLabelKey(api: CalicoApi, key: string): boolean {
  if (api === 'v1') return V1_LABEL_KEY.test(key);
  const slash = key.indexOf('/');
  if (slash < 0) return QUALIFIED_NAME.test(key);
  return (
    isNamedBy(SUBDOMAIN_NAME, key.slice(0, slash)) && QUALIFIED_NAME.test(key.slice(slash + 1))
  );
}

/** Whether a label may have the value. */
export function isLabelValue(api: CalicoApi, value: string): boolean {
  return (api === 'v1' ? V1_LABEL_VALUE : LABEL_VALUE).test(value);
}
