import type { WrittenSelector } from './metadata.ts';
import type { Fields } from './reading/fields.ts';
import type { ResourceCollector } from './resource-collector.ts';
import type { Selector } from './selector/selector.ts';

/**
 * Reads a selector field. `global()` has a meaning only as the whole namespaceSelector of a rule, which `globalAllowed` says that
 * this field is.
 */
export function readSelector(
  fields: Fields,
  name: string,
  options: { readonly collector: ResourceCollector; readonly globalAllowed?: boolean },
): WrittenSelector | undefined {
  const written = fields.string(name);
  if (written === undefined) return undefined;
  const parsed = options.collector.parseSelector(written.value);
  if (parsed.kind === 'error') {
    fields.problem(
      'invalid-selector',
      fields.locateWithin(name, parsed.offset),
      `\`${name}\`: ${parsed.message}`,
      parsed.hint,
    );
    return undefined;
  }
  for (const use of parsed.uses) {
    options.collector.useFeature(fields, {
      feature: use.feature,
      since: use.since,
      release: use.release,
      location: written.location,
    });
  }
  if (parsed.uses.length > 0) checkGlobal(fields, name, parsed.selector, options.globalAllowed);
  return { text: written.value, selector: parsed.selector, location: written.location };
}

function checkGlobal(
  fields: Fields,
  name: string,
  selector: Selector,
  allowed: boolean | undefined,
): void {
  if (!hasGlobal(selector) || (allowed === true && selector.kind === 'global')) return;
  fields.problem(
    'invalid-selector',
    fields.locationOf(name),
    allowed === true
      ? '`global()` cannot be combined with other terms'
      : `\`global()\` cannot be used in this \`${name}\``,
    'Use `global()` alone, in the namespaceSelector of a rule.',
  );
}

function hasGlobal(selector: Selector): boolean {
  switch (selector.kind) {
    case 'global':
      return true;
    case 'not':
      return hasGlobal(selector.operand);
    case 'and':
    case 'or':
      return selector.operands.some(hasGlobal);
    default:
      return false;
  }
}
