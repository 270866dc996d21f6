import type { WrittenSelector } from '../resources/metadata.ts';
import type { EntityRule } from '../resources/policy-rule.ts';
import type { PolicyResource } from '../resources/resource-set.ts';
import { allOf, prefixLabels, replaceCalls } from '../resources/selector/rewrite-selector.ts';
import type { Selector } from '../resources/selector/selector.ts';
import { NAMESPACE_LABEL, SERVICE_ACCOUNT_LABEL, tagLabel } from './labelled-endpoints.ts';

/** Under these prefixes endpoints inherit the labels of their namespace and service account. */
const NAMESPACE_PREFIX = 'pcns.';
const SERVICE_ACCOUNT_PREFIX = 'pcsa.';

const IN_SOME_NAMESPACE: Selector = { kind: 'has', label: NAMESPACE_LABEL };

/** The selector, or undefined where the field is left out or empty, which is no criterion. */
export function writtenSelector(written: WrittenSelector | undefined): Selector | undefined {
  return written === undefined || written.text === '' ? undefined : written.selector;
}

/**
 * The selector of the endpoints that a policy is for, namespace and service accounts included.
 *
 * A `namespaceSelector` turns `all()` anywhere in the combination into "is in a namespace", in `selector` too.
 *
 * Source: `calico-semantics` 2, libcalico-go updateprocessors/globalnetworkpolicyprocessor.go, networkpolicyprocessor.go.
 */
export function policySelector(policy: PolicyResource): Selector {
  const selector = writtenSelector(policy.selector);
  const serviceAccounts = writtenSelector(policy.serviceAccountSelector);
  const accounts =
    serviceAccounts === undefined ? [] : [prefixLabels(serviceAccounts, SERVICE_ACCOUNT_PREFIX)];
  const { namespace } = policy.metadata;
  if (namespace !== undefined) {
    return allOf([selector ?? ALL, inNamespace(namespace), ...accounts]);
  }
  const namespaces = writtenSelector(policy.namespaceSelector);
  // Most policies of a large cluster: nothing to build.
  if (namespaces === undefined && serviceAccounts === undefined) return selector ?? ALL;
  if (namespaces === undefined) return allOf([selector ?? ALL, ...accounts]);
  return allOf([
    ...(selector === undefined ? [] : [replaceCalls(selector, { all: IN_SOME_NAMESPACE })]),
    namespaceTerm(namespaces),
    ...accounts,
  ]);
}

/** What picks one side's endpoints, of a rule in a policy of `namespace` (undefined: not in a namespace). Undefined: anything. */
export function entitySelector(
  entity: EntityRule,
  namespace: string | undefined,
): Selector | undefined {
  const terms: Selector[] = [];
  const namespaces = writtenSelector(entity.namespaceSelector);
  const selector = writtenSelector(entity.selector);
  if (namespaces !== undefined) {
    terms.push(namespaceTerm(namespaces));
  } else if (namespace !== undefined && namesEndpoints(entity)) {
    terms.push(inNamespace(namespace));
  }
  if (entity.serviceAccounts !== undefined) {
    const { names, selector: accounts } = entity.serviceAccounts;
    const accountSelector = writtenSelector(accounts);
    if (names.length > 0) terms.push({ kind: 'in', label: SERVICE_ACCOUNT_LABEL, values: names });
    if (accountSelector !== undefined) {
      terms.push(prefixLabels(accountSelector, SERVICE_ACCOUNT_PREFIX));
    }
  }
  if (entity.tag !== undefined) terms.push({ kind: 'has', label: tagLabel(entity.tag) });
  if (selector !== undefined) terms.push(selector);
  return terms.length === 0 ? undefined : allOf(terms);
}

const ALL: Selector = { kind: 'all' };

/** A rule of a namespaced policy is bound to the namespace only when it speaks of endpoints at all. */
function namesEndpoints(entity: EntityRule): boolean {
  return (
    writtenSelector(entity.selector) !== undefined ||
    writtenSelector(entity.notSelector) !== undefined ||
    entity.serviceAccounts !== undefined
  );
}

function inNamespace(namespace: string): Selector {
  return { kind: 'equals', label: NAMESPACE_LABEL, value: namespace };
}

function namespaceTerm(selector: Selector): Selector {
  return replaceCalls(prefixLabels(selector, NAMESPACE_PREFIX), {
    all: IN_SOME_NAMESPACE,
    global: { kind: 'not', operand: IN_SOME_NAMESPACE },
  });
}
