import type {
  KubernetesSelector,
  LabelRequirement,
} from '../resources/kubernetes/kubernetes-resources.ts';
import type { WrittenSelector } from '../resources/metadata.ts';
import { renderSelector } from '../resources/selector/render-selector.ts';
import { allOf } from '../resources/selector/rewrite-selector.ts';
import type { Selector } from '../resources/selector/selector.ts';
import type { SourceLocation } from '../source/location.ts';

/** The label that Calico gives to every endpoint that is a pod. */
export const ORCHESTRATOR_LABEL = 'projectcalico.org/orchestrator';

const ONLY_PODS: Selector = { kind: 'equals', label: ORCHESTRATOR_LABEL, value: 'k8s' };

/** What a pod selector of a Kubernetes policy is to Calico: pods alone, never other workloads. */
export function podSelectorOf(
  selector: KubernetesSelector,
  location: SourceLocation,
): WrittenSelector {
  return written(allOf([ONLY_PODS, ...selector.map(requirementSelector)]), location);
}

/** What a namespace selector of a Kubernetes policy is to Calico; an empty one is `all()`. */
export function namespaceSelectorOf(
  selector: KubernetesSelector,
  location: SourceLocation,
): WrittenSelector {
  return written(allOf(selector.map(requirementSelector)), location);
}

function written(selector: Selector, location: SourceLocation): WrittenSelector {
  return { text: renderSelector(selector), selector, location };
}

/** Source: Kubernetes LabelSelectorRequirement; NotIn also holds where the label is missing, as Calico's `not in`. */
function requirementSelector({ key, operator, values }: LabelRequirement): Selector {
  switch (operator) {
    case 'In':
      return values.length === 1
        ? { kind: 'equals', label: key, value: values[0] as string }
        : { kind: 'in', label: key, values };
    case 'NotIn':
      return { kind: 'not-in', label: key, values };
    case 'Exists':
      return { kind: 'has', label: key };
    case 'DoesNotExist':
      return { kind: 'not', operand: { kind: 'has', label: key } };
  }
}
